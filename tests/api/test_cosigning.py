"""A co-operator over HTTP: C2SP tlog-witness's answers, each for its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.cosigning import SIZE_TYPE, create_app
from ledger.cosigner import MAX_REQUEST_SIZE
from ledger.note import Signer, parse_note
from tests.ledger.test_cosigner import FORKED, OPERATOR, cosigner, request


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(cosigner(tmp_path))) as made:
        yield made


def test_add_checkpoint_gives_a_line_that_the_note_can_carry(client: TestClient) -> None:
    wanted = request(0, 5)
    answer = client.post("/add-checkpoint", content=wanted.to_bytes())
    assert answer.status_code == 200
    (*_, line) = parse_note(wanted.note + answer.text).signatures
    text = parse_note(wanted.note).text.encode()
    assert OPERATOR.verifier.verify(text, line.value)


def test_add_checkpoint_answers_each_refusal_by_its_status(client: TestClient) -> None:
    def status(body: bytes) -> int:
        return client.post("/add-checkpoint", content=body).status_code

    assert status(request(0, 5).to_bytes()) == 200
    assert status(b"old x") == 400
    assert status(request(5, 6, signer=Signer.generate("example.com/log")).to_bytes()) == 403
    stranger = Signer.generate("example.org/log")
    assert status(request(0, 1, signer=stranger, origin=stranger.name).to_bytes()) == 404
    assert status(request(5, 6, FORKED).to_bytes()) == 422
    assert status(b"x" * (MAX_REQUEST_SIZE + 1)) == 413
    other = client.post("/add-checkpoint", content=request(3, 6).to_bytes())
    assert (other.status_code, other.text) == (409, "5\n")
    assert other.headers["content-type"].startswith(SIZE_TYPE)


def test_nothing_else_is_open(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok\n"
    for path in ("/", "/docs", "/add-checkpoint/", "/openapi.json"):
        assert client.get(path, follow_redirects=False).status_code in {404, 405, 307}
    assert client.get("/add-checkpoint").status_code == 405
