"""/docs shows every endpoint, and what it shows as an example is sent to a running ledger."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from api.examples import WEBHOOK_ID, request_of
from api.reference_page import operations, paragraphs, translations
from tests.api.service import Service
from tests.crossproof import Served, serving
from tests.deadline import eventually

_ORDER = ("put", "post", "get", "delete")
_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    # The address that the examples are written for: a status list is signed for where it lies.
    settings = {"ANCHOR_INTERVAL": "0.05", "PUBLIC_URL": "http://127.0.0.1:8080"}
    with serving(tmp_path_factory.mktemp("ledger"), **settings) as running:
        yield running


def send(
    served: Served, method: str, target: str, media_type: str | None, body: Any
) -> tuple[int, bytes]:
    data = None
    if media_type is not None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    elif method == "POST":
        data = b""
    headers = {} if media_type is None else {"Content-Type": media_type}
    request = Request(served.url + target, data, headers, method=method)  # noqa: S310 - ourselves
    try:
        with urlopen(request, timeout=60) as response:  # noqa: S310 - likewise
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def test_every_example_is_answered_as_documented(served: Served) -> None:
    document = json.loads(served.get("/openapi.json"))
    recording = document["paths"]["/v1/records"]["post"]
    status, answer = send(served, "POST", *request_of("/v1/records", recording))
    assert status == 201, answer
    eventually(
        lambda: send(served, "GET", "/checkpoint", None, None)[0] == 200, "the head is published"
    )
    sent, webhook_id = 0, WEBHOOK_ID
    for path, item in document["paths"].items():
        # What is fetched is there by then, and removed after all else.
        for method, operation in sorted(item.items(), key=lambda named: _ORDER.index(named[0])):
            target, media_type, body = request_of(path, operation)
            assert "{" not in target, f"{method} {path} has no example"
            assert media_type or "requestBody" not in operation, f"{method} {path} has no body"
            target = target.replace(WEBHOOK_ID, webhook_id)
            status, answer = send(served, method.upper(), target, media_type, body)
            assert 200 <= status < 300, (method, target, status, answer)
            assert str(status) in operation["responses"], (method, target, status)
            sent += 1
            if (method, path) == ("post", "/v1/webhooks"):
                webhook_id = json.loads(answer)["id"]
    assert sent > len(document["paths"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_shows_every_endpoint(service: Service, language: str) -> None:
    document = service.get("/openapi.json").json()
    page = service.get(f"/docs?lang={language}")
    assert page.status_code == 200
    shown = list(operations(document, language))
    assert len(shown) == sum(len(item) for item in document["paths"].values())
    text = html.unescape(page.text)
    for one in shown:
        assert f'id="{one.anchor}"' in text
        assert one.summary in text
        assert one.method in _METHODS
    assert not any("{" in one.command for one in shown)
    assert ("需要 API 密钥" in page.text) == (language == "zh")


def test_page_is_whole_in_chinese_and_nothing_is_left_over(service: Service) -> None:
    """Each text that the page takes from the document has one in Chinese, with the same code."""
    document = service.get("/openapi.json").json()
    taken = set()
    for item in document["paths"].values():
        for described in item.values():
            taken |= {described["summary"], described["tags"][0]}
            taken |= set(paragraphs(described.get("description", "")))
            taken |= {one.get("description", "") for one in described.get("parameters", ())} - {""}
            taken |= {
                answer["description"]
                for status, answer in described["responses"].items()
                if status != "default"
            }
    known = translations("zh")
    assert taken == known.keys()
    for english, chinese in known.items():
        assert re.search(r"[\u4e00-\u9fff]|^Webhook$", chinese), english
        code = [set(re.findall(r"`([^`]+)`", text)) for text in (english, chinese)]
        assert code[0] == code[1], english
    page = service.get("/docs?lang=zh").text
    prose = re.sub(r"<(pre|code|header|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    prose = html.unescape(re.sub(r"<[^>]+>", "", prose))
    assert re.findall(r"\b[a-z]{2,} [a-z]{2,}\b", prose) == []


def test_page_needs_nothing_of_anybody_else(service: Service) -> None:
    page = service.get("/docs")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert [address for address in loaded if re.match(r"(?:[a-z]+:)?//", address)] == []
    assert re.search(r"<(?:style|script)>|\son[a-z]+=", page.text) is None
    for address in loaded:
        if address.startswith("/static/"):
            assert service.get(address).status_code == 200


def test_words_of_the_document_do_not_become_markup() -> None:
    """A description is escaped before its code is marked."""
    described = {
        "operationId": "a", "tags": ["t"], "summary": "s", "description": "<b>`<i>`\n\nx",
        "responses": {"200": {"description": "<u>"}},
    }  # fmt: skip
    (one,) = operations({"paths": {"/x": {"get": described}}}, "en")
    assert [str(p) for p in one.paragraphs] == ["&lt;b&gt;<code>&lt;i&gt;</code>", "x"]
    assert str(one.answers[0][1]) == "&lt;u&gt;"


def test_command_of_the_page_names_what_to_send(repository: Path) -> None:
    document = json.loads((repository / "tests/api/openapi.json").read_text("utf-8"))
    by_anchor = {f"{one.method} {one.path}": one for one in operations(document, "en")}
    assert by_anchor["GET /healthz"].command == "curl -sS http://127.0.0.1:8080/healthz"
    recording = by_anchor["POST /v1/records"]
    assert recording.command == (
        "curl -sS http://127.0.0.1:8080/v1/records \\\n"
        '  -H "Authorization: Bearer $CROSSPROOF_API_KEY" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        "  --data-binary @body.json"
    )
    assert recording.body is not None
    assert json.loads(recording.body)["kind"] == "transfer"
