"""The compiled contracts: ABI and bytecode, committed so that users need no compiler.

`scripts/build-contracts` writes NAME.json from contracts/src; a test builds them again and compares
(also with what Foundry builds). Byte strings are raw here and 0x-hex in the files.

    >>> load("AnchorRegistry").name
    'AnchorRegistry'
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Artifact", "load"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract; `immutables` are the (start, length) that its constructor fills in."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: tuple[tuple[int, int], ...]

    def is_code(self, code: bytes) -> bool:
        """Tell whether code found on a chain is this contract's, its immutables aside."""
        if len(code) != len(self.deployed_bytecode):
            return False
        blank = bytearray(code)
        for start, length in self.immutables:
            blank[start : start + length] = bytes(length)
        return blank == self.deployed_bytecode


@cache
def load(name: str) -> Artifact:
    """Read the artifact of a contract by its Solidity name."""
    text = files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    artifact = json.loads(text)
    return Artifact(
        name=artifact["contractName"],
        abi=artifact["abi"],
        bytecode=_from_hex(artifact["bytecode"]),
        deployed_bytecode=_from_hex(artifact["deployedBytecode"]),
        immutables=tuple((start, length) for start, length in artifact["immutables"]),
    )


def _from_hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
