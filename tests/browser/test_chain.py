"""Nodes asked about an anchor, by both verifiers: the same answers from the same chain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from ledger.anchor import Anchor
from ledger.bundle import Bundle
from ledger.chain import Account, Chain
from ledger.cli.sources import find_sources
from ledger.node import Node
from ledger.settings import Settings
from ledger.submission import Submission
from ledger.trust import Trust
from ledger.verify import verify
from tests.anchored_log import funded_key, new_registry
from tests.anvil import Anvil, anvil, free_port
from tests.browser.conftest import Site
from tests.browser.judged import case
from tests.browser.node import answers
from tests.deadline import eventually
from tests.samples import transfer

__all__ = ["anvil"]

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module")
def online(
    anvil: Anvil, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Bundle, Trust]]:
    """Anchor a record on anvil; its trust file names the node and pins nothing."""
    directory = tmp_path_factory.mktemp("online")
    key_file = directory / "sender.key"
    with Chain.connect(anvil.url) as chain:
        key = funded_key(chain)
        contract = new_registry(chain, Account.from_key(key))
    key_file.write_text(f"0x{key.hex()}\n")
    key_file.chmod(0o600)
    settings = Settings.load(
        data_dir=directory / "ledger",
        chain_urls=(anvil.url,),
        chain_contract=f"0x{contract.hex()}",
        sender_key_file=key_file,
        anchor_interval=0.001,
    )
    with Node.open(settings) as node:
        statements = [transfer() for _ in range(5)]
        node.submit([Submission(s.record_id, s.entry) for s in statements], submitter="tester")
        record_id = statements[2].record_id
        eventually(lambda: node.newest_anchor() is not None, "an anchor")
        yield node.bundle(record_id), node.trust()


def _judged(bundle: Bundle, trust: Trust, *nodes: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Judge with both; give both reports."""
    asked = case("online", bundle, trust, now=datetime.now(UTC) + timedelta(days=1))
    sources = find_sources(asked.bundle, trust, nodes)
    ours = verify(
        asked.bundle,
        trust=trust,
        chain=sources.chain,
        accreditations=sources.accreditations,
        now=asked.now,
        without_files=True,
    ).to_value()
    (theirs,) = answers("judge.mjs", [{**asked.to_value(), "nodes": list(nodes)}])
    return json.loads(json.dumps(ours)), theirs


def test_anchor_on_chain_is_verified_and_the_log_s_standing_told(
    online: tuple[Bundle, Trust],
) -> None:
    ours, theirs = _judged(*online)
    assert theirs == ours
    assert theirs["verdict"] == "verified"
    assert ("log.standing", "active") in {(c["code"], c.get("subject")) for c in theirs["checks"]}


@pytest.mark.parametrize(
    "change",
    [
        {"transaction": b"\x09" * 32}, {"block_hash": b"\x09" * 32}, {"block_number": 1},
        {"block_number": 2**40}, {"block_time": 5}, {"log_id": b"\x09" * 32},
        {"root": b"\x09" * 32}, {"sandbox": False}, {"size": 4},
    ],
    ids=str,
)  # fmt: skip
def test_changed_anchor_is_judged_alike(
    online: tuple[Bundle, Trust], change: dict[str, Any]
) -> None:
    bundle, trust = online
    assert bundle.anchor is not None
    changed: Anchor = replace(bundle.anchor, **change)
    ours, theirs = _judged(replace(bundle, anchor=changed), trust)
    assert theirs == ours
    assert theirs["verdict"] != "verified"


def test_too_few_nodes_that_answer_leave_it_undetermined(online: tuple[Bundle, Trust]) -> None:
    bundle, trust = online
    (chain,) = trust.chains
    away = f"http://127.0.0.1:{free_port()}/"
    both = replace(trust, chains=(replace(chain, rpc=(*chain.rpc, away), agree=2),))
    for believed, nodes in ((both, ()), (trust, (away,))):
        ours, theirs = _judged(bundle, believed, *nodes)
        assert _codes(theirs) == _codes(ours)
        assert ("anchor.chain", "undetermined", "chain.unavailable") in _codes(theirs)


def test_finality_that_is_not_reached_is_undetermined(online: tuple[Bundle, Trust]) -> None:
    bundle, trust = online
    text = trust.to_json().replace('"instant"', '"confirmations:100000"')
    ours, theirs = _judged(bundle, Trust.from_json(text))
    assert theirs == ours
    assert ("anchor.chain", "undetermined", "anchor.not-final") in _codes(theirs)


def test_page_asks_the_node_that_the_visitor_names_and_no_other(
    online: tuple[Bundle, Trust], browser: Browser, site: Site, tmp_path: Path
) -> None:
    bundle, trust = online
    (chain,) = trust.chains
    (node,) = chain.rpc
    nameless = replace(trust, chains=(replace(chain, rpc=()),))
    (tmp_path / "x.bundle.json").write_text(bundle.to_json(), "utf-8")
    (tmp_path / "trust.json").write_text(nameless.to_json(), "utf-8")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site.address}/verify?lang=en")
        page.set_input_files("#choose", [str(path) for path in tmp_path.iterdir()])
        page.wait_for_selector("#verdict.undetermined")
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page.click("#believed summary")
        page.fill("#nodes", node)
        page.locator("#nodes").blur()
        page.wait_for_selector("#verdict.verified")
        assert {url.rstrip("/") for url in asked} == {node}
        assert "Asked directly: 127.0.0.1" in page.inner_text("#facts")


def _codes(report: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(c["code"], c["status"], c.get("reason")) for c in report["checks"]]
