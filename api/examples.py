"""Examples of requests: for the OpenAPI document, for the page at /docs, and sent by a test.

They follow one record, `EXAMPLE` of `api.openapi`: whoever logs it on a ledger of his own can send
all others as they stand, but for the id of a webhook.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

__all__ = ["WEBHOOK_ID", "add_examples", "curl", "request_of"]

_RECORD = {"record_id": "0193502a-5c00-7d2e-9b61-3f0c8a7e4d15"}
_PAGE = {"limit": 10}
# P-256's base point (FIPS 186-5): a key that is one, and nobody's.
_JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
    "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
}
_BACKUP = {
    "stage": "backup",
    "claims": {
        "iss": "uscc:91440300MA5CUSTOD1",
        "jurisdiction": "CN",
        "credentialSubject": {
            "custodian": {"id": "uscc:91440300MA5CUSTOD1"},
            "deposit": {
                "root": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
                "count": 1,
                "size": 4,
            },
            "deposited_at": "2026-11-21T08:00:00Z",
            "place": {"jurisdiction": "CN", "place": "Guangdong"},
        },
    },
    "jwk": _JWK,
}
_STOP = {
    "action": "stop",
    "reason": "no contract was filed",
    "iss": "cac.example",
    "jwk": _JWK,
}
# A list of the key above, whose private half is 1, for the ledger that `curl` asks, until 2100:
# the place 3 of it says revoked.
_LIST = (
    "eyJhbGciOiJFUzI1NiIsImp3ayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImF4ZlI4dUVzUWtmNHZP"
    "YmxZNlJBOG5jRGZZRXQ2ek9nOUtFNVJkaVl3cFkiLCJ5IjoiVC1OQzR2NGFmNXVPNS10S2ZBLWVGaXZPTTFkck1W"
    "N095N1pBYURlX1VmVSJ9LCJraWQiOiJ4eDBCY0Etd01vaHc4YXRZREpPZTZwZUdNb2RrbEcyd1JIQmxYSE12bDBN"
    "IiwidHlwIjoic3RhdHVzbGlzdCtqd3QifQ.eyJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTc2NzIyNTYwMCwic3Rhd"
    "HVzX2xpc3QiOnsiYml0cyI6MiwibHN0IjoiZU5ydHdZRUFBQUFBdzZDanpaX3FJbFVEQUFBQUFBQUFBQUFBQUFBQ"
    "UFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBNkI0QUJCIn0sInN1YiI6Imh0dHA6Ly8xMjcuMC4wLjE6ODA4MC92M"
    "S9zdGF0dXMtbGlzdHMvZXhhbXBsZSIsInR0bCI6MzAwfQ.0PK-"
    "2OGW4jdZqk_u_eVWkjRPlChqv8NV2GT9eTOfXMiOi4UoHjESOOYIFEI3VDm82yX6vydU-kqXoE-JDpOwDA"
)
_LISTED = {"list_id": "example"}
# Ids of webhooks are the ledger's to give: put your own in its place.
WEBHOOK_ID = "wh_AAAAAAAAAAAAAAAAAAAAAA"
_WEBHOOK = {"webhook_id": WEBHOOK_ID}
# By method and path: values of parameters.
_PARAMETERS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("get", "/tile/{path}"): {"path": "0/000.p/1"},
    ("get", "/tile/entries/{path}"): {"path": "000.p/1"},
    ("get", "/v1/anchors"): _PAGE,
    ("get", "/v1/dossiers"): {"scenario": "credit-report", **_PAGE},
    ("get", "/v1/dossiers/counts"): {"by": "jurisdiction"},
    ("get", "/v1/records"): {"kind": "transfer", "since": "2026-01-01T00:00:00Z", **_PAGE},
    ("get", "/v1/records/{record_id}"): _RECORD,
    ("get", "/v1/records/{record_id}/attestations"): _RECORD,
    ("post", "/v1/records/{record_id}/attestations"): _RECORD,
    ("get", "/v1/records/{record_id}/bundle"): _RECORD,
    ("get", "/v1/records/{record_id}/certificate.pdf"): _RECORD,
    ("get", "/v1/records/{record_id}/dossier"): _RECORD,
    ("post", "/v1/records/{record_id}/statuses"): _RECORD,
    ("get", "/v1/status-lists/{list_id}"): _LISTED,
    ("put", "/v1/status-lists/{list_id}"): _LISTED,
    ("get", "/v1/trail"): _PAGE,
    ("delete", "/v1/webhooks/{webhook_id}"): _WEBHOOK,
    ("get", "/v1/webhooks/{webhook_id}"): _WEBHOOK,
    ("post", "/v1/webhooks/{webhook_id}/test"): _WEBHOOK,
}
_BODIES: Mapping[tuple[str, str], Any] = {
    ("post", "/v1/records/{record_id}/attestations"): _BACKUP,
    ("post", "/v1/records/{record_id}/statuses"): _STOP,
    ("post", "/v1/verifications"): {"bundle": {}, "without_files": True},
    ("put", "/v1/status-lists/{list_id}"): _LIST,
}
_METHODS = ("get", "put", "post", "delete", "patch")


def add_examples(paths: Mapping[str, Any]) -> None:
    """Put them into an OpenAPI document's paths."""
    for path, item in paths.items():
        for method in _METHODS:
            if method not in item:
                continue
            values = _PARAMETERS.get((method, path), {})
            for parameter in item[method].get("parameters", ()):
                if parameter["name"] in values:
                    parameter["example"] = values[parameter["name"]]
            body = _BODIES.get((method, path))
            if body is not None:
                described = next(iter(item[method]["requestBody"]["content"].values()))
                described["example"] = body


def request_of(path: str, operation: Mapping[str, Any]) -> tuple[str, str | None, Any]:
    """Give an operation's example: target, media type and body, the last two None without one."""
    query: dict[str, str] = {}
    for parameter in operation.get("parameters", ()):
        if "example" not in parameter:
            continue
        name, value = parameter["name"], str(parameter["example"])
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", quote(value))
        else:
            query[name] = value
    target = f"{path}?{urlencode(query)}" if query else path
    for media_type, described in operation.get("requestBody", {}).get("content", {}).items():
        if "example" in described:
            return target, media_type, described["example"]
    return target, None, None


def curl(method: str, target: str, media_type: str | None, *, keyed: bool) -> str:
    """Write a request as a line for a shell; its body comes from the file body.json."""
    words = ["curl", "-sS"]
    if method not in {"get", "post"} or (method == "post" and media_type is None):
        words += ["-X", method.upper()]
    lines = [f"{shlex.join(words)} {shlex.quote(f'http://127.0.0.1:8080{target}')}"]
    if keyed:
        lines.append('-H "Authorization: Bearer $CROSSPROOF_API_KEY"')
    if media_type is not None:
        lines += [f"-H 'Content-Type: {media_type}'", "--data-binary @body.json"]
    return " \\\n  ".join(lines)
