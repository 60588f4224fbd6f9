"""When a block counts as final: at once, under so many others, or when the chain itself says so."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import ConfigurationError

__all__ = ["FINALIZED", "INSTANT", "MAX_CONFIRMATIONS", "Finality"]

MAX_CONFIRMATIONS = 100_000
_CONFIRMATIONS = "confirmations:"


@dataclass(frozen=True, slots=True)
class Finality:
    """A block is final when the block that `tag` names stands `confirmations` above it."""

    tag: str
    confirmations: int = 0

    @classmethod
    def parse(cls, text: str) -> Finality:
        """Read `instant`, `confirmations:N` or `finalized`; raise ConfigurationError."""
        if text == "instant":
            return INSTANT
        if text == "finalized":
            return FINALIZED
        number = text.removeprefix(_CONFIRMATIONS)
        if number != text and number.isascii() and number.isdigit():
            confirmations = int(number[: len(str(MAX_CONFIRMATIONS)) + 1])
            if confirmations <= MAX_CONFIRMATIONS:
                return cls("latest", confirmations)
        raise ConfigurationError(
            "chain.finality",
            "no such finality",
            expected=f"instant, finalized, or {_CONFIRMATIONS}N with N at most {MAX_CONFIRMATIONS}",
            found=text[:80],
        )

    def __str__(self) -> str:
        if self.tag == "finalized":
            return self.tag
        return f"{_CONFIRMATIONS}{self.confirmations}" if self.confirmations else "instant"

    def covers(self, block_number: int, tagged: int) -> bool:
        """Say whether a block is final where the block that `tag` names has number `tagged`."""
        return tagged - self.confirmations >= block_number


# Embedded and permissioned chains do not reorganise.
INSTANT = Finality("latest")
FINALIZED = Finality("finalized")
