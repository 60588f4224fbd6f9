"""External signers to test against: anvil signs for its own accounts, as it does for wallets.

What stands before it here speaks as Web3Signer and clef do, or lies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.request import Request, urlopen

from eth_account import Account

from ledger.local_key import LocalKey
from tests.anvil import Anvil
from tests.rpc_server import Reply, send, serve

_MNEMONIC = "test test test test test test test test test test test junk"

Json = Any
# What a signer does: a method and its parameters to the members of an answer.
Signs = Callable[[str, list[Json]], dict[str, Json]]


def dev_key(number: int) -> LocalKey:
    """Give the key of one of anvil's accounts, which anvil tells everybody at its start."""
    Account.enable_unaudited_hdwallet_features()
    made = Account.from_mnemonic(_MNEMONIC, account_path=f"m/44'/60'/0'/0/{number}")
    return LocalKey(bytes(made.key))


def by(anvil: Anvil) -> Signs:
    """Answer as anvil does."""

    def signs(method: str, parameters: list[Json]) -> dict[str, Json]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        request = Request(  # noqa: S310 - http, to ourselves
            anvil.url, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urlopen(request, timeout=30) as response:  # noqa: S310
            answer: dict[str, Json] = json.load(response)
        return answer

    return signs


def heads_by(key: LocalKey) -> Signs:
    """Sign EIP-712 data as eth-account does, which computes the digest for itself."""

    def signs(method: str, parameters: list[Json]) -> dict[str, Json]:
        if method != "eth_signTypedData":
            return unknown()
        data = json.loads(parameters[1])
        signed = Account.sign_typed_data(key._key.secret, full_message=data)
        return {"result": f"0x{signed.signature.hex()}"}

    return signs


def as_web3signer(signs: Signs) -> Signs:
    """Know `eth_signTypedData` alone, with the data as text, and no method of anvil's own."""

    def answer(method: str, parameters: list[Json]) -> dict[str, Json]:
        if method == "eth_signTypedData":
            assert all(isinstance(parameter, str) for parameter in parameters)
            return signs("eth_signTypedData_v4", parameters)
        if method in {"eth_accounts", "eth_signTransaction"}:
            return signs(method, parameters)
        return unknown()

    return answer


def as_clef(signs: Signs) -> Signs:
    """Know clef's names, take data as an object and insist on checksums; answer {raw, tx}."""

    def answer(method: str, parameters: list[Json]) -> dict[str, Json]:
        match method, parameters:
            case "account_list", []:
                return signs("eth_accounts", [])
            case "account_signTypedData", [str(account), dict(data)]:
                assert account != account.lower()
                return signs("eth_signTypedData_v4", [account, data])
            case "account_signTransaction", [dict(asked)]:
                assert asked["from"] != asked["from"].lower()
                done = signs("eth_signTransaction", [asked])
                return {"result": {"raw": done["result"], "tx": {**asked, "v": "0x1"}}}
        return unknown()

    return answer


def unknown() -> dict[str, Json]:
    return refusing("the method does not exist/is not available", code=-32601)


def refusing(message: str, *, code: int = -32000) -> dict[str, Json]:
    return {"error": {"code": code, "message": message}}


@dataclass
class Signer:
    """A signer that serves; `reply` may be changed at any time, `asked` tells what it was asked."""

    reply: Reply
    url: str = ""
    asked: list[tuple[str, list[Json]]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)

    def sign(self, signs: Signs) -> None:
        """Be one that signs so from now on."""
        self.reply = answering(signs)

    def named(self, key: LocalKey) -> str:
        """Give its URL for one account."""
        return f"{self.url}#0x{key.address.hex()}"


def answering(signs: Signs, *, status: int = 200) -> Reply:
    def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        request = json.loads(body)
        members = {"jsonrpc": "2.0", "id": request["id"]}
        answer = {**members, **signs(request["method"], request["params"])}
        send(handler, json.dumps(answer).encode(), status=status)

    return reply


@contextmanager
def serving_signer(signs: Signs | None = None, *, port: int = 0) -> Iterator[Signer]:
    """Serve a signer until the block ends; without `signs` it refuses everything."""
    signer = Signer(answering(signs or (lambda _, __: refusing("no"))))

    def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        request = json.loads(body)
        signer.asked.append((request["method"], request["params"]))
        signer.authorizations.append(handler.headers.get("authorization"))
        signer.reply(handler, body)

    with serve(reply, port=port) as server:
        signer.url = server.url
        yield signer
