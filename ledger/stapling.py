"""Stapling: a bundle and whoever has status lists in, the bundle with its attestations' lists out.

A stapled list is the issuer's own signed text. It holds until its `exp`, whoever carries it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from msgspec import UNSET

from ledger.attestation import Attestation
from ledger.bundle import Bundle
from ledger.errors import LedgerError, MalformedError
from ledger.statement import Statement
from ledger.status_list import StatusToken

__all__ = ["list_addresses", "staple"]

# Finds the newest list of an address, None where there is none.
FindList = Callable[[str], str | None]


def list_addresses(bundle: Bundle) -> list[str]:
    """Name the status lists that a bundle's attestations are in, each once."""
    addresses = []
    for logged in bundle.attestations.values():
        try:
            jws = Statement.from_entry(logged.entry.body).value["jws"]
            status = Attestation.read(jws).claims.status
        except (LedgerError, KeyError):
            # Whether it is an attestation, the verifier says.
            continue
        if status is not UNSET:
            addresses.append(status.status_list.uri)
    return list(dict.fromkeys(addresses))


def staple(bundle: Bundle, find: FindList) -> Bundle:
    """Carry the newest list of each attestation: of those found, and those that it carries already.

    Lists of anything else are left out.
    """
    carried: dict[str, StatusToken] = {}
    for text in bundle.status_lists:
        _keep(carried, text)
    stapled = []
    for address in list_addresses(bundle):
        found = find(address)
        if found is not None:
            _keep(carried, found)
        if address in carried:
            stapled.append(carried[address].jws.text)
    return replace(bundle, status_lists=tuple(stapled))


def _keep(carried: dict[str, StatusToken], text: str) -> None:
    try:
        token = StatusToken.parse(text)
    except MalformedError:
        return
    known = carried.get(token.address)
    if known is None or known.issued_at <= token.issued_at:
        carried[token.address] = token
