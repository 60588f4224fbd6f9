"""What must hold before anything is paid for: the chain runs the contracts, the account has enough.

What is missing goes in; ConfigurationError or UnavailableError says why nothing was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ledger.chain import Node, RpcError
from ledger.chain.registry import refusal
from ledger.deploy.blueprint import Blueprint
from ledger.errors import ConfigurationError, UnavailableError

__all__ = ["check_before_paying"]

_COIN = 10**18
# Creates a contract without code.
_STOP = bytes.fromhex("00")
# The same after PUSH0 (EIP-3855) and MCOPY (EIP-5656), the newest that solc takes for cancun.
_MCOPY = bytes.fromhex("5f5f5f5e00")


def check_before_paying(node: Node, payer: bytes, missing: Iterable[Blueprint]) -> None:
    """Raise unless the chain would create all that is missing and the payer can pay for it.

    Each creation is tried by itself (eth_estimateGas), for no constructor calls another contract,
    and the most that they may cost together is compared with the balance. So nobody is left with
    half of the contracts and no money.
    """
    balance, least = node.balance(payer), node.cost(1)
    if balance < least:
        raise _too_poor(payer, least, balance)
    _check_evm(node, payer)
    gas = [_estimate(node, payer, blueprint) for blueprint in missing]
    most = node.cost(*gas)
    if balance < most:
        raise _too_poor(payer, most, balance)


def _check_evm(node: Node, payer: bytes) -> None:
    """Try the newest instruction: without it the contracts could be created, and fail in use."""
    node.estimate(payer, to=None, data=_STOP)
    try:
        node.estimate(payer, to=None, data=_MCOPY)
    except RpcError as error:
        raise ConfigurationError(
            "deploy.evm",
            "the chain's EVM is too old for the contracts, so nothing was sent",
            expected="cancun, with MCOPY (EIP-5656)",
            found=error.found,
            hint="docs/chains.md says what a chain must have.",
        ) from error


def _estimate(node: Node, payer: bytes, blueprint: Blueprint) -> int:
    try:
        return node.estimate(payer, to=None, data=blueprint.creation_code)
    except RpcError as error:
        if error.data is None:
            raise
        raise ConfigurationError(
            "deploy.refused",
            f"{blueprint.name} refuses to be created on this chain, so nothing was sent",
            found=refusal(error.data),
            hint="docs/chains.md says what a chain must have.",
        ) from error


def _too_poor(payer: bytes, most: int, balance: int) -> UnavailableError:
    return UnavailableError(
        "deploy.money",
        f"account 0x{payer.hex()} has too little money, so nothing was sent",
        expected=f"at least {_coins(most)} of the chain's coin, the most that it may cost",
        found=_coins(balance),
        hint="Give it more, or lower --max-fee-per-gas.",
    )


def _coins(wei: int) -> str:
    return f"{(Decimal(wei) / _COIN).normalize():f}"
