"""A log that is trusted: its origin, its keys, and its name in the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.checkpoint import check_origin
from ledger.errors import MalformedError
from ledger.head_signature import HeadVerifier
from ledger.members import Members, read_text
from ledger.note import Verifier
from ledger.trust.listing import MAX_LISTED, check_unique

__all__ = ["TrustedLog"]


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log's origin, the keys that may sign its checkpoints, and its name on the chain.

    Where operators are named, one of them must have signed the head as the contract wants it.
    """

    origin: str
    keys: tuple[Verifier, ...]
    log_id: bytes | None = None
    operators: tuple[HeadVerifier, ...] = ()

    @classmethod
    def from_value(cls, value: object, where: str) -> TrustedLog:
        """Read a log's JSON object; raise MalformedError."""
        members = Members(value, where)
        origin = members.text("origin")
        check_origin(origin)
        keys = members.array("keys", _read_key, longest=MAX_LISTED)
        log_id = members.hash("log_id") if members.has("log_id") else None
        operators: tuple[HeadVerifier, ...] = ()
        if members.has("operators"):
            operators = members.array("operators", _read_operator, longest=MAX_LISTED)
        members.end()
        if not keys:
            raise MalformedError("trust.key", f"{where}.keys", expected="a key", found="none")
        signers: tuple[Verifier | HeadVerifier, ...] = (*keys, *operators)
        for key in signers:
            if key.name != origin:
                raise MalformedError(
                    "trust.key",
                    f"{where}: a key of another log",
                    expected=origin,
                    found=key.name,
                )
        # Two keys of one id could never be told apart, and no checkpoint of the log would open.
        check_unique(signers, lambda key: key.key_id.hex(), f"{where}.keys")
        return cls(origin, keys, log_id, operators)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        value: dict[str, Any] = {"origin": self.origin, "keys": [str(key) for key in self.keys]}
        if self.operators:
            value["operators"] = [str(operator) for operator in self.operators]
        if self.log_id is not None:
            value["log_id"] = f"0x{self.log_id.hex()}"
        return value


def _read_key(value: object, where: str) -> Verifier:
    return Verifier.from_string(read_text(value, where))


def _read_operator(value: object, where: str) -> HeadVerifier:
    return HeadVerifier.from_string(read_text(value, where))
