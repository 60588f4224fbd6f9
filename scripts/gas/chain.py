"""A development chain that tells what a transaction costs: its intrinsic gas and calldata included.

Each call is a transaction of its own, so storage is cold, and EIP-7623's floor price counts.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import TxReceipt

__all__ = ["ROOT", "Chain", "build"]

ROOT = Path(__file__).resolve().parents[2]
_OUTPUT = ROOT / "contracts" / "out"


@dataclass(frozen=True, slots=True)
class Chain:
    """A node whose first account sends everything."""

    w3: Web3

    @classmethod
    def connect(cls, url: str) -> Chain:
        """Use the node at this address."""
        w3 = Web3(HTTPProvider(url))
        w3.eth.default_account = w3.eth.accounts[0]
        return cls(w3)

    def deploy(self, *arguments: Any, abi: Any, bytecode: Any) -> Contract:
        """Deploy a contract."""
        factory = self.w3.eth.contract(abi=abi, bytecode=bytecode)
        receipt = self._wait(factory.constructor(*arguments).transact())
        address = receipt["contractAddress"]
        if address is None:
            raise RuntimeError("nothing was deployed")
        return self.w3.eth.contract(address=address, abi=abi)

    def send(self, call: Any) -> TxReceipt:
        """Send a call; it must succeed."""
        return self._wait(call.transact())

    def gas(self, call: Any) -> int:
        """Send a call and tell what it cost."""
        return self.send(call)["gasUsed"]

    def _wait(self, sent: Any) -> TxReceipt:
        receipt = self.w3.eth.wait_for_transaction_receipt(sent)
        if receipt["status"] != 1:
            raise RuntimeError(f"transaction {sent.hex()} was reverted")
        return receipt


def build(name: str, contract: str) -> tuple[Any, Any]:
    """Compile a file of contracts/test with Foundry and give a contract's ABI and bytecode."""
    tools = (ROOT / ".venv" / "bin", ROOT / "contracts" / "node_modules" / ".bin")
    path = os.pathsep.join([*map(str, tools), os.environ.get("PATH", "")])
    subprocess.run(
        ["forge", "build", f"contracts/test/{name}.sol"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": path},
    )
    built = json.loads((_OUTPUT / f"{name}.sol" / f"{contract}.json").read_text())
    return built["abi"], built["bytecode"]["object"]
