"""Asking co-operators for the signatures that the contract wants beside the operator's own.

Each is a service of its own (see `cosigner`), at an address of the operator's choosing, and speaks
C2SP tlog-witness. What it answers is only looked for the signatures that are wanted: a line by
nobody in particular changes nothing. One that does not answer is asked again at the next step; one
that says that the history is another one is an alarm, and ends anchoring until a person has looked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2

from ledger.cosigner import Request
from ledger.errors import ConflictError, MalformedError, UnavailableError
from ledger.head import Head
from ledger.log import Log
from ledger.note import Signature, parse_note
from ledger.silence import why_silent

__all__ = ["CoOperators"]

_logger = logging.getLogger(__name__)

_TIMEOUT = 10.0
# 64 lines of the largest signatures that a note may have.
_MAX_ANSWER = 1 << 16
_MAX_DIGITS = 19
_SHOWN = 200


class CoOperators:
    """The co-operators of a log, by their addresses; remembers which head each signed last."""

    def __init__(self, urls: Sequence[str], *, timeout: float = _TIMEOUT) -> None:
        self._sizes = dict.fromkeys(urls, 0)
        self._timeout = timeout

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._sizes)

    def ask(self, published: Head, log: Log) -> Iterator[Signature]:
        """Ask one after the other for lines to a published head.

        Who does not answer is passed over. Raises ConflictError where one says that this head is
        of another history than the one that it has signed.
        """
        for url in self._sizes:
            try:
                yield from self._lines(url, published, log)
            except UnavailableError as error:
                _logger.warning("no signature: %s (%s)", error, error.code)

    def _lines(self, url: str, published: Head, log: Log) -> tuple[Signature, ...]:
        status, answer = self._post(url, published, log)
        if status == HTTPStatus.CONFLICT:
            # It has signed more than is remembered here, or less.
            self._sizes[url] = _size(answer, _place(url))
            status, answer = self._post(url, published, log)
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise ConflictError(
                "publisher.other-history",
                f"the co-operator at {_place(url)} has signed another history",
                expected=f"a head that contains its last one, of size {self._sizes[url]}",
                found=answer[:_SHOWN],
                hint="Compare the log with what the co-operator has kept, before anything else.",
            )
        if status != HTTPStatus.OK:
            raise _unavailable(url, f"status {status}: {answer[:_SHOWN]}")
        try:
            own = len(parse_note(published.note).signatures)
            lines = parse_note(published.note + answer).signatures[own:]
        except MalformedError as error:
            raise _unavailable(url, "no signature lines") from error
        self._sizes[url] = published.size
        return lines

    def _post(self, url: str, published: Head, log: Log) -> tuple[int, str]:
        old = self._sizes[url]
        if old > published.size:
            raise _unavailable(url, f"it has signed size {old} already")
        proof = log.tree(published.size).consistency_proof(old) if 0 < old < published.size else ()
        body = Request(old, tuple(proof), published.note).to_bytes()
        answer = bytearray()
        try:
            with (
                httpx2.Client(
                    timeout=self._timeout, follow_redirects=False, trust_env=False
                ) as client,
                client.stream(
                    "POST", f"{url.rstrip('/')}/add-checkpoint", content=body
                ) as response,
            ):
                for piece in response.iter_raw():
                    answer += piece
                    if len(answer) > _MAX_ANSWER:
                        raise _unavailable(url, "an answer that does not end")
                return response.status_code, answer.decode(errors="replace")
        except httpx2.HTTPError as error:
            raise _unavailable(url, why_silent(error)) from error


def _size(answer: str, place: str) -> int:
    text = answer.strip()
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS:
        raise UnavailableError(
            "publisher.co-operator",
            f"the co-operator at {place} tells no size",
            found=text[:_SHOWN],
        )
    return int(text)


def _unavailable(url: str, found: str) -> UnavailableError:
    return UnavailableError(
        "publisher.co-operator", f"the co-operator at {_place(url)} did not sign", found=found
    )


def _place(url: str) -> str:
    """Name a service without what may be a secret in its address."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2]
