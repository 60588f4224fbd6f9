"""The desk's pages over HTTP: who sees them, who may order, and what other sites' forms can do."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.auth.sessions import CSRF_HEADER
from api.routes.desk import POLICY
from api.words import LANGUAGES, words
from ledger import base64url
from ledger.dossier import Flag
from ledger.jwk import PrivateKey
from ledger.organisation import Organisation, Role
from ledger.report import catalogue
from ledger.signing_key import make_signing_key
from ledger.trust import Trust
from tests.api.roles import log_in
from tests.api.service import Service, transfer

_WORD = "correct horse"
OWN = PrivateKey.generate()
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def service(
    make_service: Callable[..., Iterator[Service]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("signing")
    held = make_signing_key(folder / "desk.pem", passphrase=_WORD, organisation="regulator")
    make_signing_key(folder / "other.pem", passphrase=_WORD, organisation="stranger")
    known = Organisation(
        "regulator", frozenset({Role.REGULATOR}), (held.key.public, OWN.public), frozenset({"HK"})
    )
    trust = tmp_path_factory.mktemp("trust") / "trust.json"
    trust.write_text(replace(Trust(), organisations=(known,)).to_json(), "utf-8")
    yield from make_service(signing_keys_dir=folder, key_passphrase=_WORD, trust_file=trust)


class Officer:
    """A regulator's browser."""

    def __init__(self, service: Service, who: str = "regulator") -> None:
        self.service = service
        self.headers = log_in(service, service.secrets[who])

    def get(self, path: str) -> Any:
        cookie = {"Cookie": self.headers["Cookie"]}
        return self.service.client.get(path, headers=cookie, follow_redirects=False)

    def send(
        self, about: dict[str, Any], headers: dict[str, str] | None = None, **form: str
    ) -> Any:
        sent = {"csrf": self.headers[CSRF_HEADER], **form}
        plain = {name: self.headers[name] for name in ("Cookie", "Origin")}
        return self.service.client.post(
            f"/desk/{about['record_id']}/order", data=sent, follow_redirects=False,
            headers={**plain, **(headers or {})},
        )  # fmt: skip

    def flags(self, about: dict[str, Any]) -> list[str]:
        answer = self.service.get(f"/v1/records/{about['record_id']}/dossier", "regulator")
        flags: list[str] = answer.json()["flags"]
        return flags


@pytest.fixture(scope="module")
def officer(service: Service) -> Officer:
    return Officer(service)


@pytest.fixture
def moved(service: Service) -> dict[str, Any]:
    made = transfer()
    assert service.record(made).status_code == 201
    return made


def key_of(page: str) -> str:
    (option,) = re.findall(r'<option value="([^"]{43})"', page)
    return str(option)


def test_order_is_confirmed_signed_here_logged_shown_and_lifted(
    service: Service, officer: Officer, moved: dict[str, Any]
) -> None:
    reason = "Passed on <b>abroad</b>; 'stop' it & ask."
    size = service.size
    chosen = officer.send(moved, action="stop", reason=reason)
    assert chosen.status_code == 200, chosen.text
    assert html.escape(reason, quote=False) in chosen.text.replace("&#39;", "'")
    assert "<b>abroad</b>" not in chosen.text
    assert service.size == size, "nothing is said before it is confirmed"
    done = officer.send(moved, action="stop", reason=reason, step="held", key=key_of(chosen.text))
    assert done.status_code == 303, done.text
    assert done.headers["location"] == f"/desk/{moved['record_id']}?logged={size}"
    assert Flag.STOP_ORDER in officer.flags(moved)
    shown = officer.get(done.headers["location"])
    assert catalogue("en")["flags"]["stop-order"] in shown.text
    assert str(html.escape(reason, quote=False)) in shown.text.replace("&#39;", "'")
    (listed,) = service.get("/v1/dossiers?flag=stop-order", "regulator").json()["dossiers"]
    assert listed["record_id"] == moved["record_id"]
    officer.send(
        moved, action="reinstate", reason="Cleared up.", step="held", key=key_of(chosen.text)
    )
    assert Flag.STOP_ORDER not in officer.flags(moved)


@pytest.mark.parametrize("whole", [False, True])
def test_order_is_prepared_and_its_signature_brought_back(
    service: Service, officer: Officer, moved: dict[str, Any], *, whole: bool
) -> None:
    jwk = json.dumps(OWN.public.to_jwk())
    size = service.size
    ready = officer.send(moved, action="stop", reason="Because.", step="prepare", jwk=jwk)
    assert ready.status_code == 200, ready.text
    (prepared,) = re.findall(r'name="prepared" value="([^"]+)"', ready.text)
    (to_sign,) = re.findall(r'<pre id="signing-input"[^>]*>([^<]+)</pre>', ready.text)
    assert service.size == size
    signature = base64url.encode(OWN.sign(to_sign.encode()))
    given = f"{to_sign}.{signature}\r\n" if whole else f" {signature} "
    done = officer.send(moved, step="complete", prepared=html.unescape(prepared), signature=given)
    assert done.status_code == 303, done.text
    assert Flag.STOP_ORDER in officer.flags(moved)
    wrong = base64url.encode(PrivateKey.generate().sign(to_sign.encode()))
    again = officer.send(moved, step="complete", prepared=html.unescape(prepared), signature=wrong)
    assert (again.status_code, again.json()["code"]) == (400, "jws.signature")


def test_command_says_what_the_order_says(officer: Officer, moved: dict[str, Any]) -> None:
    page = officer.send(moved, action="reinstate", reason="it's fine; rm -rf /").text
    (command,) = re.findall(r'<pre id="command"[^>]*>([^<]+)</pre>', page)
    assert html.unescape(command) == (
        f"crossproof revoke {moved['record_id']} --reinstate "
        "--reason 'it'\"'\"'s fine; rm -rf /' --key regulator.pem --issuer regulator "
        "--server http://127.0.0.1"
    )


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({"Origin": "https://evil.example"}, {}),
        ({"Origin": "null"}, {}),
        ({}, {"csrf": "x" * 43}),
        ({}, {"csrf": ""}),
    ],
)
def test_other_sites_forms_order_nothing(
    service: Service,
    officer: Officer,
    moved: dict[str, Any],
    headers: dict[str, str],
    form: dict[str, str],
) -> None:
    size = service.size
    key = key_of(officer.send(moved, action="stop", reason="r").text)
    answer = officer.send(
        moved, headers, **{"action": "stop", "reason": "r", "step": "held", "key": key, **form}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf")
    assert service.size == size


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"action": "revoke", "reason": "r"}, "request.parameter"),
        ({"action": "stop", "reason": "  "}, "request.parameter"),
        ({"action": "stop", "reason": "x" * 4_097}, "request.parameter"),
        ({"action": "stop"}, "request.parameter"),
        ({"action": "stop", "reason": "r", "step": "prepare", "jwk": "[" * 50_000}, None),
        ({"action": "stop", "reason": "r", "step": "prepare", "jwk": "{}"}, None),
        ({"step": "complete", "prepared": "nothing", "signature": "x"}, "request.parameter"),
        ({"step": "complete", "prepared": "{}", "signature": "x"}, None),
    ],
)
def test_forms_that_are_none_are_refused(
    service: Service,
    officer: Officer,
    moved: dict[str, Any],
    form: dict[str, str],
    code: str | None,
) -> None:
    size = service.size
    answer = officer.send(moved, {}, **form)
    assert answer.status_code in {400, 413}, answer.text
    assert code in {None, answer.json()["code"]}
    assert service.size == size


def test_another_organisation_s_key_signs_nothing(officer: Officer, moved: dict[str, Any]) -> None:
    answer = officer.send(moved, action="stop", reason="r", step="held", key="other")
    assert (answer.status_code, answer.json()["code"]) == (404, "key.unknown")


def test_order_needs_a_session_of_a_regulator_and_a_record_within_reach(
    service: Service, officer: Officer, moved: dict[str, Any]
) -> None:
    enterprise = Officer(service, "shenzhen")
    answer = enterprise.send(moved, action="stop", reason="r")
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.scope")
    nobody = officer.send(moved, {"Cookie": "crossproof-session=x"}, action="stop", reason="r")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "auth.required")
    elsewhere = transfer(to="SG")
    service.record(elsewhere)
    answer = officer.send(elsewhere, action="stop", reason="r")
    assert (answer.status_code, answer.json()["code"]) == (404, "record.unknown")
    assert officer.get(f"/desk/{elsewhere['record_id']}").status_code == 404


def test_enterprise_sees_its_own_and_no_form_of_an_order(
    service: Service, moved: dict[str, Any]
) -> None:
    enterprise = Officer(service, "shenzhen")
    assert f"/desk/{moved['record_id']}" in enterprise.get("/desk").text
    page = enterprise.get(f"/desk/{moved['record_id']}")
    assert page.status_code == 200
    assert "/order" not in page.text
    stranger = Officer(service, "stranger")
    assert moved["record_id"] not in stranger.get("/desk").text
    assert stranger.get(f"/desk/{moved['record_id']}").status_code == 404


def test_every_look_up_and_order_of_a_regulator_is_in_the_trail(
    service: Service, officer: Officer, moved: dict[str, Any]
) -> None:
    record_id = moved["record_id"]
    officer.get("/desk?flag=deviation&exporter=shenzhen")
    officer.get(f"/desk/{record_id}")
    page = officer.send(moved, action="stop", reason="A reason of its own.").text
    officer.send(moved, action="stop", reason="A reason of its own.", step="held", key=key_of(page))
    service.client.app.state.trail.flush()  # type: ignore[attr-defined]
    with service.node.log.store.trail() as trail:
        rows = [json.loads(row.row) for row in trail.all()]
    mine = [row for row in rows if row["organisation"] == "regulator"][-4:]
    assert [(r["method"], r["route"], r.get("subject"), r["status"]) for r in mine] == [
        ("GET", "/desk", "exporter=shenzhen flag=deviation", 200),
        ("GET", "/desk/{record_id}", record_id, 200),
        ("POST", "/desk/{record_id}/order", record_id, 200),
        ("POST", "/desk/{record_id}/order", record_id, 303),
    ]
    assert all(row["credential"].startswith("session:") for row in mine)
    assert "of its own" not in json.dumps(rows)


def test_pages_keep_to_themselves(officer: Officer, moved: dict[str, Any]) -> None:
    pages = [
        officer.get("/desk"),
        officer.get(f"/desk/{moved['record_id']}"),
        officer.send(moved, action="stop", reason="r"),
    ]
    for page in pages:
        assert page.headers["content-security-policy"] == POLICY
        assert "unsafe" not in POLICY
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(
            r"<style|style=|<script(?! type=\"module\" src=)| on[a-z]+=", page.text
        )
        assert not re.search(r'(?:src|href|action)="(?!/|\?|#|data:)', page.text)


@pytest.mark.parametrize(
    "query", ["flag=x", "since=1", "until=2026-13-01", "jurisdiction=HKG", "cursor=x", "by=x",
              f"exporter={'x' * 257}", "cursor=99999999999999999999"],
)  # fmt: skip
def test_query_that_means_nothing_is_named(officer: Officer, query: str) -> None:
    answer = officer.get(f"/desk?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "request.parameter")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/desk?since=banana", (400, "request.parameter")),
        ("/desk/nonsense", (400, "statement.record-id")),
        ("/desk/019aa2f0-0000-7000-8000-00000000000f", (404, "record.unknown")),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_browser_is_told_what_is_wrong_by_a_page(
    service: Service, officer: Officer, path: str, told: tuple[int, str], language: str
) -> None:
    headers = {
        "Cookie": officer.headers["Cookie"],
        "Accept": "text/html,*/*;q=0.8",
        "Accept-Language": language,
    }
    page = service.client.get(path, headers=headers)
    assert (page.status_code, page.headers["content-type"][:9]) == (told[0], "text/html")
    assert f'data-language="{language}"' in page.text
    assert f"<code>{told[1]}</code>" in page.text
    assert f'href="/desk?lang={language}"' in page.text
    assert service.client.get(path, headers=headers | {"Cookie": ""}).url.path == "/login"


def test_empty_fields_of_the_form_ask_for_nothing(officer: Officer, moved: dict[str, Any]) -> None:
    empty = "exporter=&recipient=&scenario=&jurisdiction=&since=&until=&by=month&lang="
    assert moved["record_id"] in officer.get(f"/desk?{empty}").text
    day = moved["occurred_at"][:10]
    assert moved["record_id"] in officer.get(f"/desk?since={day}&until={day}&jurisdiction=hk").text
    assert officer.get("/desk?until=9999-12-31").status_code == 200


def test_words_are_complete_in_both_languages() -> None:
    english, chinese = (words(language, "desk") for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        places = [set(re.findall(r"\{[a-z]+\}", one)) for one in (text, chinese[key])]
        assert places[0] == places[1], key
    for language in LANGUAGES:
        assert catalogue(language)["flags"].keys() == {flag.value for flag in Flag}
