"""Accreditations as `AttestorRegistry` keeps them: asked of a final block, all changes of a key.

The contract answers for one time; a verifier asks about several, and offline later on. So what is
read is what the answers follow from: `accreditation` derives the same from it, and a test compares.
"""

from __future__ import annotations

from typing import Protocol

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from ledger.accreditation import MAX_CHANGES, Accreditation, Change, Standing
from ledger.anchor import ChainIdentity, whole_seconds
from ledger.attestation import Stage
from ledger.chain import query
from ledger.chain.node import Node
from ledger.errors import UnavailableError
from ledger.keccak import keccak256
from ledger.trust import Trust, TrustedChain

__all__ = ["AccreditationWitness", "Accreditations", "ask_accreditation", "view"]


class AccreditationWitness(Protocol):
    """A node, or several that must agree."""

    def accreditation(
        self, chain: ChainIdentity, registry: bytes, *, jurisdiction: str, key: bytes
    ) -> Accreditation | None:
        """Say what AttestorRegistry holds of a key for good; raise UnavailableError."""


_LENGTH = keccak256(b"historyLength(bytes2,bytes32)")[:4]
_HISTORY = keccak256(b"history(bytes2,bytes32,uint256,uint256)")[:4]
_CHANGES = "(uint48,uint8,uint8,uint8,uint48,uint48,address)[]"
_PAGE = 200
# `IAttestorRegistry.Standing`; Accredited without stages lifts a suspension.
_STANDINGS = (None, Standing.ACCREDITED, Standing.SUSPENDED, Standing.REVOKED, Standing.COMPROMISED)


class Accreditations:
    """An `AccreditationSource`: the trust file where it has an answer, else the contract.

    `source` is asked for what AttestorRegistry holds where the trust file says that it stands.
    """

    def __init__(self, trust: Trust, trusted: TrustedChain, source: AccreditationWitness) -> None:
        self._trust = trust
        self._chain = trusted.identity
        self._registry = trusted.attestors
        self._source = source

    @property
    def asks_chain(self) -> bool:
        """Say whether AttestorRegistry stands somewhere, to be asked."""
        return self._registry is not None

    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        """Tell all changes; None where there are none. Raises UnavailableError."""
        known = self._trust.accreditation(jurisdiction, key)
        if known is not None or self._registry is None:
            return known
        return self._source.accreditation(
            self._chain, self._registry, jurisdiction=jurisdiction, key=key
        )


def ask_accreditation(
    node: Node, chain: ChainIdentity, registry: bytes, *, jurisdiction: str, key: bytes
) -> Accreditation | None:
    """Ask what the newest final block holds of a key, None where it holds nothing.

    Raises UnavailableError where the node is of another chain, or knows no such contract.
    """
    at = node.final_block(chain)
    named = encode(["bytes2", "bytes32"], [jurisdiction.encode(), key])
    length = int.from_bytes(view(node, registry, _LENGTH + named, at))
    if not length:
        return None
    if length > MAX_CHANGES:
        raise _nonsense(node, f"{length} changes of one key")
    changes: list[Change] = []
    while len(changes) < length:
        place = encode(
            ["bytes2", "bytes32", "uint256", "uint256"],
            [jurisdiction.encode(), key, len(changes), _PAGE],
        )
        page = _read(node, view(node, registry, _HISTORY + place, at))
        if not page:
            raise _nonsense(node, "fewer changes than it says there are")
        changes += page
    return Accreditation(jurisdiction, key, tuple(changes))


def view(node: Node, registry: bytes, data: bytes, at: int) -> bytes:
    """Call a registry's view on the state after the block `at`; raise UnavailableError."""
    answer = node.ask(query.call(registry, data, at))
    if not answer:
        raise UnavailableError(
            "chain.no-code",
            f"{node.place} knows no contract at 0x{registry.hex()}",
            hint="Its chain is another one, or the contract stands elsewhere.",
        )
    return answer


def _read(node: Node, data: bytes) -> list[Change]:
    try:
        (rows,) = decode([_CHANGES], data)
        return [_change(row) for row in rows]
    except (DecodingError, OverflowError, ValueError, IndexError) as error:
        raise _nonsense(node, f"{len(data)} bytes") from error


def _change(row: tuple[int, int, int, int, int, int, str]) -> Change:
    # The reason is the authority's affair.
    time, standing, _, stages, begins, until, controller = row
    meant = _STANDINGS[standing]
    made = whole_seconds(time)
    if meant is None:
        raise ValueError("a change to nothing")
    if meant is Standing.COMPROMISED:
        return Change(made, meant, from_=whole_seconds(begins))
    if meant is Standing.ACCREDITED and stages:
        return Change(
            made,
            meant,
            frozenset(stage for bit, stage in enumerate(Stage) if stages >> bit & 1),
            whole_seconds(begins),
            whole_seconds(until),
            bytes.fromhex(controller[2:]),
        )
    return Change(made, Standing.REINSTATED if meant is Standing.ACCREDITED else meant)


def _nonsense(node: Node, found: str) -> UnavailableError:
    return UnavailableError(
        "chain.malformed", f"{node.place} tells accreditations that cannot be", found=found
    )
