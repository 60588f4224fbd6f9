"""The chain that settings name: its nodes, or an embedded sandbox where none is named."""

from __future__ import annotations

from ledger.chain import GWEI, Account, Ceiling, Chain, Quorum, Witness
from ledger.deploy import sandbox
from ledger.errors import ConfigurationError
from ledger.finality import Finality
from ledger.keyring import Keyring
from ledger.settings import Settings

__all__ = ["connect", "open_chain", "verifiers"]


def connect(settings: Settings, url: str) -> Chain:
    """Name a configured node, asking nothing yet; raise ConfigurationError."""
    finality = settings.chain_finality
    if settings.chain_contract is None:
        raise ConfigurationError(
            "settings.chain-contract",
            "nodes are configured, and no contract",
            expected="CROSSPROOF_CHAIN_CONTRACT, the address of AnchorRegistry",
            found="nothing",
            hint="`crossproof deploy --rpc URL` deploys one and tells its address.",
        )
    return Chain.connect(
        url,
        contract=bytes.fromhex(settings.chain_contract.removeprefix("0x")),
        finality=Finality.parse(finality) if finality else None,
        timeout=settings.chain_timeout,
        ceiling=Ceiling(
            fee=int(settings.chain_max_fee_per_gas * GWEI),
            tip=int(settings.chain_max_priority_fee_per_gas * GWEI),
            gas=settings.chain_max_gas,
        ),
    )


def open_chain(settings: Settings, keys: Keyring) -> Chain:
    """Name the first configured node, or start a sandbox; raise ConfigurationError."""
    if settings.chain_urls:
        return connect(settings, settings.chain_urls[0])
    return sandbox(Account(keys.sender), Account(keys.admin))


def verifiers(settings: Settings, chain: Chain) -> Witness:
    """Name all configured nodes, as many of which must agree; `chain` where there is one."""
    if len(settings.chain_urls) <= 1:
        return chain
    nodes = [connect(settings, url) for url in settings.chain_urls]
    return Quorum(nodes, agree=settings.chain_agree)
