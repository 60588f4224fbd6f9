"""Other people's verifier of SD-JWT VCs (npm @sd-jwt/sd-jwt-vc), one process for many questions."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.jwk import PublicKey

__all__ = ["PeerVerifier", "start_peer_verifier"]

_ROOT = Path(__file__).resolve().parent.parent
_SCRIPT = _ROOT / "tests" / "peers" / "verify-sd-jwt.mjs"


class PeerVerifier:
    """A running verifier."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def verify(
        self, sd_jwt: str, key: PublicKey, *, now: int, lists: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Give the payload that is shown; raise ValueError with the verifier's reason."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {"sd_jwt": sd_jwt, "jwk": key.to_jwk(), "now": now, "lists": dict(lists or {})}
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        payload: dict[str, Any] = answer["payload"]
        return payload


@contextmanager
def start_peer_verifier() -> Iterator[PeerVerifier]:
    """Start the verifier with the Node of this environment."""
    node = _ROOT / ".venv" / "bin" / "node"
    with subprocess.Popen(
        [node, _SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_SCRIPT.parent,
    ) as process:
        yield PeerVerifier(process)
