"""The compiled contracts: ABI and bytecode, committed so that users need no compiler.

`scripts/build-contracts` writes NAME.json from contracts/src; a test builds them again and compares
(also with what Foundry builds). Byte strings are raw here and 0x-hex in the files.

    >>> load("AnchorRegistry").name
    'AnchorRegistry'
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Artifact", "load"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract; `immutables` says where the constructor writes which value.

    In `deployed_bytecode` those places are zero.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: Mapping[str, tuple[tuple[int, int], ...]]

    def is_code(self, code: bytes) -> bool:
        """Tell whether code found on a chain is this contract's, its immutables aside."""
        return self.values(code) is not None

    def values(self, code: bytes) -> dict[str, bytes] | None:
        """Read the immutables out of code found on a chain, None where it is not this contract's.

        An immutable that is used in several places must be the same in each.
        """
        if len(code) != len(self.deployed_bytecode):
            return None
        blank = bytearray(code)
        values: dict[str, bytes] = {}
        for name, places in self.immutables.items():
            for start, length in places:
                value = code[start : start + length]
                if values.setdefault(name, value) != value:
                    return None
                blank[start : start + length] = bytes(length)
        return values if blank == self.deployed_bytecode else None


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
        immutables={
            immutable: tuple((start, length) for start, length in places)
            for immutable, places in artifact["immutables"].items()
        },
    )


def _from_hex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
