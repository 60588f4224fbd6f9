"""A key behind a URL: an external signer, asked over Ethereum's JSON-RPC. The secret stays there.

    http[s]://[USER:PASSWORD@]HOST[:PORT][/PATH][?QUERY][#ADDRESS]

    to sign a transaction    eth_signTransaction        Web3Signer, geth, anvil
                             account_signTransaction    clef; answers {raw, tx}
    to sign EIP-712 data     eth_signTypedData          Web3Signer; the data as text
                             eth_signTypedData_v4       anvil, wallets; likewise
                             account_signTypedData      clef; the data as an object
    for its only account,    eth_accounts, account_list
    where the URL names none

A signer may be wrong, misled, or somebody else: nothing that it answers leaves here before it is
found to be this account's signature of the very fields that it was asked for. One that has just
failed is left alone for a while, so that whoever goes on without it is not held up each time.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from eth_utils.address import to_checksum_address

from ledger.errors import ConfigurationError, LedgerError, MalformedError
from ledger.evm_key import V_OFFSET, TypedData, recover
from ledger.signed_transaction import SignedFields
from ledger.signer_rpc import SignerRpc

__all__ = ["DEFAULT_TIMEOUT", "RemoteKey"]

T = TypeVar("T")

_logger = logging.getLogger(__name__)

DEFAULT_TIMEOUT = 5.0
# A signer that has failed is left alone ten times as long as that took, and at least a second.
# What waits for an answer loses no more than a tenth of its time to one that gives none.
_REST_FACTOR = 10
DEFAULT_REST = 1.0

_TRANSACTION = ("eth_signTransaction", "account_signTransaction")
_TYPED_DATA = ("eth_signTypedData", "eth_signTypedData_v4", "account_signTypedData")
_ACCOUNTS = ("eth_accounts", "account_list")
_ADDRESS_SIZE = 20
_ADDRESS = re.compile("(0x)?[0-9a-fA-F]{40}")
_SIGNATURE_SIZE = 65
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class _Rest:
    """Until when a signer is left alone, by the monotonic clock, and what it did."""

    until: float
    error: LedgerError

    def again(self) -> LedgerError:
        """Make the same error anew: one that is raised twice would carry both ways on it."""
        e = self.error
        return type(e)(e.code, e.message, expected=e.expected, found=e.found, hint=e.hint)


class RemoteKey:
    """An `EvmKey` that an external signer holds, bound to one address for its life.

    `rest` is how long, in seconds, a signer that has failed is left alone at least; 0 for never.
    """

    def __init__(self, rpc: SignerRpc, address: bytes, *, rest: float = DEFAULT_REST) -> None:
        self.address = address
        self._rpc = rpc
        self._least_rest = rest
        # By what was asked for: who may not send transactions may sign heads all the same.
        self._rests: dict[tuple[str, ...], _Rest] = {}

    @classmethod
    def connect(
        cls, url: str, *, timeout: float = DEFAULT_TIMEOUT, rest: float = DEFAULT_REST
    ) -> RemoteKey:
        """Take a signer's URL; only where that names no address is the signer asked, for it.

        Raises ConfigurationError, and UnavailableError where the signer has to be asked and does
        not answer.
        """
        base, _, fragment = url.partition("#")
        rpc = SignerRpc(base, timeout=timeout)
        return cls(rpc, _named(fragment) if fragment else _only_account(rpc), rest=rest)

    def __repr__(self) -> str:
        return f"RemoteKey(0x{self.address.hex()} at {self._rpc.place})"

    def sign_typed_data(self, data: TypedData) -> bytes:
        """Have EIP-712 data signed: r, s, v."""

        def parameters(method: str) -> list[Any]:
            as_text = method.startswith("eth_")
            return [self._name, json.dumps(data.value) if as_text else data.value]

        return self._sign(
            _TYPED_DATA, parameters, lambda answer: self._typed_signature(answer, data.digest)
        )

    def sign_transaction(self, fields: Mapping[str, Any]) -> bytes:
        """Have a transaction signed, and give the bytes to send."""
        asked = {"from": self._name, **{name: _written(name, fields[name]) for name in fields}}
        return self._sign(
            _TRANSACTION, lambda _: [asked], lambda answer: self._transaction(answer, fields)
        )

    @property
    def _name(self) -> str:
        # clef refuses to sign where the checksum (EIP-55) is missing.
        return to_checksum_address(self.address)

    def _sign(
        self,
        methods: tuple[str, ...],
        parameters: Callable[[str], list[Any]],
        check: Callable[[object], T],
    ) -> T:
        rest = self._rests.get(methods)
        if rest is not None and time.monotonic() < rest.until:
            raise rest.again()
        started = time.monotonic()
        try:
            signed = check(self._rpc.ask(methods, parameters))
        except LedgerError as error:
            now = time.monotonic()
            self._rests[methods] = _Rest(now + self._pause(now - started), error)
            if rest is None or rest.error.code != error.code:
                _logger.warning("no signature: %s (%s)", error, error.code)
            raise
        if rest is not None:
            self._rests.pop(methods, None)
            _logger.info("the signer at %s signs again", self._rpc.place)
        return signed

    def _pause(self, took: float) -> float:
        return max(self._least_rest, _REST_FACTOR * took) if self._least_rest else 0.0

    def _typed_signature(self, answer: object, digest: bytes) -> bytes:
        signature = self._bytes(answer)
        if len(signature) != _SIGNATURE_SIZE:
            raise self._rpc.malformed(f"{_SIGNATURE_SIZE} bytes", f"{len(signature)}")
        # Some count v from 0. Whose signature it is says `recover` all the same.
        if signature[-1] < V_OFFSET:
            signature = signature[:-1] + bytes([signature[-1] + V_OFFSET])
        signer = recover(digest, signature)
        if signer != self.address:
            raise self._other(
                f"a signature by 0x{self.address.hex()}, s in the lower half", _by(signer)
            )
        return signature

    def _transaction(self, answer: object, fields: Mapping[str, Any]) -> bytes:
        raw = self._bytes(answer.get("raw") if isinstance(answer, dict) else answer)
        try:
            signed = SignedFields.parse(raw)
        except MalformedError as error:
            raise self._rpc.malformed("a signed transaction", str(error)) from error
        expected = {"to": b"", **fields}
        if "gasPrice" not in fields:
            expected["accessList"] = b""
        for name in sorted(expected.keys() | signed.fields.keys()):
            mine, theirs = expected.get(name), signed.fields.get(name)
            if mine != theirs:
                raise self._other(f"{name} {_shown(mine)}", f"{name} {_shown(theirs)}")
        if signed.sender != self.address:
            raise self._other(
                f"a signature by 0x{self.address.hex()}, s in the lower half", _by(signed.sender)
            )
        return raw

    def _bytes(self, value: object) -> bytes:
        if isinstance(value, str):
            try:
                return bytes.fromhex(value.removeprefix("0x"))
            except ValueError:
                pass
        raise self._rpc.malformed("0x and hexadecimal digits", repr(value)[:_SHOWN])

    def _other(self, expected: str, found: str) -> ConfigurationError:
        return ConfigurationError(
            "signer.other",
            f"the signer at {self._rpc.place} signs something else than it was asked for",
            expected=expected,
            found=found,
            hint="Nothing of it is used. Compare its key and its chain id with the settings here.",
        )


def _only_account(rpc: SignerRpc) -> bytes:
    accounts = rpc.ask(_ACCOUNTS, lambda _: [])
    if not isinstance(accounts, list):
        raise rpc.malformed("a list of accounts", repr(accounts))
    if len(accounts) != 1:
        raise ConfigurationError(
            "signer.accounts",
            f"which account of the signer at {rpc.place} shall sign?",
            expected="one that is named, as in https://signer.example#0x…, or the only one",
            found=f"none named, and {len(accounts)} there",
        )
    address = _address(accounts[0])
    if address is None:
        raise rpc.malformed("an address", repr(accounts[0]))
    return address


def _named(fragment: str) -> bytes:
    address = _address(fragment)
    if address is None:
        raise ConfigurationError(
            "signer.url",
            "a signer's URL names no account",
            expected="0x and 40 digits behind the #",
            found=f"{len(fragment)} characters",
        )
    return address


def _address(text: object) -> bytes | None:
    if not isinstance(text, str) or not _ADDRESS.fullmatch(text):
        return None
    return bytes.fromhex(text[-2 * _ADDRESS_SIZE :])


def _written(name: str, value: int | bytes) -> str:
    if isinstance(value, int):
        return hex(value)
    return to_checksum_address(value) if name == "to" else f"0x{value.hex()}"


def _shown(value: int | bytes | None) -> str:
    if isinstance(value, bytes):
        text = f"0x{value.hex()}"
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(value)} bytes)"
    return "none" if value is None else str(value)


def _by(signer: bytes | None) -> str:
    return "none that would be taken" if signer is None else f"one by 0x{signer.hex()}"
