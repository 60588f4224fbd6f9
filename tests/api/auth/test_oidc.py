"""Tokens of a real provider on loopback: taken, refused, or "could not ask"."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from api.auth import issuer_keys
from api.auth.oidc import LEEWAY_SECONDS
from ledger import base64url
from tests.api.identity_provider import AUDIENCE, IdentityProvider, identity_provider
from tests.api.service import Service, transfer

MINUTES = 60


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def service(
    provider: IdentityProvider, make_service: Callable[..., Iterator[Service]]
) -> Iterator[Service]:
    yield from make_service(oidc_issuer=provider.url, oidc_audience=AUDIENCE)


def ask(service: Service, token: str, path: str = "/v1/records") -> Any:
    return service.client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_token_stands_for_its_organisation_and_scopes(
    service: Service, provider: IdentityProvider
) -> None:
    statement = transfer()
    headers = {"Authorization": f"Bearer {provider.token()}"}
    answer = service.client.post("/v1/records", json=statement, headers=headers)
    assert answer.status_code == 201
    path = f"/v1/records/{statement['record_id']}"
    assert ask(service, provider.token(), path).json()["submitter"] == "shenzhen"
    assert ask(service, provider.token(organisation="stranger"), path).status_code == 404
    # An API key of the same organisation sees the same.
    assert service.get(path, "shenzhen").status_code == 200


def test_token_of_a_regulator_sees_its_jurisdictions(
    service: Service, provider: IdentityProvider
) -> None:
    inside, outside = transfer(), transfer(to="SG")
    for statement in (inside, outside):
        assert service.record(statement).status_code == 201
    token = provider.token(organisation="hk", scope="regulate", jurisdictions=["HK"])
    assert ask(service, token, f"/v1/records/{inside['record_id']}").status_code == 200
    assert ask(service, token, f"/v1/records/{outside['record_id']}").status_code == 404
    without = provider.token(organisation="hk", scope="regulate")
    assert ask(service, without).status_code == 401


def test_scopes_may_be_an_array_and_others_mean_nothing(
    service: Service, provider: IdentityProvider
) -> None:
    assert ask(service, provider.token(scope=["read", "root"])).status_code == 200
    refused = ask(service, provider.token(scope="openid profile"))
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.scope")


def hs256(provider: IdentityProvider) -> str:
    """The public key, which everyone has, as if it were a secret."""
    secret = OctKey.import_key(json.dumps(provider.published[0]).encode())
    header = {"alg": "HS256", "kid": provider.key.kid}
    return jwt.encode(header, provider.claims(), secret, algorithms=["HS256"])


def hs256_pem(provider: IdentityProvider) -> str:
    pem = provider.key.as_pem(private=False)
    # No library would do this by accident, so it is done by hand.
    import hmac  # noqa: PLC0415
    from hashlib import sha256  # noqa: PLC0415

    parts = [{"alg": "HS256", "kid": provider.key.kid}, provider.claims()]
    signed = ".".join(base64url.encode(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{base64url.encode(hmac.digest(pem, signed.encode(), sha256))}"


def unsigned(provider: IdentityProvider) -> str:
    parts = [{"alg": "none", "kid": provider.key.kid}, provider.claims()]
    return ".".join([*(base64url.encode(json.dumps(part).encode()) for part in parts), ""])


def by_another_key(provider: IdentityProvider) -> str:
    other = ECKey.generate_key("P-256", {"kid": str(provider.key.kid)})
    return jwt.encode({"alg": "ES256", "kid": other.kid}, provider.claims(), other)


def by_a_key_in_its_header(provider: IdentityProvider) -> str:
    other = ECKey.generate_key("P-256", {"kid": "mine"})
    header = {"alg": "ES256", "kid": "mine", "jwk": other.as_dict(private=False)}
    return jwt.encode(header, provider.claims(), other)


def with_changed_claims(provider: IdentityProvider) -> str:
    header, _, signature = provider.token().split(".")
    claims = base64url.encode(json.dumps(provider.claims(scope="audit")).encode())
    return f"{header}.{claims}.{signature}"


REFUSED: dict[str, Callable[[IdentityProvider], str]] = {
    "another issuer": lambda p: p.token(iss="https://evil.example"),
    "the issuer with a slash": lambda p: p.token(iss=f"{p.url}/"),
    "another audience": lambda p: p.token(aud="another-service"),
    "another audience in a list": lambda p: p.token(aud=["a", "b"]),
    "no audience": lambda p: p.token(aud=None),
    "no subject": lambda p: p.token(sub=None),
    "expired": lambda p: p.token(exp=int(time.time()) - LEEWAY_SECONDS - 1),
    "no end": lambda p: p.token(exp=None),
    "an end that is no time": lambda p: p.token(exp=True),
    "not yet": lambda p: p.token(nbf=int(time.time()) + LEEWAY_SECONDS + MINUTES),
    "no organisation": lambda p: p.token(organisation=None),
    "an empty organisation": lambda p: p.token(organisation=" "),
    "alg none": unsigned,
    "HS256 with the public key": hs256,
    "HS256 with the public key's PEM": hs256_pem,
    "by another key": by_another_key,
    "by a key in its own header": by_a_key_in_its_header,
    "with changed claims": with_changed_claims,
    "another type": lambda p: p.token(header={"typ": "logout+jwt"}),
    "no JWT": lambda _: "eyJh",
    "five parts": lambda p: p.token() + ".a.b",
    "long": lambda p: p.token(more="x" * 20_000),
}


@pytest.mark.parametrize("name", REFUSED)
def test_token_is_refused(service: Service, provider: IdentityProvider, name: str) -> None:
    answer = ask(service, REFUSED[name](provider))
    assert answer.status_code == 401
    assert answer.json()["code"] in {"auth.token", "auth.expired"}
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_token_holds_within_the_leeway(service: Service, provider: IdentityProvider) -> None:
    now = int(time.time())
    assert ask(service, provider.token(exp=now - LEEWAY_SECONDS // 2)).status_code == 200
    assert ask(service, provider.token(nbf=now + LEEWAY_SECONDS // 2)).status_code == 200


def test_algorithm_that_is_not_allowed_is_refused_whatever_the_key(
    provider: IdentityProvider, make_service: Callable[..., Iterator[Service]]
) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa"})
    provider.publish(key)
    token = jwt.encode({"alg": "RS256", "kid": "rsa"}, provider.claims(), key)
    for algorithms, status in ((("ES256",), 401), (("RS256",), 200)):
        for service in make_service(
            oidc_issuer=provider.url, oidc_audience=AUDIENCE, oidc_algorithms=algorithms
        ):
            assert ask(service, token).status_code == status


def test_rotated_key_is_fetched_when_a_token_names_it(
    service: Service, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(service, provider.token()).status_code == 200
    old = provider.token()
    provider.rotate("second")
    # Strangers' tokens make us ask no more often than this.
    asked = len(provider.asked)
    assert ask(service, provider.token()).status_code == 401
    assert len(provider.asked) == asked
    monkeypatch.setattr(issuer_keys, "ASK_AGAIN_SECONDS", 0.0)
    assert ask(service, provider.token()).status_code == 200
    # What the issuer no longer publishes is not taken.
    assert ask(service, old).status_code == 401


def test_known_keys_are_not_fetched_for_each_token(
    service: Service, provider: IdentityProvider
) -> None:
    for _ in range(5):
        assert ask(service, provider.token()).status_code == 200
    assert provider.asked.count("/keys") == 1


def test_provider_that_is_down_is_no_verdict(
    service: Service, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.down = True
    for token in (provider.token(), by_another_key(provider)):
        answer = ask(service, token)
        assert (answer.status_code, answer.json()["code"]) == (503, "auth.unavailable")
        assert int(answer.headers["retry-after"]) > 0
    # Those with a key, and open endpoints, do not wait for it.
    assert service.get("/v1/records", "shenzhen").status_code == 200
    assert ask(service, provider.token(), "/healthz").status_code == 200
    provider.down = False
    monkeypatch.setattr(issuer_keys, "ASK_AGAIN_SECONDS", 0.0)
    assert ask(service, provider.token()).status_code == 200


def test_keys_too_old_are_not_relied_on_while_the_provider_is_down(
    service: Service, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(service, provider.token()).status_code == 200
    provider.down = True
    assert ask(service, provider.token()).status_code == 200
    monkeypatch.setattr(issuer_keys, "KEYS_SECONDS", 0.0)
    monkeypatch.setattr(issuer_keys, "ASK_AGAIN_SECONDS", 0.0)
    assert ask(service, provider.token()).status_code == 503


@pytest.mark.parametrize("place", ["/huge", "/moved", "/none", "http://127.0.0.1:1/keys"])
def test_keys_elsewhere_too_large_or_missing_are_not_taken(
    service: Service, provider: IdentityProvider, place: str
) -> None:
    provider.jwks_uri = place if place.startswith("http") else f"{provider.url}{place}"
    answer = ask(service, provider.token())
    assert (answer.status_code, answer.json()["code"]) == (503, "auth.unavailable")


def test_another_issuers_discovery_document_is_not_taken(
    make_service: Callable[..., Iterator[Service]],
) -> None:
    with identity_provider() as provider:
        asked_as = provider.url.replace("127.0.0.1", "localhost")
        for service in make_service(oidc_issuer=asked_as, oidc_audience=AUDIENCE):
            assert ask(service, provider.token(iss=asked_as)).status_code == 503


def test_symmetric_and_unknown_keys_of_a_set_are_passed_over(
    service: Service, provider: IdentityProvider
) -> None:
    provider.published += [
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"},
        {"kty": "future", "kid": "x"}, {"kty": "EC", "kid": "y"}, {},
    ]  # fmt: skip
    assert ask(service, provider.token()).status_code == 200
    assert ask(service, provider.token(header={"kid": "secret"})).status_code == 401
