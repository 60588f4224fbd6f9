"""Attestations issued with a held key, and verified: on all cores, a process each.

Issuing is the whole of it: claims filled in from the record, all that may be concealed concealed,
the stage rules asked, the signature by a key from an encrypted file, and the entries logged durably
in batches. Verifying is an entry from its bytes: read, its signature checked, the rules asked.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from ledger.attestation import Attestation, Stage
from ledger.dossier import Placed, Records
from ledger.issuing import ask_attestation, complete_claims, prepare_attestation, refuse
from ledger.log import Log, Submission
from ledger.log.head_record import HeadRecord
from ledger.note import Signer
from ledger.signing_key import KeyDirectory, SigningKey, make_signing_key
from ledger.statement import Statement
from ledger.store import Store
from scripts.benchmarks.load import lines
from scripts.benchmarks.measure import Figure, Options, rate

__all__ = ["attestations"]

_BATCH = 250
_BATCHES = 8
_PASSPHRASE = "bench"  # noqa: S105 - of a key that nobody relies on
_OWNER = "bench:custodian"
_CLAIMS = {
    "jurisdiction": "CN",
    "credentialSubject": {
        "custodian": {"id": _OWNER, "name": "Custodian"},
        "deposit": {"root": "00" * 32, "count": 1, "size": 1},
        "place": {"jurisdiction": "CN", "place": "a data centre"},
        "restore_check": {"at": "2026-01-31T12:00:00Z", "by": "the night", "outcome": "restored"},
    },
}


def attestations(options: Options) -> list[Figure]:
    """Measure both, after one run that warms the processes up."""
    with _working() as (directory, record):
        cores = os.cpu_count() or 1
        with (
            ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool,
            _log(directory) as log,
        ):
            jobs = [(directory, record)] * _BATCHES

            def issue() -> int:
                done = 0
                for entries in pool.map(_issue, jobs):
                    submissions = [Submission.from_entry(entry) for entry in entries]
                    now = datetime.now(UTC)
                    done += log.append(submissions, submitter=_OWNER, now=now).added
                return done

            issue()
            made = list(pool.map(_issue, jobs))
            work = [(record, entries) for entries in made]

            def verify() -> int:
                return sum(pool.map(_verify, work))

            verify()
            return [
                rate("attestations issued with a held key, and logged", issue, runs=options.runs),
                rate("attestations verified", verify, runs=options.runs),
            ]


@contextmanager
def _working() -> Iterator[tuple[Path, bytes]]:
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as name:
        directory = Path(name)
        make_signing_key(
            directory / "keys" / "bench.pem", passphrase=_PASSPHRASE, organisation=_OWNER
        )
        yield directory, next(lines(1))


@contextmanager
def _log(directory: Path) -> Iterator[Log]:
    store = Store.open(f"sqlite:///{directory / 'ledger.sqlite3'}")
    log = Log.open(store, Signer.generate("bench.example/log"), HeadRecord(directory / "head"))
    try:
        yield log
    finally:
        log.close()


@cache
def _key(directory: Path) -> SigningKey:
    return KeyDirectory.load(directory / "keys", _PASSPHRASE).find("bench", _OWNER)


def _issue(job: tuple[Path, bytes]) -> list[bytes]:
    directory, record = job
    held = _key(directory)
    records = Records.read(Placed(0, record))
    entries = []
    for _ in range(_BATCH):
        now = datetime.now(UTC)
        claims = complete_claims(Stage.BACKUP, _CLAIMS, records, now=now, issuer=held.organisation)
        prepared = prepare_attestation(Stage.BACKUP, claims, held.key.public)
        _ask(prepared.says(), records, int(now.timestamp()))
        entries.append(prepared.sign(held.key).statement.entry)
    return entries


def _verify(job: tuple[bytes, list[bytes]]) -> int:
    record, entries = job
    records = Records.read(Placed(0, record))
    for entry in entries:
        says = Attestation.read(Statement.from_entry(entry).value["jws"])
        key = says.jws.key
        if key is None:
            raise RuntimeError("an attestation without its key")
        says.jws.verify(key)
        _ask(says, records, says.claims.iat)
    return len(entries)


def _ask(says: object, records: Records, now: int) -> None:
    if not isinstance(says, Attestation) or says.jws.key is None:
        raise TypeError(type(says).__name__)
    refuse(ask_attestation(says.stage, says.claims, records, key=says.jws.key, now=now))
