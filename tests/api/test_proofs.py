from __future__ import annotations

import json
import time
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest

from api.waiting import MAX_WAIT_SECONDS
from ledger.bundle import MEDIA_TYPE, Bundle
from ledger.canonical import canonicalize
from ledger.checkpoint import open_checkpoint
from ledger.errors import UnavailableError
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.note import Verifier
from ledger.report import Status
from ledger.tile import Tile, decode_entries, tiles_between
from ledger.tree import Tree
from ledger.trust import Trust
from ledger.verify import verify
from tests.api.service import Service, plan, transfer


def test_bundle_is_awaited_until_published_then_anchored(fresh: Service) -> None:
    statement = transfer()
    path = f"/v1/records/{statement['record_id']}/bundle"
    fresh.record(statement)

    waiting = fresh.get(path, "shenzhen")
    assert waiting.status_code == 202
    assert waiting.headers["retry-after"] == "1"
    assert waiting.json() == {"record_id": statement["record_id"], "state": "logged"}

    fresh.publish()
    published = fresh.get(path, "shenzhen")
    assert published.status_code == 200
    assert published.headers["content-type"] == MEDIA_TYPE
    assert published.headers["cache-control"] == "private, no-cache"
    assert statement["record_id"] in published.headers["content-disposition"]
    assert Bundle.from_json(published.content).anchor is None

    fresh.anchor()
    tag = {"If-None-Match": published.headers["etag"]}
    anchored = fresh.get(path, "shenzhen", headers=tag)
    assert anchored.status_code == 200
    assert Bundle.from_json(anchored.content).anchor is not None
    tag = {"If-None-Match": anchored.headers["etag"]}
    unchanged = fresh.get(path, "shenzhen", headers=tag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_bundle_verifies_without_the_server(fresh: Service) -> None:
    statement = transfer()
    fresh.record(statement)
    fresh.anchor()
    text = fresh.get(f"/v1/records/{statement['record_id']}/bundle", "hongkong").content
    bundle = Bundle.from_json(text)
    assert bundle.anchor is not None
    trust = Trust.from_json(fresh.get("/v1/trust").content).pin(bundle.anchor)
    report = verify(text, trust=trust)
    assert report.verdict is Status.VERIFIED
    assert report.statement == statement


def test_bundle_brings_ones_own_plan_along(fresh: Service) -> None:
    covering = plan()
    covered = transfer(covered_by=coverage(covering))
    fresh.batch([covering, covered])
    fresh.publish()
    for reader in ("shenzhen", "hongkong", "auditor"):
        answer = fresh.get(f"/v1/records/{covered['record_id']}/bundle", reader)
        assert b64decode(answer.json()["plan"]["body"]) == canonicalize(covering)


def test_bundle_of_a_transfer_that_names_a_strangers_plan_is_without_it(fresh: Service) -> None:
    """Leaf hashes are public: naming a plan must not be a way to read it."""
    secret = plan()
    thief = transfer(covered_by=coverage(secret), recipient={"id": "stranger"})
    assert fresh.record(thief, "stranger").status_code == 201
    assert fresh.record(secret).status_code == 201
    fresh.publish()
    path = f"/v1/records/{thief['record_id']}/bundle"
    assert "plan" not in fresh.get(path, "stranger").json()
    assert "plan" in fresh.get(path, "auditor").json()


def coverage(covering: dict[str, Any]) -> dict[str, Any]:
    return {
        "plan": {
            "record_id": covering["record_id"],
            "leaf_hash": leaf_hash(canonicalize(covering)).hex(),
        },
        "sequence": 1,
        "persons": {"personal": 1, "sensitive": 0},
    }


def test_bundle_formats_for_other_tools_hold_the_same_proof(fresh: Service) -> None:
    statements = [transfer() for _ in range(5)]
    fresh.batch(statements)
    fresh.publish()
    path = f"/v1/records/{statements[3]['record_id']}/bundle"
    bundle = Bundle.from_json(fresh.get(path, "shenzhen").content)

    proof = fresh.get(path, "shenzhen", params={"format": "tlog-proof"})
    assert proof.headers["content-type"] == "text/plain; charset=utf-8"
    assert proof.text.startswith("c2sp.org/tlog-proof@v1\nindex 3\n")
    assert proof.text.endswith(bundle.checkpoint)

    steps = fresh.get(path, "shenzhen", params={"format": "merkletools"}).json()
    node = leaf_hash(canonicalize(statements[3]))
    for step in steps:
        ((side, sibling),) = step.items()
        left, right = (bytes.fromhex(sibling), node) if side == "left" else (
            node, bytes.fromhex(sibling),
        )  # fmt: skip
        node = sha256(b"\x01" + left + right).digest()
    assert node == fresh.node.log.head().root

    wrong = fresh.get(path, "shenzhen", params={"format": "pdf"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "request.parameter")


def test_tiles_rebuild_the_checkpoint_and_the_entries_its_leaves(fresh: Service) -> None:
    """What a monitor does: everything is fetched, nothing is believed but the log's key."""
    statements = [transfer() for _ in range(600)]
    fresh.batch(statements[:300])
    fresh.publish()
    fresh.batch(statements[300:])
    fresh.publish()
    key = Verifier.from_string(fresh.get("/v1/log").json()["key"])
    head, _ = open_checkpoint(fresh.get("/checkpoint").text, key)
    assert head.size == 600

    def read(tile: Tile) -> bytes:
        answer = fresh.get(f"/{tile.path()}")
        assert answer.status_code == 200, tile.path()
        return bytes(answer.content)

    tree = Tree(head.size, read)
    assert tree.root() == head.root
    entries: list[bytes] = []
    for number, width in ((0, 256), (1, 256), (2, 88)):
        answer = fresh.get(f"/{Tile(-1, number, width).path()}", "auditor")
        entries += decode_entries(answer.content, width)
    assert entries == [canonicalize(statement) for statement in statements]
    for index in (0, 299, 300, 599):
        verify_inclusion(
            leaf_hash=leaf_hash(entries[index]),
            index=index,
            size=head.size,
            proof=tree.inclusion_proof(index),
            root=head.root,
        )
    for tile in tiles_between(0, 600):
        answer = fresh.get(f"/{tile.path()}", "auditor")
        assert answer.status_code == 200
        kept = "private" if tile.level < 0 else "public"
        assert answer.headers["cache-control"] == f"{kept}, max-age=31536000, immutable"
        again = fresh.get(
            f"/{tile.path()}", "auditor", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304


@pytest.fixture(scope="module")
def log_of_300(service: Service) -> Service:
    """300 entries are published, and 10 more are logged."""
    service.batch([transfer() for _ in range(300)])
    service.publish()
    service.batch([transfer() for _ in range(10)])
    return service


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001",  # only a partial one is there
        "tile/0/001.p/45",  # logged, not published
        "tile/0/002",
        "tile/1/000.p/2",
        "tile/2/000",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/1",
        "tile/0/x000/001",
        "tile/00/000",
        "tile/64/000",
        "tile/0/000/%2e%2e/000",
        "tile/",
        "tile/0/000.p/1/",
        "tile/0/%00",
    ],
)
def test_tile_that_is_not_published_is_not_there(log_of_300: Service, path: str) -> None:
    answer = log_of_300.get(f"/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] in {"tile.unknown", "tile.path"}


@pytest.mark.parametrize("path", ["tile/entries/001", "tile/entries/001.p/45", "tile/entries/1"])
def test_entry_bundle_that_is_not_published_is_not_there(log_of_300: Service, path: str) -> None:
    assert log_of_300.get(f"/{path}", "auditor").status_code == 404


def test_tile_partial_is_a_prefix_of_the_full_one(log_of_300: Service) -> None:
    full = log_of_300.get("/tile/0/000").content
    assert len(full) == 256 * 32
    assert log_of_300.get("/tile/0/000.p/3").content == full[: 3 * 32]
    assert len(log_of_300.get("/tile/0/001.p/44").content) == 44 * 32


@pytest.mark.parametrize(
    ("reader", "status"), [("auditor", 200), ("shenzhen", 403), ("nobody", 403), (None, 401)]
)
def test_entry_bundle_needs_the_scope_audit(
    log_of_300: Service, reader: str | None, status: int
) -> None:
    assert log_of_300.get("/tile/entries/000", reader).status_code == status


def test_checkpoint_is_not_there_before_the_first(fresh: Service) -> None:
    answer = fresh.get("/checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (404, "checkpoint.none")
    assert fresh.get("/tile/0/000").json()["code"] == "checkpoint.none"


def test_checkpoint_is_asked_for_anew_each_time(log_of_300: Service) -> None:
    answer = log_of_300.get("/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    tag = {"If-None-Match": answer.headers["etag"]}
    assert log_of_300.get("/checkpoint", headers=tag).status_code == 304


def test_anchors_pages_give_each_once_by_size(fresh: Service) -> None:
    for _ in range(3):
        fresh.record(transfer())
        fresh.anchor()
    everything = fresh.get("/v1/anchors").json()
    assert "next" not in everything
    anchors = everything["anchors"]
    assert [anchor["size"] for anchor in anchors] == [1, 2, 3]
    assert {anchor["state"] for anchor in anchors} == {"final"}
    assert {anchor["sandbox"] for anchor in anchors} == {True}
    first = fresh.get("/v1/anchors", params={"limit": 2}).json()
    rest = fresh.get("/v1/anchors", params={"limit": 2, "cursor": first["next"]}).json()
    assert first["anchors"] + rest["anchors"] == anchors
    assert "next" not in rest


def test_log_tells_how_far_it_has_come(fresh: Service) -> None:
    empty = fresh.get("/v1/log", "sensor").json()
    assert (empty["head"]["size"], empty["anchored"], empty["read_only"]) == (0, None, None)
    assert empty["chain"]["sandbox"] is True
    assert empty["key"] == str(fresh.node.log.verifier)
    fresh.batch([transfer(), transfer()])
    fresh.anchor()
    fresh.record(transfer())
    log = fresh.get("/v1/log", "sensor").json()
    assert (log["head"]["size"], log["published"]["size"], log["anchored"]["size"]) == (3, 2, 2)
    assert log["anchored"]["log_id"] == log["log_id"]


@pytest.mark.parametrize("organisation", [None, "nobody"])
def test_log_tells_strangers_nothing_beyond_the_checkpoint(
    fresh: Service, organisation: str | None
) -> None:
    """How much is logged between two checkpoints is the business of those who log it."""
    fresh.record(transfer())
    log = fresh.get("/v1/log", organisation).json()
    assert (log["head"], log["published"]) == (None, None)
    fresh.publish()
    fresh.record(transfer())
    root = fresh.node.log.head().root.hex()
    answer = fresh.get("/v1/log", organisation)
    assert (answer.json()["head"], answer.json()["published"]["size"]) == (None, 1)
    assert root not in answer.text


def test_log_asked_with_an_unknown_key_is_refused(fresh: Service) -> None:
    answer = fresh.get("/v1/log", headers={"Authorization": "Bearer cpk_x_y"})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unknown-key")


def test_log_is_told_while_its_chain_is_away(
    fresh: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def away() -> Trust:
        nonlocal asked
        asked += 1
        raise UnavailableError("chain.unreachable", "no answer")

    with monkeypatch.context() as patched:
        patched.setattr(fresh.node, "trust", away)
        for _ in range(5):
            assert fresh.get("/v1/log").json()["chain"] is None
            answer = fresh.get("/v1/trust")
            assert (answer.status_code, answer.json()["code"]) == (503, "chain.unreachable")
            assert answer.headers["retry-after"] == "1"
        # Callers do not make the node ask; time does.
        assert asked == 1
    monkeypatch.setattr("api.beliefs.monotonic", lambda: float("inf"))
    assert fresh.get("/v1/log").json()["chain"]["sandbox"] is True
    monkeypatch.setattr(fresh.node, "trust", away)
    assert fresh.get("/v1/log").json()["chain"]["sandbox"] is True


def test_trust_keeps_the_operators_own_nodes_to_itself(fresh: Service) -> None:
    """An address may carry the operator's account at a provider."""
    address = "https://user:secret@rpc.example/v3/secret"
    settings = fresh.node.settings
    fresh.node.settings = settings.model_copy(update={"chain_urls": (address,)})
    assert fresh.node.trust().chains[0].rpc == (address,)
    for path in ("/v1/trust", "/v1/log"):
        assert "secret" not in fresh.get(path).text
    trust = Trust.from_json(fresh.get("/v1/trust").content)
    assert (trust.chains[0].rpc, trust.chains[0].agree) == ((), 1)
    assert trust.logs == fresh.node.trust().logs


@pytest.mark.parametrize(
    "path", ["/checkpoint", "/tile/0/000", "/v1/anchors", "/v1/log", "/v1/trust", "/openapi.json"]
)
def test_public_reads_are_open_to_web_pages(log_of_300: Service, path: str) -> None:
    answer = log_of_300.get(path)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    preflight = log_of_300.client.options(
        path, headers={"Origin": "https://verifier.example", "Access-Control-Request-Method": "GET"}
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-methods"] == "GET"


@pytest.mark.parametrize(
    "path", ["/v1/records", "/tile/entries/000", "/metrics", "/readyz", "/v1/verifications"]
)
def test_everything_else_is_closed_to_web_pages(log_of_300: Service, path: str) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    answers = [
        log_of_300.get(path, "auditor", headers=origin),
        log_of_300.client.options(path, headers={**origin, "Access-Control-Request-Method": "GET"}),
    ]
    for answer in answers:
        assert "access-control-allow-origin" not in answer.headers


def test_problem_of_a_public_read_is_readable_by_web_pages(log_of_300: Service) -> None:
    assert log_of_300.get("/tile/0/009").headers["access-control-allow-origin"] == "*"


def test_merkletools_of_one_entry_is_an_empty_path(fresh: Service) -> None:
    statement = transfer()
    fresh.record(statement)
    fresh.publish()
    path = f"/v1/records/{statement['record_id']}/bundle?format=merkletools"
    assert json.loads(fresh.get(path, "shenzhen").content) == []


# Waiting


def test_bundle_is_waited_for_where_the_caller_prefers_to(fresh: Service) -> None:
    statement = transfer()
    fresh.record(statement)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(bundle_waiting, fresh, statement, "wait=5")
        # It waits: nothing has been published, and nobody else does it.
        with pytest.raises(TimeoutError):
            asked.result(timeout=0.5)
        fresh.publish()
        assert asked.result(timeout=4).status_code == 200


@pytest.mark.parametrize("prefer", ["wait=0", "respond-async", "wait=-5", "wait", "xwait=5", ""])
def test_bundle_is_not_waited_for_where_nobody_prefers_to(fresh: Service, prefer: str) -> None:
    statement = transfer()
    fresh.record(statement)
    started = time.monotonic()
    assert bundle_waiting(fresh, statement, prefer).status_code == 202
    assert time.monotonic() - started < MAX_WAIT_SECONDS


def test_bundle_that_is_not_published_in_time_is_to_be_asked_for_again(fresh: Service) -> None:
    statement = transfer()
    fresh.record(statement)
    answer = bundle_waiting(fresh, statement, "respond-async, Wait=1")
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")


def test_bundle_that_one_may_not_see_is_not_waited_for(fresh: Service) -> None:
    statement = transfer()
    fresh.record(statement)
    started = time.monotonic()
    answer = bundle_waiting(fresh, statement, "wait=5", "stranger")
    assert answer.status_code == 404
    assert time.monotonic() - started < MAX_WAIT_SECONDS


def bundle_waiting(
    service: Service, statement: dict[str, Any], prefer: str, who: str = "shenzhen"
) -> Any:
    path = f"/v1/records/{statement['record_id']}/bundle"
    return service.get(path, who, headers={"Prefer": prefer})
