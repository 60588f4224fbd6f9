"""The OpenAPI document: what FastAPI finds out by itself, and what it cannot know.

The formats of the ledger come from its own published schemas; every endpoint says which problems
it answers with; raw bodies are described with examples that the tests really send.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.answers import Problem
from api.body import JSON, NDJSON
from api.examples import add_examples
from api.problems import MEDIA_TYPE
from ledger.attachment import MEDIA_TYPE as PDF
from ledger.status_list import MEDIA_TYPE as STATUS_LIST

__all__ = [
    "BATCH_BODY",
    "EXAMPLE",
    "MAX_FILES",
    "OPEN_TO_ALL",
    "RECORD_BODY",
    "STATUS_LIST_BODY",
    "VERIFICATION_BODY",
    "content",
    "document",
    "refusals",
]

_SCHEMAS = {
    "Attestation": "attestation",
    "Bundle": "bundle",
    "Manifest": "manifest",
    "Plan": "plan",
    "Receipt": "receipt",
    "Report": "report",
    "StatusChange": "status",
    "TrailHead": "trail",
    "Transfer": "transfer",
    "Trust": "trust",
}
_REF = "#/components/schemas/"

EXAMPLE: Mapping[str, Any] = {
    "kind": "transfer",
    "v": 1,
    "record_id": "0193502a-5c00-7d2e-9b61-3f0c8a7e4d15",
    "salt": "q1Zb0m3mVx8m7oO2m0cE1g",
    "occurred_at": "2026-11-21T08:15:00Z",
    "exporter": {"id": "uscc:91440300MA5EXAMPLE", "country": "CN"},
    "recipient": {"id": "hkbr:12345678", "country": "HK"},
    "from": "CN",
    "to": "HK",
    "scenario": "cross-border-payroll",
    "data_items": [
        {"name": "bank account", "class": "general", "personal": True, "sensitive": True}
    ],
    "files": [{"name": "payroll.csv", "size": 4, "digests": {"sha-256": "9f86d081884c7d659a2f"
               "eaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}],
}  # fmt: skip

# An entry of 65,535 bytes has room for no more fingerprints than this.
MAX_FILES = 656
_SHA_256 = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "A SHA-256 digest"}
_FINGERPRINT = {
    "type": "object",
    "required": ["size", "digests"],
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "integer", "minimum": 0},
        "digests": {
            "type": "object",
            "required": ["sha-256"],
            "properties": {"sha-256": _SHA_256, "sm3": {"type": "string"}},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_KINDS = ("Attestation", "Manifest", "Plan", "Receipt", "StatusChange", "Transfer")
_STATEMENT = {"oneOf": [{"$ref": f"{_REF}{kind}"} for kind in _KINDS]}

# A key may be given and need not be.
OPEN_TO_ALL: dict[str, Any] = {"security": [{}, {"apiKey": []}]}
RECORD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A statement in any JSON formatting",
        "content": {JSON: {"schema": _STATEMENT, "example": dict(EXAMPLE)}},
    }
}
BATCH_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Statements, one a line (NDJSON): at most 100,000 lines",
        "content": {NDJSON: {"schema": {"type": "string"}, "example": json.dumps(EXAMPLE) + "\n"}},
    }
}
STATUS_LIST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The list as its issuer signed it: a compact JWS",
        "content": {STATUS_LIST: {"schema": {"type": "string"}}},
    }
}
VERIFICATION_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A bundle and digests; or a certificate, a PDF with its bundle inside",
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["bundle"],
                    "additionalProperties": False,
                    "properties": {
                        "bundle": {
                            "description": "The bundle as it is. Anything else is taken too, and "
                            "the report says that it is none",
                            "oneOf": [{"$ref": f"{_REF}Bundle"}, {}],
                        },
                        "files": {
                            "description": "Digests of the files, never the files",
                            "type": "array",
                            "maxItems": MAX_FILES,
                            "items": {"oneOf": [_SHA_256, _FINGERPRINT]},
                        },
                        "without_files": {
                            "description": "Waive the check of files that are not given",
                            "type": "boolean",
                            "default": False,
                        },
                    },
                }
            },
            PDF: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}

_PROBLEMS = {
    400: "The request is malformed; `line` names a batch's line",
    401: "Nobody known asks: no API key, token or session, or one that is not taken",
    403: "Whoever asks has not the scope",
    404: "Nothing of this name is here for the caller",
    408: "The body came too slowly",
    409: "The record id is in use with other content, or by someone else",
    413: "The body is too large",
    415: "The body is of another type",
    429: "Too many requests of this caller; without a key: of this address",
    503: "Not now: busy, read-only, or something needed does not answer; see `code`",
}

_DESCRIPTION = """\
A ledger for cross-border data transfers. Files never come here: statements with their hashes do.

A record goes through four states, each durable, none taken back (but for an anchor on a chain
that was reorganised, or a sandbox that is gone):

| state | means | when |
|---|---|---|
| `logged` | durable, with its index | the answer to a POST |
| `published` | covered by a signed checkpoint | within a fraction of a second |
| `anchored` | that checkpoint is in a block of the chain | within a minute or so |
| `final` | the chain will not take the block back | by the chain's finality policy |

Submitting is idempotent: a record is logged once under its `record_id`, and a repeat is answered
with the first one's place. So after any error whose outcome is unclear, send the same again.

Every error is a problem (RFC 9457) with a stable `code`.
"""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the problems that an endpoint answers with."""
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}},
        }
        for status in statuses
    }


def content(media_type: str, schema: Mapping[str, Any] | str, description: str) -> dict[str, Any]:
    """Document an answer that no model writes."""
    described = {"$ref": f"{_REF}{schema}"} if isinstance(schema, str) else dict(schema)
    return {"description": description, "content": {media_type: {"schema": described}}}


def document(app: FastAPI) -> dict[str, Any]:
    """Write the application's OpenAPI document."""
    written = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=_DESCRIPTION,
        routes=app.routes,
    )
    schemas: dict[str, Any] = written["components"]["schemas"]
    # FastAPI tells of its own shape for wrong parameters; here they are problems like all others.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in written["paths"].values():
        for operation in path.values():
            operation["responses"].pop(str(HTTPStatus.UNPROCESSABLE_ENTITY.value), None)
            operation["responses"]["default"] = {
                "description": "Any other error",
                "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}},
            }
    add_examples(written["paths"])
    schemas["Problem"] = Problem.model_json_schema()
    for name, file in _SCHEMAS.items():
        schemas[name] = _embedded(name, file)
    return written


def _embedded(name: str, file: str) -> dict[str, Any]:
    """Load a published schema, its own references made to point into this document."""
    text = files("ledger").joinpath("schemas", f"{file}.v1.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text.replace('"#/$defs/', f'"{_REF}{name}/$defs/'))
    for member in ("$id", "$schema"):
        schema.pop(member, None)
    return schema
