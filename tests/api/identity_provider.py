"""A small OpenID Connect provider on this machine: discovery, keys, an authorization code flow."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

AUDIENCE = "crossproof-tests"
CLIENT = "crossproof-pages"


@dataclass
class IdentityProvider:
    """A provider; `down` makes it answer 500, `asked` lists what it was asked for."""

    url: str
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first"}))
    published: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False
    jwks_uri: str | None = None
    asked: list[str] = field(default_factory=list)
    # By code: what the authorization request said.
    begun: dict[str, dict[str, str]] = field(default_factory=dict)
    login: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.publish(self.key)

    def publish(self, *keys: ECKey | RSAKey) -> None:
        self.published = [{**key.as_dict(private=False), "use": "sig"} for key in keys]

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on, and publish it alone."""
        self.key = ECKey.generate_key("P-256", {"kid": kid})
        self.publish(self.key)

    def claims(self, **claims: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.url, "aud": AUDIENCE, "sub": "user-1", "iat": now, "exp": now + 300,
            "organisation": "shenzhen", "scope": "openid submit read", **claims,
        }  # fmt: skip

    def token(self, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        kid = self.key.kid
        full = {"alg": "ES256", "kid": kid, "typ": "JWT", **(header or {})}
        return jwt.encode(full, self.claims(**claims), self.key)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "jwks_uri": self.jwks_uri or f"{self.url}/keys",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
        }

    def authorize(self, address: str, *, code: str = "code-1") -> str:
        """Do what a user does on the provider's page; give the callback's path and query."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        self.begun[code] = query
        answer = {"code": code, "state": query["state"], "iss": self.url}
        return f"{urlsplit(query['redirect_uri']).path}?{urlencode(answer)}"

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        begun = self.begun.pop(form.get("code", ""), None)
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            begun is None
            or begun["code_challenge"] != challenge
            or begun["redirect_uri"] != form.get("redirect_uri")
            or form.get("client_id") != CLIENT
        ):
            return 400, {"error": "invalid_grant"}
        claims = {"aud": CLIENT, "nonce": begun["nonce"], **self.login}
        return 200, {"token_type": "Bearer", "id_token": self.token(**claims)}


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Run a provider on a free port until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}")
    server.provider = provider  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider = self._provider
        if self.path == "/.well-known/openid-configuration":
            self._answer(200, provider.discovery())
        elif self.path == "/keys":
            self._answer(200, {"keys": provider.published})
        elif self.path == "/huge":
            self._answer(200, {"keys": [], "more": "x" * 1_000_000})
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/keys")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        self._answer(*self._provider.exchange(form))

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    @property
    def _provider(self) -> IdentityProvider:
        return self.server.provider  # type: ignore[attr-defined,no-any-return]

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        self._provider.asked.append(self.path)
        body = json.dumps(value).encode()
        self.send_response(500 if self._provider.down else status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
