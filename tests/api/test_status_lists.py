"""Status lists through HTTP: published by their issuers, fetched by anyone, stapled to bundles."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import base64url, status_list
from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.canonical import canonicalize
from ledger.jwk import PrivateKey
from ledger.log import Submission
from ledger.organisation import Organisation, Role
from ledger.statement import Statement, new_record_id, new_salt
from ledger.status_list import MEDIA_TYPE, Statuses, StatusToken, TokenStatus
from ledger.store import MAX_LISTS, StoredList
from ledger.trust import Source, Trust, TrustedStatuses
from tests.api.service import Service
from tests.covered_transfer import KEY, records
from tests.peer_verifier import PeerVerifier, start_peer_verifier
from tests.rpc_server import serve

_PARTIES = {"exporter": {"id": "shenzhen"}, "recipient": {"id": "hongkong"}}
_ISSUER = "uscc:91440300MA5CUSTOD1"
_INDEX = 9


def _address(name: str) -> str:
    return f"http://127.0.0.1/v1/status-lists/{name}"


def token(
    address: str,
    told: int = TokenStatus.VALID,
    *,
    key: PrivateKey = KEY,
    ago: int = 0,
    lasts: int = 3_600,
    ttl: int = 60,
) -> str:
    now = int(time.time()) - ago
    waiting = status_list.draft(
        key.public,
        Statuses.of({_INDEX: told}, size=64),
        address=address,
        issued_at=now,
        expires_at=now + lasts,
        time_to_live=ttl,
    )
    return waiting.sign(key).text


def publish(
    service: Service,
    name: str,
    text: str | bytes,
    who: str | None = "assessor",
    content_type: str = MEDIA_TYPE,
) -> Any:
    return service.client.put(
        f"/v1/status-lists/{name}",
        content=text,
        headers={**service.headers(who), "Content-Type": content_type},
    )


@pytest.fixture(scope="module")
def peer() -> Iterator[PeerVerifier]:
    with start_peer_verifier() as started:
        yield started


# Publishing and fetching


def test_list_is_served_to_anyone_as_it_was_signed(service: Service) -> None:
    text = token(_address("one"))
    answer = publish(service, "one", text)
    assert (answer.status_code, answer.headers["location"]) == (201, _address("one"))
    found = service.get("/v1/status-lists/one")
    assert (found.status_code, found.text) == (200, text)
    assert found.headers["content-type"] == MEDIA_TYPE
    assert found.headers["cache-control"] == "public, max-age=60"
    assert found.headers["access-control-allow-origin"] == "*"
    again = service.get("/v1/status-lists/one", headers={"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_list_may_be_kept_no_longer_than_it_holds(service: Service) -> None:
    publish(service, "short", token(_address("short"), ttl=600, ago=50, lasts=100))
    kept = service.get("/v1/status-lists/short").headers["cache-control"]
    assert 0 < int(kept.removeprefix("public, max-age=")) <= 50


def test_list_that_nobody_published_is_not_there(service: Service) -> None:
    assert service.get("/v1/status-lists/none").status_code == 404
    assert service.get("/v1/status-lists/None").status_code == 400


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("shenzhen", 403), ("auditor", 403)])
def test_list_is_published_only_with_the_scope_for_it(
    service: Service, who: str | None, status: int
) -> None:
    assert publish(service, "scoped", token(_address("scoped")), who).status_code == status
    assert service.get("/v1/status-lists/scoped").status_code == 404


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (token(_address("other")), "status-list.unfit"),
        (token("https://evil.example/v1/status-lists/bad"), "status-list.unfit"),
        (token(_address("bad"), ago=3_600), "status-list.unfit"),
        (token(_address("bad"), ago=-3_600), "status-list.unfit"),
        (token(_address("bad"))[:-3] + "AAA", "jws.signature"),
        ("not a list", "jws.malformed"),
        (b"\xff\xfe", "status-list.malformed"),
    ],
)
def test_list_that_cannot_be_served_here_is_refused(
    service: Service, text: str | bytes, code: str
) -> None:
    answer = publish(service, "bad", text)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert service.get("/v1/status-lists/bad").status_code == 404


def test_list_of_another_type_or_size_is_refused(service: Service) -> None:
    assert (
        publish(service, "typed", token(_address("typed")), content_type="text/plain").status_code
        == 415
    )
    large = service.node.settings.max_status_list_bytes + 1
    assert publish(service, "typed", b"a" * large).status_code == 413


def test_older_list_never_takes_the_place_of_a_newer_one(service: Service) -> None:
    """Whoever replays an old list would take a revocation back."""
    newer, older = token(_address("two"), 1, ago=5), token(_address("two"), 0, ago=6)
    assert publish(service, "two", newer).status_code == 201
    assert publish(service, "two", newer).status_code == 204
    same = token(_address("two"), 0, ago=5)
    for text in (older, same):
        answer = publish(service, "two", text)
        assert (answer.status_code, answer.json()["code"]) == (409, "status-list.older")
    assert service.get("/v1/status-lists/two").text == newer
    newest = token(_address("two"), 0)
    assert publish(service, "two", newest).status_code == 204
    assert service.get("/v1/status-lists/two").text == newest


def test_list_of_another_organisation_is_not_replaced(service: Service) -> None:
    store = service.node.log.store
    theirs = StoredList("theirs", "somebody", _address("theirs"), 1, 2, 3, "text")
    assert store.put_status_list(theirs)
    answer = publish(service, "theirs", token(_address("theirs")))
    assert (answer.status_code, answer.json()["code"]) == (409, "status-list.taken")
    assert store.status_list("theirs") == theirs


def test_organisation_has_only_so_many_lists(service: Service) -> None:
    store = service.node.log.store
    for number in range(MAX_LISTS):
        name = f"many-{number}"
        store.put_status_list(StoredList(name, "many", _address(name), 1, 2, 3, "text"))
    with pytest.raises(Exception, match="as many status lists"):
        store.put_status_list(StoredList("many", "many", _address("many"), 1, 2, 3, "text"))


def test_address_is_the_public_one_where_a_proxy_stands_before(
    make_service: Callable[..., Iterator[Service]],
) -> None:
    public = "https://ledger.example/crossproof"
    for service in make_service(public_url=public):
        address = f"{public}/v1/status-lists/one"
        assert publish(service, "one", token(_address("one"))).status_code == 400
        assert publish(service, "one", token(address)).status_code == 201


# Stapled, and verified


def _log_dossier(
    service: Service, address: str, **changes: Any
) -> tuple[dict[str, Statement], Bundle]:
    """Log a dossier whose backup is in a list; give its bundle."""
    made = records(
        {
            **{
                f"{case}/{name}": party
                for case in ("plan", "transfer")
                for name, party in _PARTIES.items()
            },
            "pre_assessment/credentialSubject/recipient": "hongkong",
            **{f"{case}/iss": _ISSUER for case in ("pre_assessment", "backup", "post_check")},
            "backup/status": {"status_list": {"idx": _INDEX, "uri": address}},
            **changes,
        }
    )
    for case, statement in made.items():
        who = "shenzhen" if case in {"plan", "transfer"} else "assessor"
        assert service.record(statement.entry, who).status_code == 201
    service.anchor()
    return made, _bundle(service, made["transfer"])


def _bundle(service: Service, about: Statement, who: str = "shenzhen") -> Bundle:
    answer = service.get(f"/v1/records/{about.value['record_id']}/bundle", who)
    assert answer.status_code == 200, answer.text
    return Bundle.from_json(answer.content)


def _status(report: dict[str, Any]) -> dict[str, Any]:
    (check,) = (
        check
        for check in report["checks"]
        if (check["code"], check.get("subject")) == ("attestation.status", "backup")
    )
    return dict(check)


def test_bundle_is_stapled_with_the_newest_list_and_with_no_other(service: Service) -> None:
    publish(service, "unrelated", token(_address("unrelated")))
    made, bundle = _log_dossier(service, _address("stapled"))
    assert bundle.status_lists == ()
    for told, ago in ((0, 5), (1, 0)):
        text = token(_address("stapled"), told, ago=ago)
        publish(service, "stapled", text)
        assert _bundle(service, made["transfer"]).status_lists == (text,)
    report = service.verify(
        bundle=_bundle(service, made["transfer"]).to_value(), without_files=True
    ).json()
    assert _status(report)["reason"] == "attestation.revoked"


def test_strangers_bundle_is_stapled_with_no_list_of_the_plans_assessment(
    service: Service,
) -> None:
    named = {"status_list": {"idx": 1, "uri": _address("assessed")}}
    publish(service, "assessed", token(_address("assessed")))
    made, bundle = _log_dossier(service, _address("kept"), **{"pre_assessment/status": named})
    assert len(bundle.status_lists) == 1
    value = {
        **made["transfer"].value,
        "record_id": new_record_id(),
        "salt": new_salt(),
        "exporter": {"id": "stranger"},
        "recipient": {"id": "stranger"},
    }
    # Logs of before took it.
    logged = Statement.build(value)
    service.node.submit([Submission(logged.record_id, logged.entry)], submitter="stranger")
    service.anchor()
    assert _bundle(service, logged, "stranger").status_lists == ()


def test_peer_takes_our_served_list_and_refuses_what_it_revokes(
    service: Service, peer: PeerVerifier
) -> None:
    address = _address("peer")
    made, bundle = _log_dossier(service, address)
    sd_jwt = f"{made['backup'].value['jws']}~"
    now = int(time.time())
    for told, ago in ((0, 5), (1, 0)):
        publish(service, "peer", token(address, told, ago=ago))
        (stapled,) = _bundle(service, made["transfer"]).status_lists
        assert stapled == service.get("/v1/status-lists/peer").text
        lists = {address: stapled}
        if told:
            with pytest.raises(ValueError, match=r"[Ss]tatus"):
                peer.verify(sd_jwt, KEY.public, now=now, lists=lists)
        else:
            peer.verify(sd_jwt, KEY.public, now=now, lists=lists)
    assert bundle.status_lists == ()


# Whom a verification makes this server ask


def _believing(path: Path, *sources: TrustedStatuses) -> Path:
    grant = Change(1, Standing.ACCREDITED, frozenset(Stage), 1, 2**40)
    trust = Trust(
        organisations=(Organisation(_ISSUER, frozenset({Role.CUSTODIAN}), (KEY.public,)),),
        accreditations=(Accreditation("CN", KEY.public.thumbprint, (grant,)),),
        status_sources=sources,
    )
    path.write_text(trust.to_json())
    return path


def test_verification_asks_the_lists_of_the_operators_trust_file_and_nobody_else(
    make_service: Callable[..., Iterator[Service]], tmp_path: Path
) -> None:
    asked: list[str] = []

    def reply(handler: Any, _: bytes) -> None:
        asked.append(handler.path)
        body = token(f"{lists.url}{handler.path}", 1).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with serve(reply) as lists, serve(reply) as stranger:
        source = TrustedStatuses((f"{lists.url}/known/",), frozenset({Source.LIST}), _ISSUER)
        for service in make_service(trust_file=_believing(tmp_path / "trust.json", source)):
            # None of these is an address of the trust file.
            for address in (
                f"{stranger.url}/known/one",
                f"{lists.url}/other/one",
                f"{lists.url}/known/../other",
                f"{lists.url}/known/one?idx=9",
                f"http://x@{lists.url.removeprefix('http://')}/known/one",
            ):
                _, bundle = _log_dossier(service, address)
                report = service.verify(bundle=bundle.to_value(), without_files=True).json()
                assert _status(report)["reason"] == "status.address-unknown"
                assert report["verdict"] == "undetermined"
            assert (asked, stranger.requests) == ([], 0)
            _, bundle = _log_dossier(service, f"{lists.url}/known/one")
            for _ in range(3):
                report = service.verify(bundle=bundle.to_value(), without_files=True).json()
                assert _status(report)["reason"] == "attestation.revoked"
            # Whole, by its address alone, and kept: no place of it is in the question.
            assert asked == ["/known/one"]


def test_addresses_that_a_document_names_are_never_asked(
    make_service: Callable[..., Iterator[Service]], tmp_path: Path
) -> None:
    """Keys by URL, DIDs, types and statuses: whatever a bundle says, this server calls nobody."""

    def reply(handler: Any, _: bytes) -> None:
        handler.send_error(500)

    with serve(reply) as stranger:
        host = stranger.url.removeprefix("http://")
        path = _believing(tmp_path / "trust.json", TrustedStatuses(("https://lists.example/",)))
        for service in make_service(trust_file=path):
            made, bundle = _log_dossier(service, f"{stranger.url}/one")
            value = bundle.to_value()
            bent: list[dict[str, Any]] = [
                {**value, "status_lists": [_pointing(stranger.url, name)]}
                for name in ("jku", "x5u", "x5c", "kid", "iss")
            ]
            for issuer in (f"did:web:{host}", stranger.url):
                changes = {"backup/iss": issuer}
                _, other = _log_dossier(service, f"{stranger.url}/one", **changes)
                bent.append(other.to_value())
            anchor = {**value["anchor"], "rpc": [stranger.url]}
            bent += [{**value, "anchor": anchor}, {**value, "trust": stranger.url}]
            for one in bent:
                report = service.verify(bundle=one, without_files=True)
                assert report.status_code == 200
                assert report.json()["verdict"] != "verified"
            assert stranger.requests == 0
            assert made


def _pointing(url: str, name: str) -> str:
    """Make a list whose header, or claim, says where its key is."""

    header: dict[str, Any] = {"alg": "ES256", "typ": "statuslist+jwt"}
    claims = StatusToken.parse(token(f"{url}/one")).jws.claims
    if name == "iss":
        claims["iss"] = url
    else:
        header[name] = [url] if name == "x5c" else url
    signing_input = ".".join(base64url.encode(canonicalize(part)) for part in (header, claims))
    return f"{signing_input}.{base64url.encode(KEY.sign(signing_input.encode()))}"


def test_trust_file_that_cannot_be_used_stops_the_start(
    make_service: Callable[..., Iterator[Service]], tmp_path: Path
) -> None:
    path = tmp_path / "trust.json"
    path.write_text("{}")
    with pytest.raises(Exception, match="cannot be used"):
        next(make_service(trust_file=path))
