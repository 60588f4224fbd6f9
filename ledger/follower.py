"""The follower: reads the log behind its head, and notes which entries speak of which leaf.

What must be found by a hash is never written while sequencing (a random index there would grow
dearer with the log). It is found again from the entries at any time: the rows are a convenience,
and what they point to is read and checked.

    attestation, receipt, status    speak of one leaf: a plan's, a transfer's, an attestation's
    all others                      of none
"""

from __future__ import annotations

from ledger.attestation import Attestation
from ledger.errors import LedgerError
from ledger.log import Log
from ledger.receipt import Receipt
from ledger.statement import Statement
from ledger.status import Status

__all__ = ["catch_up", "subject_of"]

# Entries read at once: four bundles.
_PAGE = 1_024
# In canonical form a signed entry begins with its signature: no other kind has an earlier member.
_SIGNED = b'{"jws":"'


def catch_up(log: Log, *, pages: int | None = None) -> bool:
    """Look through what was logged since the last time; say whether nothing is left.

    At most so many pages of 1,024 entries, where a number is given.
    """
    done, end = log.store.backlog()
    while done < end and (pages is None or pages > 0):
        entries = log.entries(done, _PAGE)
        found = [
            (leaf, done + offset)
            for offset, entry in enumerate(entries)
            if (leaf := subject_of(entry)) is not None
        ]
        log.store.relate(found, old_size=done, new_size=done + len(entries))
        # Where somebody else was faster, go on where they are.
        done, end = log.store.backlog()
        pages = None if pages is None else pages - 1
    return done >= end


def subject_of(entry: bytes) -> bytes | None:
    """Say which leaf an entry speaks of, None where it speaks of none, or nonsense."""
    if not entry.startswith(_SIGNED):
        return None
    try:
        value = Statement.from_entry(entry).value
        match value["kind"]:
            case "attestation":
                return Attestation.read(value["jws"]).leaf_hash
            case "receipt":
                return Receipt.parse(value["jws"]).leaf_hash
            case "status":
                return Status.parse(value["jws"]).leaf_hash
    except LedgerError:
        # It was logged before it could be refused, or by another version.
        return None
    return None
