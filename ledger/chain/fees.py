"""What a transaction is offered for, and the most that it may ever cost (EIP-1559, EIP-155).

A node's prices go in, a transaction's fee fields come out. A node may lie, and what it names is
paid out of the operator's account: nothing beyond the ceiling is ever signed. A tip is a node's
guess at what others have paid, and is cut down to the ceiling; where the chain's own price is above
it, the answer is to wait, for that to fall or for a person to raise the ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import UnavailableError

__all__ = ["GWEI", "MAX_GAS", "Ceiling", "Prices", "UnderpricedError", "offer"]

GWEI = 10**9
# One transaction may use no more since Osaka (EIP-7825).
MAX_GAS = 16_777_216
# Nodes replace a pending transaction only for a fee that is at least an eighth higher.
_RISE = (5, 4)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that is paid: in wei for a unit of gas, the tip of that, and units in all."""

    fee: int = 200 * GWEI
    tip: int = 5 * GWEI
    gas: int = MAX_GAS


@dataclass(frozen=True, slots=True)
class Prices:
    """What a node names, in wei; `base` is None before EIP-1559, `tip` where it has no method."""

    base: int | None
    overall: int
    tip: int | None


class UnderpricedError(UnavailableError):
    """The chain asks more than the operator is willing to pay."""


def offer(prices: Prices, *, rises: int, ceiling: Ceiling) -> dict[str, int]:
    """Choose a transaction's fee fields; raise UnderpricedError where the ceiling is too low.

    `rises` says how many transactions it must outbid that hold the same nonce.
    """
    up, down = (factor**rises for factor in _RISE)
    if prices.base is None:
        price = prices.overall * up // down
        _check("fee", "CROSSPROOF_CHAIN_MAX_FEE_PER_GAS", price, ceiling.fee)
        return {"gasPrice": price}
    # A node that has no method for the tip has an overall price that includes one.
    tip = max(prices.overall - prices.base, 0) if prices.tip is None else prices.tip
    if rises:
        # Never cut: a rival that offers no more than what it shall replace is refused.
        tip = tip * up // down
        _check("tip", "CROSSPROOF_CHAIN_MAX_PRIORITY_FEE_PER_GAS", tip, ceiling.tip)
        fee = 2 * prices.base * up // down + tip
        _check("fee", "CROSSPROOF_CHAIN_MAX_FEE_PER_GAS", fee, ceiling.fee)
    else:
        tip = min(tip, ceiling.tip)
        _check("fee", "CROSSPROOF_CHAIN_MAX_FEE_PER_GAS", prices.base + tip, ceiling.fee)
        # Twice the base fee lasts six full blocks of the steepest rise (EIP-1559).
        fee = min(2 * prices.base + tip, ceiling.fee)
    return {"maxFeePerGas": fee, "maxPriorityFeePerGas": tip}


def _check(what: str, setting: str, asked: int, most: int) -> None:
    if asked > most:
        raise UnderpricedError(
            "chain.underpriced",
            f"the chain asks a {what} above the ceiling, so nothing is sent",
            expected=f"at most {_gwei(most)} for a unit of gas",
            found=_gwei(asked),
            hint=f"It is sent when the price falls. Or raise {setting}.",
        )


def _gwei(wei: int) -> str:
    return f"{wei // GWEI}.{wei % GWEI:09}".rstrip("0").rstrip(".") + " gwei"
