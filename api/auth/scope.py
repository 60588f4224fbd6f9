"""Scopes: what someone may do here.

submit     record statements
read       one's own records, and those that name one's organisation as a recipient
audit      every record, entry bundles, figures and the access trail: for those who watch the
log as a whole
attest     with `submit`: attestations and statuses, which bundles of others' records carry
regulate   the records that leave or enter one's jurisdictions; stop orders, and ending them
"""

from __future__ import annotations

from enum import StrEnum

from ledger.errors import MalformedError

__all__ = ["ALL_SCOPES", "Scope", "read_scope"]

_SHOWN = 100


class Scope(StrEnum):
    """What a key may be used for."""

    SUBMIT = "submit"
    READ = "read"
    AUDIT = "audit"
    ATTEST = "attest"
    REGULATE = "regulate"


ALL_SCOPES = frozenset(Scope)


def read_scope(name: str, where: str) -> Scope:
    """Read a scope's name; raise MalformedError."""
    try:
        return Scope(name)
    except ValueError:
        raise MalformedError(
            "auth.scope", where, expected=" or ".join(Scope), found=name[:_SHOWN]
        ) from None
