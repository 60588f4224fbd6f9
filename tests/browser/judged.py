"""A bundle that both verifiers judge, what is believed, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ledger import base64url
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.errors import MalformedError
from ledger.fingerprint import Fingerprint
from ledger.trust import Trust
from ledger.verify import verify
from tests.logged_dossier import (
    LATER,
)

_NOW = datetime.fromtimestamp(LATER, UTC)


@dataclass(frozen=True)
class Case:
    """A bundle, what is believed, and what is asked; `report` is the answer in Python."""

    name: str
    bundle: bytes
    trust: bytes
    files: tuple[Fingerprint, ...] = ()
    without_files: bool = True
    required: tuple[Stage, ...] = ()
    now: datetime = field(default=_NOW)

    def to_value(self) -> dict[str, Any]:
        """Write the case for the other verifier."""
        return {
            "bundle": base64url.encode(self.bundle),
            "trust": base64url.encode(self.trust),
            "files": [{"name": None, **file.to_value()} for file in self.files],
            "without_files": self.without_files,
            "required": [stage.value for stage in self.required],
            "now": self.now.timestamp() * 1000,
        }

    def report(self) -> dict[str, Any]:
        """Judge it; a trust file that is none is told as its error."""
        try:
            trust = Trust.from_json(self.trust)
        except MalformedError as error:
            return {"error": [error.code, error.expected, error.found]}
        return verify(
            self.bundle,
            trust=trust,
            files=self.files,
            without_files=self.without_files,
            required=self.required,
            now=self.now,
        ).to_value()


def case(name: str, bundle: Bundle | bytes, trust: Trust | bytes, **options: Any) -> Case:
    text = bundle if isinstance(bundle, bytes) else bundle.to_json().encode()
    believed = trust if isinstance(trust, bytes) else trust.to_json().encode()
    return Case(name, text, believed, **options)
