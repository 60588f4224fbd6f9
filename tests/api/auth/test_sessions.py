"""Browser sessions: begun with a key or at a provider, forged by nobody, ended for good."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from api.auth import stored_keys
from api.auth.code_flow import Pending
from api.auth.sessions import CSRF_HEADER
from ledger.errors import MalformedError
from tests.api.identity_provider import IdentityProvider, identity_provider
from tests.api.roles import ORIGIN, log_in, settings_of, store_key
from tests.api.service import Service, transfer


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def service(
    provider: IdentityProvider, make_service: Callable[..., Iterator[Service]]
) -> Iterator[Service]:
    yield from make_service(**settings_of(provider))


@pytest.fixture(autouse=True)
def _no_cookies(service: Service) -> None:
    service.client.cookies.clear()


@pytest.fixture
def session(service: Service) -> dict[str, str]:
    secret, _ = store_key(service, "shenzhen", ("submit", "read"))
    return log_in(service, secret)


def post(service: Service, headers: dict[str, str]) -> Any:
    return service.client.post("/v1/records", json=transfer(), headers=headers)


def test_session_gives_what_its_key_gives(service: Service, session: dict[str, str]) -> None:
    assert post(service, session).status_code == 201
    assert service.client.get("/v1/records", headers=session).status_code == 200
    assert service.client.get("/metrics", headers=session).status_code == 403


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"Origin": "https://evil.example"}, "Origin"),
        ({"Origin": "null"}, "Origin"),
        ({"Origin": None}, "Origin"),
        ({CSRF_HEADER: "x"}, "CSRF"),
        ({CSRF_HEADER: None}, "CSRF"),
        ({CSRF_HEADER: "é".encode()}, "CSRF"),
    ],
)
def test_session_changes_nothing_for_another_site(
    service: Service, session: dict[str, str], change: dict[str, Any], place: str
) -> None:
    sent = {name: value for name, value in {**session, **change}.items() if value is not None}
    size = service.size
    answer = post(service, sent)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf")
    assert place in answer.json()["expected"]
    assert service.size == size
    # Reading is the browser's same-origin rule's affair: no answer allows another origin.
    read = service.client.get("/v1/records", headers=sent)
    assert read.status_code == 200
    assert "access-control-allow-origin" not in read.headers


def test_session_of_another_has_another_csrf_token(service: Service, session: Any) -> None:
    other = log_in(service, store_key(service, "stranger", ("submit",))[0])
    assert other[CSRF_HEADER] != session[CSRF_HEADER]
    answer = post(service, {**session, CSRF_HEADER: other[CSRF_HEADER]})
    assert answer.json()["code"] == "auth.csrf"


def test_store_holds_no_secret_of_a_session(service: Service, session: dict[str, str]) -> None:
    secret = session["Cookie"].partition("=")[2]
    with service.node.log.store.access() as access:
        row = access.session(sha256(secret.encode()).digest())
    assert row is not None
    assert secret not in str(row)


def test_logout_ends_the_session_for_good(service: Service, session: dict[str, str]) -> None:
    forged = service.client.post("/logout", data={"csrf": "x"}, headers=session)
    assert forged.json()["code"] == "auth.csrf"
    answer = service.client.post(
        "/logout", data={"csrf": session[CSRF_HEADER]}, headers=session, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    # The cookie that somebody kept is good for nothing.
    assert service.client.get("/v1/records", headers=session).status_code == 401


def test_session_ends_with_its_key(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_keys, "KEY_SECONDS", 0.0)
    secret, prefix = store_key(service, "shenzhen", ("read",))
    headers = log_in(service, secret)
    assert service.client.get("/v1/records", headers=headers).status_code == 200
    with service.node.log.store.access(write=True) as access:
        access.revoke_key(prefix, now=datetime.now(UTC))
    assert service.client.get("/v1/records", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("later", "status"),
    [
        (timedelta(minutes=29), 200),
        (timedelta(minutes=31), 401),
        (timedelta(hours=13), 401),
    ],
)
def test_session_ends_when_it_is_not_used(
    service: Service, session: dict[str, str], later: timedelta, status: int, at: Any
) -> None:
    at(later)
    assert service.client.get("/v1/records", headers=session).status_code == status


def test_session_ends_after_half_a_day_whatever_it_is_used_for(
    service: Service, session: dict[str, str], at: Any
) -> None:
    for minutes in range(20, 12 * 60, 20):
        at(timedelta(minutes=minutes))
        assert service.client.get("/v1/records", headers=session).status_code == 200, minutes
    at(timedelta(hours=12))
    assert service.client.get("/v1/records", headers=session).status_code == 401


@pytest.fixture
def at(service: Service, monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Set the sessions' clock to a time from now."""
    start = datetime.now(UTC)
    sessions = service.client.app.state.sessions  # type: ignore[attr-defined]

    def set_clock(later: timedelta) -> None:
        monkeypatch.setattr(sessions, "_now", lambda: start + later)

    return set_clock


# Logging in


def begun(service: Service) -> tuple[str, str]:
    page = service.client.get("/login")
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    cookie = page.cookies["crossproof-login"]
    service.client.cookies.clear()
    return csrf, f"crossproof-login={cookie}"


def test_login_of_another_site_is_refused(service: Service) -> None:
    """It would make its visitor record in the name of a key that the site has chosen."""
    secret, _ = store_key(service, "evil", ("submit",))
    csrf, cookie = begun(service)
    good = {"Origin": ORIGIN, "Cookie": cookie}
    for headers, form in (
        ({**good, "Origin": "https://evil.example"}, csrf),
        ({"Cookie": cookie}, csrf),
        ({"Origin": ORIGIN}, csrf),
        (good, "x"),
    ):
        answer = service.client.post(
            "/login", data={"csrf": form, "key": secret}, headers=headers, follow_redirects=False
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf")
        assert "crossproof-session" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("key", ["", "x", "cpk_000000000000_x", "cpk_" + "x" * 500])
def test_login_with_a_wrong_key_is_refused(service: Service, key: str) -> None:
    csrf, cookie = begun(service)
    answer = service.client.post(
        "/login", data={"csrf": csrf, "key": key}, headers={"Origin": ORIGIN, "Cookie": cookie}
    )
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "leads_to", ["https://evil.example", "//evil.example", "/\\evil.example", "/\n/x", "x", ""]
)
def test_login_leads_nowhere_else(service: Service, leads_to: str) -> None:
    secret, _ = store_key(service, "shenzhen", ("read",))
    csrf, cookie = begun(service)
    form = {"csrf": csrf, "key": secret, "next": leads_to}
    answer = service.client.post(
        "/login", data=form, headers={"Origin": ORIGIN, "Cookie": cookie}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_login_page_has_no_script_and_loads_nothing(service: Service) -> None:
    page = service.client.get("/login?next=/v1/log%22%3E%3Cscript%3E")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    # Styles and pages of its own, and itself in the other language.
    ours = r"/auth/start|/static/[0-9a-f]+/style/|/[a-z]+\?lang=|\?next=|data:,|#content"
    assert not re.findall(rf'(?:src|href)="(?!{ours})', page.text)
    assert page.headers["cache-control"] == "no-store"


def test_login_page_speaks_english_and_chinese(service: Service) -> None:
    assert "Log in" in service.client.get("/login").text
    for asked in ({"headers": {"Accept-Language": "zh-CN,en;q=0.5"}}, {"params": {"lang": "zh"}}):
        page = service.client.get("/login", **asked)  # type: ignore[arg-type]
        assert '<html lang="zh-Hans"' in page.text
        assert "登录" in page.text


def test_cookies_are_bound_to_the_host_where_it_is_found_by_https(
    provider: IdentityProvider, make_service: Callable[..., Iterator[Service]]
) -> None:
    for service in make_service(
        **settings_of(provider),
        public_url="https://ledger.example",
        host="0.0.0.0",  # noqa: S104
    ):
        client = TestClient(service.client.app, base_url="https://ledger.example")
        page = client.get("/login")
        (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
        secret, _ = store_key(service, "shenzhen", ("read",))
        answer = client.post(
            "/login", data={"csrf": csrf, "key": secret},
            headers={"Origin": "https://ledger.example"}, follow_redirects=False,
        )  # fmt: skip
        assert answer.status_code == 303
        (cookie,) = [line for line in answer.headers.get_list("set-cookie") if "-session=" in line]
        assert cookie.startswith("__Host-crossproof-session=")
        for attribute in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
            assert attribute in cookie
        assert "Domain" not in cookie
        assert client.get("/v1/records").status_code == 200


def test_login_from_elsewhere_needs_a_public_url(service: Service) -> None:
    answer = service.client.get(
        "/auth/start", headers={"Host": "ledger.example"}, follow_redirects=False
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.public-url")


# At the identity provider


def start(service: Service) -> tuple[str, str]:
    """Begin a login; give the provider's page and the cookie."""
    answer = service.client.get("/auth/start?next=/v1/records", follow_redirects=False)
    assert answer.status_code == 303
    cookie = answer.cookies["crossproof-login"]
    service.client.cookies.clear()
    return answer.headers["location"], f"crossproof-login={cookie}"


def test_login_at_the_provider_begins_a_session(
    service: Service, provider: IdentityProvider
) -> None:
    address, cookie = start(service)
    callback = provider.authorize(address)
    answer = service.client.get(callback, headers={"Cookie": cookie}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/v1/records"), answer.text
    headers = {"Cookie": f"crossproof-session={answer.cookies['crossproof-session']}"}
    service.client.cookies.clear()
    assert service.client.get("/v1/records", headers=headers).status_code == 200
    # A code is good once.
    again = service.client.get(callback, headers={"Cookie": cookie})
    assert (again.status_code, again.json()["code"]) == (401, "auth.login")


def test_login_begun_in_another_browser_is_refused(
    service: Service, provider: IdentityProvider
) -> None:
    address, cookie = start(service)
    callback = provider.authorize(address)
    other = start(service)[1]
    for sent in ({}, {"Cookie": other}, {"Cookie": "crossproof-login=x"}):
        answer = service.client.get(callback, headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.login")
    state = parse_qs(urlsplit(address).query)["state"][0]
    for query in ("", f"?state={state}", "?code=code-1", f"?state={state}x&code=code-1"):
        answer = service.client.get(f"/auth/callback{query}", headers={"Cookie": cookie})
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.login")
    answer = service.client.get(f"{callback}x", headers={"Cookie": cookie})
    assert answer.json()["code"] == "auth.login"


@pytest.mark.parametrize(
    "login",
    [{"nonce": "another"}, {"nonce": None}, {"aud": "another-client"}, {"iss": "https://x"},
     {"exp": 1}, {"organisation": None}],
    ids=str,
)  # fmt: skip
def test_id_token_of_another_login_client_or_issuer_is_refused(
    service: Service, provider: IdentityProvider, login: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(provider, "login", login)
    address, cookie = start(service)
    answer = service.client.get(provider.authorize(address), headers={"Cookie": cookie})
    assert answer.status_code == 401
    assert answer.json()["code"] in {"auth.token", "auth.expired"}
    assert "crossproof-session" not in answer.headers.get("set-cookie", "")


def test_login_whose_verifier_is_another_is_refused_by_the_provider(
    service: Service, provider: IdentityProvider
) -> None:
    address, cookie = start(service)
    pending = Pending.parse(cookie.partition("=")[2])
    stolen = Pending(pending.state, pending.nonce, "another", "/").to_cookie()
    callback = provider.authorize(address)
    answer = service.client.get(callback, headers={"Cookie": f"crossproof-login={stolen}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.login")


def test_login_while_the_provider_is_down_is_no_verdict(
    service: Service, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, cookie = start(service)
    callback = provider.authorize(address)
    monkeypatch.setattr(provider, "down", True)
    for path in (callback, "/auth/start"):
        answer = service.client.get(path, headers={"Cookie": cookie})
        assert (answer.status_code, answer.json()["code"]) == (503, "auth.unavailable")


@pytest.mark.parametrize("cookie", ["", "x", "e30", "eyJzdGF0ZSI6MX0"])
def test_cookie_of_a_login_that_is_none_is_malformed(cookie: str) -> None:
    with pytest.raises(MalformedError):
        Pending.parse(cookie)
