"""Concealment: an object's members in, salted digests and their disclosures out (RFC 9901).

    {"purpose": "loan"}  →  {"_sd": ["…digest…"], "_sd_alg": "sha-256"}  and  one disclosure
    disclosure = base64url(JSON [salt, name, value]), of an array element [salt, value]    4.2.1-2
    digest     = base64url(SHA-256(the disclosure's ASCII))                                4.2.3

`conceal` runs on the client only. Digests of members lie sorted in `_sd` (4.2.4.1), those of array
elements where the element was, as `{"...": digest}` (4.2.4.2). What is concealed inside something
concealed has its digest in the outer disclosure, and is shown only together with it (4.2.6).

`reveal` is the verifier's part (7.1): every disclosure must be called for by exactly one digest;
a digest without a disclosure is a member that stays concealed, or a decoy.

    >>> concealed, disclosures = conceal({"purpose": "loan", "to": "HK"}, ["purpose"])
    >>> sorted(concealed), reveal(concealed, disclosures)
    (['_sd', '_sd_alg', 'to'], {'to': 'HK', 'purpose': 'loan'})
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger import base64url
from ledger.canonical import MAX_DEPTH, canonicalize, parse
from ledger.errors import MalformedError, VerificationError

__all__ = [
    "ALGORITHM",
    "MAX_DISCLOSURES",
    "SALT_SIZE",
    "Disclosure",
    "Path",
    "conceal",
    "digests_of",
    "reveal",
    "verify_disclosures",
]

ALGORITHM = "sha-256"
SALT_SIZE = 16
# Far more than an entry of 65,535 bytes has room for in digests of 46.
MAX_DISCLOSURES = 4096

Path = str | Sequence[str | int]
"""A top-level name, or the names and indexes that lead to a member or an element."""

_SD, _SD_ALG, _ELEMENT = "_sd", "_sd_alg", "..."
_RESERVED = frozenset({_SD, _SD_ALG, _ELEMENT})
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One concealed member, or an array element where `name` is None."""

    text: str
    salt: str
    name: str | None
    value: Any

    @classmethod
    def parse(cls, text: str) -> Disclosure:
        """Read a disclosure; raise MalformedError for anything else."""
        try:
            parts = parse(base64url.decode(text))
        except MalformedError as error:
            raise _malformed("not base64url of JSON", str(error)) from error
        match parts:
            case [str(salt), str(name), value] if name not in _RESERVED:
                return cls(text, salt, name, value)
            case [str(salt), value]:
                return cls(text, salt, None, value)
        raise _malformed("not [salt, name, value] or [salt, value]", ascii(parts))

    @property
    def digest(self) -> str:
        """Hash the text as it was received: it is never encoded again."""
        return _digest(self.text)


def conceal(
    members: Mapping[str, Any],
    paths: Iterable[Path],
    *,
    decoys: int = 0,
    random: Callable[[int], bytes] = os.urandom,
) -> tuple[dict[str, Any], list[str]]:
    """Replace what `paths` name by digests; return the new object, and a disclosure for each path.

    `decoys` digests of nothing join each `_sd` list that is made, to hide how much is concealed.
    """
    # Refuses what is not JSON, and members that would be mistaken for digests.
    canonicalize(members)
    _Reader({}).members(members, 1)
    root: dict[str, Any] = deepcopy(dict(members))
    disclosures = {(path,) if isinstance(path, str) else tuple(path): "" for path in paths}
    # The deepest first: the digest of what lies inside goes into the outer disclosure.
    for path in sorted(disclosures, key=len, reverse=True):
        parent, key = _find(root, path)
        salt = base64url.encode(random(SALT_SIZE))
        if isinstance(parent, list):
            text = base64url.encode(canonicalize([salt, parent[key]]))
            parent[key] = {_ELEMENT: _digest(text)}
        else:
            text = base64url.encode(canonicalize([salt, key, parent.pop(key)]))
            # Decoys are digests too, of random text that nobody keeps (4.2.5).
            hidden = parent.get(_SD) or [
                _digest(base64url.encode(random(SALT_SIZE))) for _ in range(decoys)
            ]
            # Sorted, so that the order tells nothing about the object's own.
            parent[_SD] = sorted([*hidden, _digest(text)])
        disclosures[path] = text
    if disclosures:
        root[_SD_ALG] = ALGORITHM
    return root, list(disclosures.values())


def reveal(value: Mapping[str, Any], disclosures: Iterable[str]) -> dict[str, Any]:
    """Put disclosed members back and take what stays concealed out (RFC 9901, 7.1).

    Raises VerificationError for a disclosure that the object does not call for, MalformedError for
    anything that is not of the format.
    """
    pending: dict[str, Disclosure] = {}
    for disclosure in map(Disclosure.parse, disclosures):
        if disclosure.digest in pending:
            raise _malformed("the same disclosure twice", disclosure.text)
        if len(pending) == MAX_DISCLOSURES:
            raise _malformed(f"more than {MAX_DISCLOSURES} disclosures", disclosure.text)
        pending[disclosure.digest] = disclosure
    shown = _Reader(pending).members(value, 1)
    if pending:
        digest, disclosure = next(iter(pending.items()))
        raise VerificationError(
            "disclosure.unreferenced",
            "a disclosure does not belong to the document",
            expected="its digest in the document",
            found=f"{disclosure.name or 'an array element'}: {digest}",
        )
    return shown


def verify_disclosures(value: Mapping[str, Any], disclosures: Iterable[str]) -> None:
    """Check that every disclosure belongs to the object; raises as `reveal` does."""
    reveal(value, disclosures)


def digests_of(value: Any) -> set[str]:
    """Find every digest in a value, of members and of elements, whatever depth they are at."""
    found: set[str] = set()
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            digests = each.get(_SD)
            if isinstance(digests, list):
                found.update(digest for digest in digests if isinstance(digest, str))
            if isinstance(each.get(_ELEMENT), str):
                found.add(each[_ELEMENT])
            stack += each.values()
        elif isinstance(each, list):
            stack += each
    return found


class _Reader:
    """A walk over an object and everything disclosed in it, taking disclosures as they are met."""

    def __init__(self, pending: dict[str, Disclosure]) -> None:
        self._pending = pending
        self._seen: set[str] = set()

    def members(self, value: Mapping[str, Any], depth: int) -> dict[str, Any]:
        shown = {}
        for name, member in value.items():
            if name == _ELEMENT or (name == _SD_ALG and depth > 1):
                raise _malformed(f"a member named {name}", ascii(member))
            if name not in _RESERVED:
                shown[name] = self._any(member, depth + 1)
        if value.get(_SD_ALG, ALGORITHM) != ALGORITHM:
            raise _malformed("an unknown _sd_alg", ascii(value[_SD_ALG]))
        digests = value.get(_SD, [])
        if not isinstance(digests, list):
            raise _malformed("_sd that is not an array", ascii(digests))
        for digest in digests:
            disclosure = self._take(digest)
            if disclosure is None:
                continue
            if disclosure.name is None:
                raise _misplaced("an array element is disclosed as a member", digest)
            # It must not replace what the signer or the log shows in the clear.
            if disclosure.name in shown:
                raise _misplaced(f"a second member named {disclosure.name!a}", digest)
            shown[disclosure.name] = self._any(disclosure.value, depth + 1)
        return shown

    def _array(self, value: list[Any], depth: int) -> list[Any]:
        shown = []
        for element in value:
            if not isinstance(element, dict) or _ELEMENT not in element:
                shown.append(self._any(element, depth + 1))
                continue
            if len(element) != 1:
                raise _malformed("an array element with more than its digest", ascii(element))
            disclosure = self._take(element[_ELEMENT])
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise _misplaced("a member is disclosed as an array element", disclosure.digest)
            shown.append(self._any(disclosure.value, depth + 1))
        return shown

    def _any(self, value: Any, depth: int) -> Any:
        # Disclosures inside disclosures can nest deeper than any of them was when it was parsed.
        if depth > MAX_DEPTH and isinstance(value, dict | list):
            raise MalformedError(
                "json.depth", "nested too deeply", expected=f"at most {MAX_DEPTH} levels"
            )
        if isinstance(value, dict):
            return self.members(value, depth)
        return self._array(value, depth) if isinstance(value, list) else value

    def _take(self, digest: object) -> Disclosure | None:
        if not isinstance(digest, str):
            raise _malformed("a digest that is not a string", ascii(digest))
        if digest in self._seen:
            raise _malformed("the same digest twice", digest)
        self._seen.add(digest)
        return self._pending.pop(digest, None)


def _find(root: dict[str, Any], path: tuple[str | int, ...]) -> tuple[Any, Any]:
    """Walk to the parent of what a path names."""
    parent: Any = None
    value: Any = root
    for key in path:
        parent = value
        named = isinstance(parent, dict) and key in parent and key not in _RESERVED
        placed = isinstance(parent, list) and isinstance(key, int) and 0 <= key < len(parent)
        if not (named or placed):
            parent = None
            break
        value = parent[key]
    if parent is None or (isinstance(value, dict) and _ELEMENT in value):
        raise MalformedError(
            "disclosure.path",
            "nothing there to conceal",
            found="/".join(map(str, path))[:_SHOWN],
        )
    return parent, path[-1]


def _digest(text: str) -> str:
    return base64url.encode(sha256(text.encode("ascii")).digest())


def _malformed(what: str, found: str) -> MalformedError:
    return MalformedError("disclosure.malformed", f"concealment: {what}", found=found[:_SHOWN])


def _misplaced(what: str, found: str) -> VerificationError:
    return VerificationError("disclosure.misplaced", f"concealment: {what}", found=found)
