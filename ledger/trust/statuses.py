"""What a trust file says of statuses: where an issuer's lists are, and who must have answered.

    {"issuer": "uscc:…", "lists": ["https://ledger.example/v1/status-lists/"],
     "required": ["list", "registry"]}

An address that ends in "/" stands for all below it, any other for itself alone. Only these are
ever fetched, whatever an attestation names. Without `issuer` the entry is for every issuer that
none names. A source that is required and cannot be asked leaves the verdict undetermined; where no
entry is for an issuer, the list is required that an attestation of his names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

from ledger.errors import MalformedError
from ledger.kinds.members import MAX_IDENTIFIER
from ledger.members import Members, read_text
from ledger.trust.listing import MAX_LISTED, check_unique

__all__ = ["Source", "TrustedStatuses", "is_list_address"]

_SHOWN = 80
# One spelling of each address, so that "below" is a comparison of characters: no user, no query,
# no escapes, no upper-case host.
_HOST = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]"
_ADDRESS = re.compile(rf"(https?)://({_HOST})(?::[1-9][0-9]{{0,4}})?(/[A-Za-z0-9._~/-]*)")


class Source(StrEnum):
    """Who can say what became of an attestation, beside the log itself."""

    LIST = "list"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class TrustedStatuses:
    """Where the lists of an issuer may be fetched, and which sources must have answered."""

    lists: tuple[str, ...] = ()
    required: frozenset[Source] = frozenset({Source.LIST})
    issuer: str | None = None

    @classmethod
    def from_value(cls, value: object, where: str) -> TrustedStatuses:
        """Read its JSON object; raise MalformedError."""
        members = Members(value, where)
        issuer = members.text("issuer", longest=MAX_IDENTIFIER) if members.has("issuer") else None
        lists = members.listed("lists", _read_address, longest=MAX_LISTED)
        check_unique(lists, str, f"{where}.lists")
        required = members.array("required", _read_source, longest=len(Source))
        check_unique(required, str, f"{where}.required")
        members.end()
        return cls(lists, frozenset(required), issuer)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {
            **({} if self.issuer is None else {"issuer": self.issuer}),
            **({"lists": list(self.lists)} if self.lists else {}),
            "required": sorted(source.value for source in self.required),
        }

    def allows(self, address: str) -> bool:
        """Say whether a list may be fetched from there."""
        return is_list_address(address) and any(
            address.startswith(known) if known.endswith("/") else address == known
            for known in self.lists
        )


def is_list_address(text: str) -> bool:
    """Say whether a list can be fetched from an address: https, or http on this very machine."""
    match = _ADDRESS.fullmatch(text)
    if match is None or not {".", ".."}.isdisjoint(match[3].split("/")):
        return False
    return match[1] == "https" or _is_loopback(match[2])


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _read_address(value: object, where: str) -> str:
    text = read_text(value, where)
    if not is_list_address(text):
        raise MalformedError(
            "trust.status-list",
            where,
            expected="https://HOST[:PORT]/PATH in lower case, nothing escaped; or http to loopback",
            found=ascii(text[:_SHOWN]),
        )
    return text


def _read_source(value: object, where: str) -> Source:
    text = read_text(value, where)
    if text not in set(Source):
        raise MalformedError(
            "trust.status-source", where, expected=" or ".join(Source), found=ascii(text[:_SHOWN])
        )
    return Source(text)
