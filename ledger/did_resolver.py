"""Fetching did:web documents: addresses of the trust file's names, and no others.

HTTPS, no redirect (another address would be another's choice), a document of bounded size in
bounded time. Used by `crossproof trust refresh` alone; a verifier never comes here.
"""

from __future__ import annotations

import time

import httpx2

from ledger.did_web import MAX_DOCUMENT, DidWeb, document_url, read_document
from ledger.errors import UnavailableError
from ledger.silence import why_silent

__all__ = ["fetch"]

_TIMEOUT = 10.0
# From the first byte asked to the last one read, however slowly they come.
_ALL_SECONDS = 30.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def fetch(web: DidWeb, *, now: int, allow_loopback: bool = False) -> DidWeb:
    """Fetch the keys of a did:web; raise UnavailableError, MalformedError.

    With `allow_loopback` this machine itself is asked by plain HTTP: for trying things out.
    """
    url = httpx2.URL(document_url(web.did))
    if allow_loopback and url.host in _LOOPBACK:
        url = url.copy_with(scheme="http")
    return DidWeb(web.did, now, read_document(_get(url), web.did))


def _get(url: httpx2.URL) -> bytes:
    end = time.monotonic() + _ALL_SECONDS
    body = bytearray()
    # What is compressed could be any size: nothing here is unpacked.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    try:
        with (
            httpx2.Client(headers=headers, timeout=_TIMEOUT, follow_redirects=False) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx2.codes.OK:
                raise _unavailable(url, "200", f"HTTP status {response.status_code}")
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MAX_DOCUMENT:
                    raise _unavailable(url, f"at most {MAX_DOCUMENT} bytes", "more")
                if time.monotonic() > end:
                    raise _unavailable(url, f"an answer in {_ALL_SECONDS:.0f} seconds", "a part")
    except httpx2.HTTPError as error:
        raise _unavailable(url, "an answer", why_silent(error)) from error
    return bytes(body)


def _unavailable(url: httpx2.URL, expected: str, found: str) -> UnavailableError:
    return UnavailableError(
        "did.unavailable",
        f"the document could not be fetched: {url}",
        expected=expected,
        found=found,
        hint="What the trust file had of it stays as it was.",
    )
