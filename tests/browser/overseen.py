"""A ledger with dossiers of every kind and a regulator who oversees them, to test the desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from api.auth import make_key
from ledger import receipt
from ledger.jwk import PrivateKey
from ledger.log import Submission
from ledger.node import Node
from ledger.organisation import Organisation, Role
from ledger.receipt import Received
from ledger.settings import Settings
from ledger.signing_key import SigningKey, make_signing_key
from ledger.statement import Statement
from ledger.store.access import KeyRow
from ledger.trust import Trust
from tests.browser.conftest import serving
from tests.covered_transfer import CASES, records
from tests.samples import transfer

REGULATOR = "regulator:hk"
_WORD = "correct horse"
_FILE = {"size": 3, "digests": {"sha-256": "ab" * 32}}
_EXPORTERS = ("uscc:91440300MA5EXPORT1", "uscc:91310000MA1FL0BK2X", "uscc:91440101MA59TRADE3")
_RECIPIENTS = ("hkbr:12345678", "hkbr:87654321", "sguen:201912345K")
_SCENARIOS = ("credit-report", "payroll", "clinical-trial", "trade-documents")


@dataclass(frozen=True)
class Overseen:
    """A running ledger, and what its regulator has."""

    node: Node
    address: str
    secrets: dict[str, str]
    held: SigningKey
    own: PrivateKey
    made: dict[str, Statement]


@contextmanager
def overseen(folder: Path) -> Iterator[Overseen]:
    """Serve a ledger whose trust file knows two keys of the regulator, one of them held here."""
    directory = folder / "signing"
    directory.mkdir()
    held = make_signing_key(directory / "desk.pem", passphrase=_WORD, organisation=REGULATOR)
    own = PrivateKey.generate()
    known = Organisation(
        REGULATOR, frozenset({Role.REGULATOR}), (held.key.public, own.public), frozenset({"HK"})
    )
    (folder / "trust.json").write_text(replace(Trust(), organisations=(known,)).to_json(), "utf-8")
    settings = Settings.load(
        data_dir=folder / "data", anchor_interval=0.001, signing_keys_dir=directory,
        key_passphrase=_WORD, trust_file=folder / "trust.json",
    )  # fmt: skip
    with Node.open(settings) as node:
        secrets = {
            "regulator": _add_key(node, REGULATOR, ("regulate",), ("HK",)),
            "exporter": _add_key(node, _EXPORTERS[0], ("read", "submit"), ()),
        }
        made = _fill(node)
        with serving(node) as address:
            yield Overseen(node, address, secrets, held, own, made)


def _add_key(
    node: Node, organisation: str, scopes: tuple[str, ...], places: tuple[str, ...]
) -> str:
    secret, key = make_key(organisation, scopes, places)
    row = KeyRow(
        key.prefix, key.digest, organisation, list(scopes), list(places), datetime.now(UTC),
        None, None, None,
    )  # fmt: skip
    with node.log.store.access(write=True) as access:
        access.add_key(row)
    return secret


def _fill(node: Node) -> dict[str, Statement]:
    now = datetime.now(UTC)
    moved = [
        transfer(
            occurred_at=f"{now - timedelta(days=9 * number):%Y-%m-%dT%H:%M:%SZ}",
            exporter={"id": _EXPORTERS[number % 7 % 3]},
            recipient={"id": _RECIPIENTS[number % 5 % 3]},
            scenario=_SCENARIOS[number % 11 % 4],
            to=("HK", "HK", "SG")[number % 5 % 3],
        )
        for number in range(40)
    ]
    moved.append(transfer(occurred_at=f"{now:%Y-%m-%dT%H:%M:%SZ}", to="MO"))
    _submit(node, *reversed(moved))
    # A whole one, one that a stop and a lift are placed on, and those with something wrong.
    changes: dict[str, dict[str, Any]] = {
        "whole": {"transfer/covered_by/persons/personal": 500},
        "deviating": {"post_check/credentialSubject/outcome": "deviating"},
        "passed": {"transfer/covered_by/persons/personal": 1_400},
        "stopped": {"transfer/covered_by/persons/personal": 950},
        "handed": {"transfer/covered_by/persons/personal": 100},
    }
    found = {}
    for name, changed in changes.items():
        made = records({"transfer/files": [_FILE], **changed})
        _submit(node, *(made[case] for case in CASES))
        found[name] = made["transfer"]
    _submit(node, _receipt(found["whole"]))
    return found


def _receipt(of: Statement) -> Statement:
    members: Any = of.members
    received = Received(size=3, digests=members.files[0].digests)
    key = PrivateKey.generate()
    waiting = receipt.draft(
        key.public, issuer=members.recipient.id, issued_at=int(datetime.now(UTC).timestamp()),
        transfer=of.leaf_hash, record_id=str(members.record_id), sent=members.files,
        received=[received], purpose="loan", scope="one department",
    )  # fmt: skip
    return Statement.build({"kind": "receipt", "jws": waiting.sign(key).text})


def _submit(node: Node, *statements: Statement) -> None:
    node.submit([Submission.of(one) for one in statements], submitter=_EXPORTERS[0])
