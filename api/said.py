"""What endpoints answer about attestations, statuses and dossiers, as models and request bodies."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.answers import Answer, Hash, RecordLogged
from api.body import JSON
from ledger.attestation import Stage
from ledger.certificate_chain import MAX_CHAIN
from ledger.dossier import Flag, StageState
from ledger.log import State
from ledger.status import Action

__all__ = [
    "ATTESTATION_BODY",
    "STATUS_BODY",
    "Dossier",
    "PreparedEntry",
    "SaidItem",
    "SaidList",
    "SignedAndLogged",
]

Checks = list[dict[str, Any]]
_WARNINGS = "What could not be told yet: checks with `code`, `reason`, `expected`, `found`"


class PreparedEntry(Answer):
    """What waits for its signature. The server keeps nothing of it."""

    prepared: dict[str, Any] = Field(
        description="`signing_input` is what the key signs, as it stands: ES256 or Ed25519, 64 "
        "bytes. `disclosures` are the holder's. Send the object back unchanged"
    )
    warnings: Checks = Field(description=_WARNINGS)


class SignedAndLogged(RecordLogged):
    """A signed entry has its place in the log, durably."""

    sd_jwt: str | None = Field(
        description="The whole SD-JWT, for its holder; null of a status. The log has the JWT alone"
    )
    warnings: Checks = Field(description=_WARNINGS)


class SaidItem(Answer):
    """A signed entry about a record, about its plan, or about one of these."""

    record_id: str
    kind: str = Field(description="`attestation`, `receipt` or `status`")
    what: str = Field(description="The stage, the outcome or the action")
    about: str = Hash
    issuer: str
    issued_at: int = Field(description="Seconds since 1970, by the issuer's clock")
    key: str | None = Field(description="Thumbprint of the key, base64url; null where unknown")
    index: int
    leaf_hash: str = Hash
    state: State
    submitter: str | None
    statement: dict[str, Any] = Field(description="As logged")


class SaidList(Answer):
    """What was said of a record, in the log's order."""

    said: list[SaidItem]


class StageItem(Answer):
    """A stage: how it stands, and each rule that was asked."""

    stage: Stage
    state: StageState
    due: str | None = Field(None, description="When it should be there, of a missing one")
    attestation: dict[str, Any] | None = None
    checks: Checks


class EventItem(Answer):
    """A record of the timeline."""

    index: int
    at: str
    kind: str
    what: str
    record_id: str
    by: str


class Dossier(Answer):
    """How the stages of a transfer, or of a plan, stand now."""

    record_id: str
    kind: str
    leaf_hash: str = Hash
    index: int
    as_of: str
    stages: list[StageItem]
    orders: Checks = Field(description="What a regulator has stopped")
    flags: list[Flag]
    events: list[EventItem]


_OBJECT: dict[str, Any] = {"type": "object"}
_TEXT: dict[str, Any] = {"type": "string"}
_KEY: dict[str, Any] = {
    **_TEXT,
    "description": "Name or thumbprint of a key that this server holds for your organisation",
}
_JWK: dict[str, Any] = {**_OBJECT, "description": "The public key that is to sign: P-256, Ed25519"}
_CERTIFICATES: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_CHAIN,
    "items": _TEXT,
    "description": "The key's certificate, then who issued it: base64 of DER. They come along with "
    "the signature, for whoever trusts their root",
}
_RECORD: dict[str, Any] = {
    **_OBJECT,
    "description": "The record itself, as logged; for whoever may not read it here",
}
_COMPLETE: dict[str, Any] = {
    "title": "Complete",
    "type": "object",
    "required": ["prepared", "signature"],
    "additionalProperties": False,
    "properties": {
        "prepared": {**_OBJECT, "description": "As it was answered"},
        "signature": {**_TEXT, "description": "64 bytes in base64url, as a JWS has them"},
        "record": _RECORD,
    },
}


def _forms(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Describe the three requests: prepare with a public key, complete, sign with a held key."""
    forms = [
        {
            "title": title,
            "type": "object",
            "required": [*required, name],
            "additionalProperties": False,
            "properties": {**properties, name: key, "x5c": _CERTIFICATES, "record": _RECORD},
        }
        for title, name, key in (("Prepare", "jwk", _JWK), ("Sign", "key", _KEY))
    ]
    schema = {"oneOf": [forms[0], _COMPLETE, forms[1]]}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}}}


ATTESTATION_BODY = _forms(
    {
        "stage": {**_TEXT, "enum": [stage.value for stage in Stage]},
        "claims": {
            **_OBJECT,
            "description": "`iss`, `jurisdiction` and `credentialSubject`, `nbf` and `exp` of a "
            "pre-assessment; what follows from the record is filled in",
        },
        "concealed": {
            "type": "array",
            "description": "Paths below `credentialSubject`; all that may be concealed if absent",
            "items": {"type": "array", "items": {"type": ["string", "integer"]}},
        },
    },
    ["stage", "claims"],
)
STATUS_BODY = _forms(
    {
        "action": {**_TEXT, "enum": [action.value for action in Action]},
        "reason": _TEXT,
        "iss": {**_TEXT, "description": "Who says it; a held key's organisation if absent"},
        "compromised_since": {
            "type": "integer",
            "description": "Of a revocation for a stolen key: since when, in seconds since 1970",
        },
    },
    ["action", "reason"],
)
