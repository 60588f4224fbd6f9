"""The follower: reads the log behind its head, and notes which entries speak of which leaf.

What must be found by a hash is never written while sequencing (a random index there would grow
dearer with the log). It is found again from the entries at any time: the rows are a convenience,
and what they point to is read and checked.

    attestation, status    are found by the leaf that they speak of: a plan's, a transfer's, an
                           attestation's; who may log them is chosen
    receipt                by that leaf and whoever logged it (`receipt_key`), so that strangers'
                           receipts, of which there can be any number, are not even looked at
"""

from __future__ import annotations

from hashlib import sha256

from ledger.attestation import Attestation
from ledger.errors import LedgerError
from ledger.log import LogReader
from ledger.receipt import Receipt
from ledger.statement import Statement
from ledger.status import Status

__all__ = ["catch_up", "receipt_key", "subject_of"]

# Entries read at once: four bundles.
_PAGE = 1_024
# Each time that the place is written, appends wait: so it is written for many pages together.
_PAGES_AT_ONCE = 16
# In canonical form a signed entry begins with its signature: no other kind has an earlier member.
_SIGNED = b'{"jws":"'


def catch_up(log: LogReader, *, pages: int | None = None, until: int | None = None) -> bool:
    """Look through what was logged since the last time; say whether nothing of it is left.

    At most so many pages of 1,024 entries, and entries before `until`, where numbers are given.
    What is logged meanwhile is for the next time: where single records come without end, every few
    of them would be a transaction.
    """
    done, end = log.store.backlog()
    end = end if until is None else min(end, until)
    while done < end and (pages is None or pages > 0):
        at_once = _PAGES_AT_ONCE if pages is None else min(pages, _PAGES_AT_ONCE)
        new_size = min(done + at_once * _PAGE, end)
        found = [
            (key, index)
            for start in range(done, new_size, _PAGE)
            for index, entry in enumerate(
                log.entries(start, min(_PAGE, new_size - start)), start=start
            )
            if entry.startswith(_SIGNED) and (key := _key(log, index, entry)) is not None
        ]
        log.store.relate(found, old_size=done, new_size=new_size)
        # Where somebody else was faster, go on where they are.
        done, _ = log.store.backlog()
        pages = None if pages is None else pages - at_once
    return done >= end


def receipt_key(leaf_hash: bytes, submitter: str | None) -> bytes:
    """Name the receipts of a leaf that one submitter has logged."""
    return sha256(b"receipt" + leaf_hash + (submitter or "").encode()).digest()


def subject_of(entry: bytes) -> bytes | None:
    """Say which leaf an entry speaks of, None where it speaks of none, or nonsense."""
    spoken = _spoken(entry)
    return None if spoken is None else spoken[1]


def _key(log: LogReader, index: int, entry: bytes) -> bytes | None:
    spoken = _spoken(entry)
    if spoken is None:
        return None
    kind, leaf_hash = spoken
    return receipt_key(leaf_hash, log.submitter_of(index)) if kind == "receipt" else leaf_hash


def _spoken(entry: bytes) -> tuple[str, bytes] | None:
    """Give an entry's kind, and the leaf that it speaks of."""
    if not entry.startswith(_SIGNED):
        return None
    try:
        value = Statement.from_entry(entry).value
        match value["kind"]:
            case "attestation":
                return "attestation", Attestation.read(value["jws"]).leaf_hash
            case "receipt":
                return "receipt", Receipt.parse(value["jws"]).leaf_hash
            case "status":
                return "status", Status.parse(value["jws"]).leaf_hash
    except LedgerError:
        # It was logged before it could be refused, or by another version.
        return None
    return None
