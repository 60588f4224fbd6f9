"""Stop orders at the desk: what a regulator fills in, and what is made of it.

    choose   action and reason                  →  what would be said, and the ways to sign it
    held     … and a key that this server holds →  signed and logged
    prepare  … and a public key                 →  the bytes to sign with it
    complete the bytes and their signature      →  logged

The same three ways as over the API (`api.issuing`), in forms: what this server cannot sign is
signed where the key is, and comes back.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

from api.auth import Identities, Principal, Scope
from api.auth.refusal import forbidden, unauthorized
from api.auth.sessions import Session, Sessions
from api.body import check_media_type
from api.problems import RequestError
from ledger.kinds.members import MAX_TEXT
from ledger.status import Action

__all__ = ["ACTIONS", "FORM", "Order", "complete_body", "find_session", "read_form"]

FORM = "application/x-www-form-urlencoded"
# A reason of the longest kind, every byte of it written as three.
MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 12
ACTIONS = (Action.STOP, Action.REINSTATE)
_OPTIONS = {Action.STOP: "--stop", Action.REINSTATE: "--reinstate"}
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Order:
    """What a regulator means to say of a record."""

    record_id: str
    action: Action
    reason: str

    @classmethod
    def read(cls, record_id: str, form: dict[str, str]) -> Order:
        """Read a form; raise RequestError (400)."""
        action = next((one for one in ACTIONS if one.value == form.get("action")), None)
        if action is None:
            raise _refused("action", "stop or reinstate", form.get("action", "none"))
        reason = form.get("reason", "").strip().replace("\r\n", "\n")
        if not reason or len(reason) > MAX_TEXT:
            expected = f"a text of at most {MAX_TEXT} characters"
            raise _refused("reason", expected, f"{len(reason)} characters")
        return cls(record_id, action, reason)

    def command(self, issuer: str, server: str) -> str:
        """Write the command that says it with a key file of one's own."""
        words = [
            "crossproof", "revoke", self.record_id, _OPTIONS[self.action], "--reason", self.reason,
            "--key", "regulator.pem", "--issuer", issuer, "--server", server,
        ]  # fmt: skip
        return shlex.join(words)

    def held_body(self, key: str) -> bytes:
        """Ask for a held key's signature, as the API's body has it."""
        return self._body(key=key)

    def prepare_body(self, jwk: str, issuer: str) -> bytes:
        """Ask for the bytes to sign with the key of a JWK; raise RequestError (400)."""
        try:
            value = json.loads(jwk)
        except (ValueError, RecursionError):
            raise _refused("jwk", "a public key as a JWK", jwk[:_SHOWN]) from None
        return self._body(jwk=value, iss=issuer)

    def _body(self, **more: Any) -> bytes:
        return json.dumps({"action": self.action.value, "reason": self.reason, **more}).encode()


def complete_body(form: dict[str, str]) -> bytes:
    """Bring a signature back: alone, or as the whole JWS; raise RequestError (400)."""
    try:
        prepared = json.loads(form.get("prepared", ""))
    except (ValueError, RecursionError):
        raise _refused("prepared", "what this page had given out", "something else") from None
    signature = "".join(form.get("signature", "").split()).rpartition(".")[2]
    return json.dumps({"prepared": prepared, "signature": signature}).encode()


async def read_form(
    request: Request, scopes: Collection[Scope] = (Scope.REGULATE,)
) -> tuple[Principal, dict[str, str]]:
    """Read a form, sent from its own page in a session that has one of the scopes.

    Raises RequestError: 401, 403, 413, 415, 503.
    """
    session = await find_session(request)
    if session is None:
        raise unauthorized("auth.required", "Forms are sent here by whoever is logged in.")
    principal = session.principal
    request.state.visitor = principal
    if principal.scopes.isdisjoint(scopes):
        raise forbidden(principal, scopes)
    check_media_type(request, FORM)
    async with request.app.state.intake.read(request, limit=MAX_FORM_BYTES) as body:
        form = dict(parse_qsl(bytes(body).decode(errors="replace"), max_num_fields=MAX_FIELDS))
    sessions: Sessions = request.app.state.sessions
    sessions.check_request(request, session.csrf, form.get("csrf"))
    # What cannot be written down is not done.
    request.app.state.trail.check()
    return principal, form


async def find_session(request: Request) -> Session | None:
    """Find the session that a request belongs to."""
    sessions: Sessions = request.app.state.sessions
    identities: Identities = request.app.state.identities
    return await sessions.find(request, identities.find_key)


def _refused(name: str, expected: str, found: str) -> RequestError:
    return RequestError(
        "request.parameter",
        f"form field {name}: not one that can be used",
        status=HTTPStatus.BAD_REQUEST,
        expected=expected,
        found=f"{name}={found[:_SHOWN]}",
    )
