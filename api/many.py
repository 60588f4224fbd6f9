"""Many bundles at once: record ids in, lines out, a page of them from one snapshot of the log.

A line is a bundle, or the problem (RFC 9457, with the `record_id`) why there is none here for the
caller; lines come in the order of the ids. No transaction is open while a line is on its way: a
slow reader holds nothing up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from api.access import find, show
from api.auth import Principal
from ledger.canonical import parse
from ledger.errors import LedgerError, NotFoundError, UnavailableError
from ledger.members import Members, read_text
from ledger.node import Node
from ledger.statement import parse_record_id, record_id_text

__all__ = ["MANY_BODY", "MAX_BODY_BYTES", "MAX_MANY", "bundle_lines", "read_record_ids"]

MAX_MANY = 1_000
# Room for any formatting of that many ids.
MAX_BODY_BYTES = 64 * MAX_MANY
# Of the largest entries 16 MiB are in memory, and their bundles.
_PAGE = 256
# What a single request would answer with; whatever else goes wrong is no line's affair.
_NONE_HERE = {
    "record.unknown": HTTPStatus.NOT_FOUND,
    "record.unpublished": HTTPStatus.ACCEPTED,
}

MANY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The records' ids, up to {MAX_MANY:,}",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["record_ids"],
                    "additionalProperties": False,
                    "properties": {
                        "record_ids": {
                            "type": "array",
                            "maxItems": MAX_MANY,
                            "items": {"type": "string", "format": "uuid"},
                        }
                    },
                },
                "example": {"record_ids": ["0193502a-5c00-7d2e-9b61-3f0c8a7e4d15"]},
            }
        },
    }
}


def read_record_ids(body: bytes) -> list[bytes]:
    """Read which records are asked for; raise MalformedError."""
    members = Members(parse(body), "body")
    texts = members.array("record_ids", read_text, longest=MAX_MANY)
    members.end()
    return [parse_record_id(text) for text in texts]


def bundle_lines(node: Node, record_ids: Sequence[bytes], principal: Principal) -> Iterator[bytes]:
    """Make the lines, a page of them at once."""
    for start in range(0, len(record_ids), _PAGE):
        yield _page(node, record_ids[start : start + _PAGE], principal)


def _page(node: Node, record_ids: Sequence[bytes], principal: Principal) -> bytes:
    lines: list[bytes] = []
    with node.snapshot(record_ids) as log:
        for record_id in record_ids:
            try:
                find(log, record_id, principal)
                made = show(log, node.bundle_from(log, record_id), principal)
            except (NotFoundError, UnavailableError) as error:
                if error.code not in _NONE_HERE:
                    raise
                lines.append(_problem(record_id, error))
            else:
                lines.append(made.to_line())
    lines.append(b"")
    return b"\n".join(lines)


def _problem(record_id: bytes, error: LedgerError) -> bytes:
    status = _NONE_HERE[error.code]
    members = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "code": error.code,
        "detail": error.message,
        "hint": error.hint,
        "record_id": record_id_text(record_id),
    }
    return json.dumps(members).encode()
