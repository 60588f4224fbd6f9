"""A small log that tests build in memory: real keys, real statements, real proofs, and a pin.

The anchor is what a chain would have said; a verifier that pins it believes it without asking.
Tests that ask a chain use a real one instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ledger.anchor import Anchor, ChainIdentity
from ledger.bundle import Bundle, LoggedEntry
from ledger.checkpoint import Checkpoint
from ledger.finality import INSTANT
from ledger.fingerprint import Fingerprint
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from ledger.merkle import inclusion_proof, leaf_hash, root
from ledger.note import Signer, sign
from ledger.statement import Statement
from ledger.trust import Trust, TrustedChain, TrustedLog

ORIGIN = "example.com/log"
CHAIN = ChainIdentity(31337, b"\x01" * 32, b"\x02" * 20)
LOG_ID = b"\x03" * 32
OPERATOR_KEY = b"\x06" * 32
BLOCK_TIME = 1_790_000_000


def transfer(*files: Fingerprint, **members: Any) -> Statement:
    """State a transfer of files; `members` are added or replaced."""
    stated: dict[str, Any] = {
        "kind": "transfer",
        "occurred_at": "2026-01-31T12:00:00Z",
        "exporter": {"id": "example:exporter"},
        "recipient": {"id": "example:recipient", "country": "HK"},
        "from": "CN",
        "to": "HK",
        "scenario": "credit-report",
        "data_items": [
            {"name": "report", "class": "general", "personal": True, "sensitive": False}
        ],
    }
    if files:
        stated["files"] = [file.to_value() for file in files]
    return Statement.build({**stated, **members})


@dataclass
class SampleLog:
    """Entries, a key, and what follows from them."""

    entries: list[bytes]
    signer: Signer = field(default_factory=lambda: Signer.generate(ORIGIN))

    @property
    def operator(self) -> HeadSigner:
        domain = HeadDomain(CHAIN.chain_id, CHAIN.contract, LOG_ID)
        return HeadSigner(self.signer.name, domain, LocalKey(OPERATOR_KEY))

    @property
    def leaves(self) -> list[bytes]:
        return [leaf_hash(entry) for entry in self.entries]

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.signer.name, len(self.entries), root(self.leaves))

    @property
    def anchor(self) -> Anchor:
        head = self.checkpoint
        return Anchor(
            chain=CHAIN,
            sandbox=False,
            log_id=LOG_ID,
            size=head.size,
            root=head.root,
            transaction=b"\x04" * 32,
            block_number=7,
            block_hash=b"\x05" * 32,
            block_time=BLOCK_TIME,
        )

    def logged(self, index: int, disclosures: tuple[str, ...] = ()) -> LoggedEntry:
        path = tuple(inclusion_proof(self.leaves, index))
        return LoggedEntry(index, self.entries[index], path, disclosures)

    def bundle(self, index: int, *, plan: int | None = None) -> Bundle:
        return Bundle(
            entry=self.logged(index),
            checkpoint=sign(self.checkpoint.text(), self.signer, self.operator),
            anchor=self.anchor,
            plan=None if plan is None else self.logged(plan),
        )

    def trust(self, *, pinned: bool = True) -> Trust:
        return Trust(
            (TrustedLog(ORIGIN, (self.signer.verifier,), LOG_ID, (self.operator.verifier,)),),
            (TrustedChain(CHAIN, sandbox=False, finality=INSTANT),),
            (self.anchor,) if pinned else (),
        )


def sample_log(statement: Statement, others: int = 6) -> SampleLog:
    """A log with `statement` at index 2 (or last) among others."""
    entries = [transfer().entry for _ in range(others)]
    entries.insert(2, statement.entry)
    return SampleLog(entries)


def without_anchor(bundle: Bundle) -> Bundle:
    return replace(bundle, anchor=None)
