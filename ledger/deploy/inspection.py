"""Looking at what is deployed without sending anything: for each contract, what stands where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ledger.chain import Chain, Node, RpcError, query
from ledger.deploy.blueprint import NAMES, SALT, draw
from ledger.deploy.deployments import Deployments
from ledger.deploy.site import Site, Standing, State
from ledger.keccak import keccak256

__all__ = ["check"]

# AccessControlDefaultAdminRules of OpenZeppelin.
_DEFAULT_ADMIN = keccak256(b"defaultAdmin()")[:4]
_ADDRESS_SIZE = 20
_WORD_SIZE = 32
_UNNAMED = "no file names it, and where it stands by CREATE2 depends on its admin"


def check(
    chain: Chain,
    *,
    directory: Path | None = None,
    admin: bytes | None = None,
    chain_id: int | None = None,
) -> tuple[Deployments, tuple[Standing, ...]]:
    """Say of each contract whether the committed code stands where the file, or CREATE2, has it.

    Needs no key. Without a file and an admin, AnchorRegistry alone has a known place. Raises
    UnavailableError where the node cannot be asked.
    """
    node = chain.node
    site = Site.open(node, directory, chain_id=chain_id)
    default = node.own_account() if node.sandbox() else None
    chosen = site.choose_admin(admin, default)
    addresses: dict[str, bytes] = {}
    standings: list[Standing] = []
    for name in NAMES:
        if chosen is None and name != "AnchorRegistry":
            standings.append(Standing(name, State.UNKNOWN, detail=_UNNAMED))
            continue
        blueprint = draw(name, admin=chosen or b"", addresses=addresses)
        entry = next(site.candidates(blueprint, SALT))
        standing = site.look(blueprint, entry)
        if name == "AttestorRegistry" and standing.state is State.COMMITTED:
            standing = replace(standing, admin=_admin_of_today(node, entry.address))
        addresses[name] = entry.address
        standings.append(standing)
    return site.deployments, tuple(standings)


def _admin_of_today(node: Node, registry: bytes) -> bytes | None:
    try:
        answer = node.ask(query.call(registry, _DEFAULT_ADMIN))
    except RpcError:
        return None
    return answer[-_ADDRESS_SIZE:] if len(answer) == _WORD_SIZE else None
