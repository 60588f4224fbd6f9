"""Addresses and hashes as a person gives them: 0x and digits, of either case."""

from __future__ import annotations

from ledger.cli.console import problem

__all__ = ["ADDRESS_DIGITS", "HASH_DIGITS", "digits"]

ADDRESS_DIGITS = 40
HASH_DIGITS = 64


def digits(option: str, text: str, count: int) -> bytes:
    """Read 0x and `count` hexadecimal digits; raise ConfigurationError."""
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) * 2 != count:
        raise problem(
            "usage.hex",
            f"{option}: not such a value",
            expected=f"0x and {count} digits",
            found=text,
        )
    return value
