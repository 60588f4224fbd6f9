"""Two histories under one operator's signature: two checkpoints or bundles in, the proof out.

What contradicts: one size with two roots, or two leaves at one index (two bundles). An operator who
signs heads of one growing tree can never be shown to have done either, so the proof needs no trust
in whoever brings it. Pure: the contract judges again (`ILogGovernance.reportEquivocation`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.bundle import Bundle
from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.errors import VerificationError
from ledger.evm_key import recover
from ledger.head_signature import HeadDomain, HeadVerifier
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.note import parse_note

__all__ = ["Equivocation", "Exhibit", "SignedHead", "find_equivocations"]


# Each lasts two days at least; a node that tells another number is not believed to the end.
_MAX_EPOCHS = 1_000


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A signed checkpoint, and what it has at an index where a bundle shows that."""

    note: str
    index: int | None = None
    leaf_hash: bytes | None = None
    path: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, data: bytes) -> Exhibit:
        """Read a checkpoint or a bundle; raise MalformedError."""
        if data.lstrip()[:1] != b"{":
            note = data.decode(errors="replace")
            parse_checkpoint(note)
            return cls(note)
        bundle = Bundle.from_json(data)
        entry = bundle.entry
        parse_checkpoint(bundle.checkpoint)
        return cls(bundle.checkpoint, entry.index, leaf_hash(entry.body), entry.path)

    @property
    def checkpoint(self) -> Checkpoint:
        """Give the head that was signed."""
        return parse_checkpoint(self.note)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head, the operator who signed it, in which epoch, and the signature."""

    operator: bytes
    epoch: int
    size: int
    root: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Equivocation:
    """What one operator signed, twice; `exhibits` have the leaves where the sizes differ."""

    heads: tuple[SignedHead, SignedHead]
    exhibits: tuple[Exhibit, Exhibit]

    @property
    def operator(self) -> bytes:
        """Give the address of whoever signed both."""
        return self.heads[0].operator


def find_equivocations(
    first: Exhibit, second: Exhibit, *, domain: HeadDomain
) -> tuple[Equivocation, ...]:
    """Find who signed both of two heads that contradict each other; none where nobody did.

    `domain` is the log's, in its epoch of today: lines of any epoch up to it count. Raises
    VerificationError where the heads do not contradict each other.
    """
    _check_contradiction(first, second)
    mine = {head.operator: head for head in _signed(first, domain)}
    theirs = {head.operator: head for head in _signed(second, domain)}
    return tuple(
        Equivocation((mine[operator], theirs[operator]), (first, second))
        for operator in sorted(mine.keys() & theirs.keys())
    )


def _signed(exhibit: Exhibit, domain: HeadDomain) -> Iterator[SignedHead]:
    """Yield the operators' lines under a checkpoint, whoever is an operator today."""
    head = exhibit.checkpoint
    for line in parse_note(exhibit.note).signatures:
        for epoch in range(max(1, domain.epoch - _MAX_EPOCHS), domain.epoch + 1):
            signed_in = HeadDomain(domain.chain_id, domain.contract, domain.log_id, epoch)
            operator = recover(signed_in.digest(head.size, head.root), line.value)
            if operator is None:
                break
            # Every signature recovers to some address: the line's own key id tells which is meant.
            key = HeadVerifier(head.origin, signed_in, operator)
            if (key.name, key.key_id) == (line.name, line.key_id):
                yield SignedHead(operator, epoch, head.size, head.root, line.value)
                break


def _check_contradiction(first: Exhibit, second: Exhibit) -> None:
    one, other = first.checkpoint, second.checkpoint
    if one.origin != other.origin:
        raise _no_contradiction("heads of one log", f"{one.origin} and {other.origin}")
    if one.size == other.size:
        if one.root == other.root:
            raise _no_contradiction("two roots", f"size {one.size} with one root, twice")
        return
    if first.index is None or first.index != second.index:
        raise _no_contradiction(
            "one size with two roots, or two bundles of one index",
            f"sizes {one.size} and {other.size}, indexes {first.index} and {second.index}",
        )
    if first.leaf_hash == second.leaf_hash:
        raise _no_contradiction("two leaves", f"one leaf at index {first.index}, twice")
    for exhibit, head in ((first, one), (second, other)):
        assert exhibit.leaf_hash is not None  # noqa: S101 - it has an index
        verify_inclusion(
            leaf_hash=exhibit.leaf_hash,
            index=first.index,
            size=head.size,
            proof=exhibit.path,
            root=head.root,
        )


def _no_contradiction(expected: str, found: str) -> VerificationError:
    return VerificationError(
        "equivocation.none",
        "the two heads do not contradict each other",
        expected=expected,
        found=found,
        hint="Where the sizes differ, bring two bundles that show two entries at one index.",
    )
