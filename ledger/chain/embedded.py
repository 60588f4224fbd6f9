"""A chain in the process: eth-tester over py-evm, behind the same JSON-RPC as a node.

It mines each transaction at once, keeps everything in memory and is gone with the process; every
proof from it says so. Its genesis block holds random bytes, so no two of them are the same chain.
"""

from __future__ import annotations

import ast
import secrets
import sys
from collections.abc import Sequence
from threading import Lock
from typing import Any

from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from web3 import EthereumTesterProvider, Web3
from web3.types import RPCEndpoint

from ledger.chain.rpc import RECURSION_LIMIT, Request, RpcError

__all__ = ["EMBEDDED_CHAIN_ID", "EmbeddedRpc"]

EMBEDDED_CHAIN_ID = 131277322940537

# Importing py-evm raises the limit, as web3 does. One call deep, a registry needs no such depth.
sys.setrecursionlimit(RECURSION_LIMIT)

_REVERTED = "execution reverted: "
_GENESIS_EXTRA_SIZE = 32


class EmbeddedRpc:
    """The embedded chain as a node. py-evm is not made for threads: one request at a time."""

    place = "the embedded chain"

    def __init__(self) -> None:
        genesis = PyEVMBackend.generate_genesis_params(
            {"extra_data": secrets.token_bytes(_GENESIS_EXTRA_SIZE)}
        )
        provider = EthereumTesterProvider(EthereumTester(PyEVMBackend(genesis_parameters=genesis)))
        web3 = Web3(provider, middleware=[])
        self._request = provider.request_func(web3, web3.middleware_onion)
        self._lock = Lock()

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Answer each request with its JSON value, or with an RpcError."""
        return [self._call(method, parameters) for method, parameters in requests]

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _call(self, method: str, parameters: list[Any]) -> Any:
        try:
            with self._lock:
                answer = self._request(RPCEndpoint(method), parameters)
        except TransactionFailed as error:
            return RpcError(self.place, "execution reverted", _revert_data(str(error)))
        except Exception as error:  # noqa: BLE001 - py-evm, eth-tester and eth-utils: several trees
            return RpcError(self.place, str(error))
        if "error" in answer:
            return RpcError(self.place, str(answer["error"]))
        return _to_json(answer["result"])


def _revert_data(message: str) -> bytes | None:
    # eth-tester hands on what a contract said only as the Python spelling of bytes.
    try:
        data = ast.literal_eval(message.removeprefix(_REVERTED))
    except (SyntaxError, ValueError):
        return None
    return data if isinstance(data, bytes) else None


def _to_json(value: object) -> Any:
    """Write Python's values as Ethereum's JSON has them."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    if isinstance(value, dict):
        return {name: _to_json(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(element) for element in value]
    return value
