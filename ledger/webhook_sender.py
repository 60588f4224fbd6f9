"""Sending webhooks: an event and an address in, delivered or not out.

An answer of 2xx has taken the event. 408, 429, 5xx and silence are asked again, later each time;
any other answer will not change by asking. Nobody is followed elsewhere, and of an answer nothing
but its status is read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2

from ledger.errors import ConfigurationError, UnavailableError
from ledger.silence import why_silent
from ledger.webhook import Event, Secret

__all__ = ["ATTEMPTS", "send"]

ATTEMPTS = 5

_TIMEOUT = 10.0
_FIRST_PAUSE = 1.0
_FACTOR = 4.0
_AGAIN = frozenset({408, 429})
_SERVER_ERRORS = range(500, 600)


def send(
    url: str,
    event: Event,
    secret: Secret,
    *,
    attempts: int = ATTEMPTS,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Send an event until it is taken; raise UnavailableError where nobody takes it."""
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL:
        address = httpx2.URL("")
    if address.scheme not in {"http", "https"} or not address.host:
        raise ConfigurationError("webhook.url", "webhook address", expected="https://HOST/…")
    found = ""
    with httpx2.Client(timeout=_TIMEOUT, follow_redirects=False) as client:
        for attempt in range(attempts):
            if attempt:
                pause(_FIRST_PAUSE * _FACTOR ** (attempt - 1))
            headers = {
                "Content-Type": "application/json",
                **secret.headers(event, datetime.now(UTC)),
            }
            try:
                with client.stream("POST", address, content=event.body, headers=headers) as answer:
                    status = answer.status_code
            except httpx2.HTTPError as error:
                found = why_silent(error)
                continue
            if httpx2.codes.is_success(status):
                return
            found = f"HTTP status {status}"
            if status not in _AGAIN and status not in _SERVER_ERRORS:
                break
    raise UnavailableError(
        "webhook.undelivered",
        "the webhook's receiver did not take the event",
        expected="an answer of 2xx",
        found=found,
        hint="What happened is told here all the same.",
    )
