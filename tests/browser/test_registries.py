"""Registries on a chain and servers of status lists, asked by both verifiers: the same answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from ledger import status_list
from ledger.anchor import ChainIdentity
from ledger.bundle import Bundle
from ledger.chain import Chain
from ledger.chain.statuses import status_call
from ledger.cli.sources import find_sources
from ledger.contracts import load
from ledger.finality import INSTANT
from ledger.jwk import PrivateKey
from ledger.status import Action
from ledger.status_list import Statuses, TokenStatus
from ledger.trust import Source, Trust, TrustedChain, TrustedStatuses
from ledger.verify import verify
from tests.anvil import free_port, start_anvil
from tests.browser.conftest import Site
from tests.browser.judged import case
from tests.browser.node import answers
from tests.covered_transfer import ISSUED, KEY
from tests.logged_dossier import LATER, STRANGER, LoggedDossier

_ALL_STAGES = 0b111
_REGISTRY = frozenset({Source.REGISTRY})


@dataclass
class Registries:
    """Contracts of an anvil whose clock stands before the dossier's attestations."""

    url: str
    attestors: Contract
    attestations: Contract
    identity: ChainIdentity

    @property
    def accounts(self) -> Sequence[Any]:
        return list(self.attestors.w3.eth.accounts)

    def send(self, call: Any, sender: int = 0) -> None:
        sent = call.transact({"from": self.accounts[sender]})
        assert call.w3.eth.wait_for_transaction_receipt(sent)["status"] == 1

    def say(self, action: Action, leaf: bytes, sender: int) -> None:
        """Say something of a leaf in `AttestationRegistry`."""
        w3 = self.attestations.w3
        data = status_call(action, [leaf])
        sent = w3.eth.send_transaction(
            {"from": self.accounts[sender], "to": self.attestations.address, "data": data}
        )
        assert w3.eth.wait_for_transaction_receipt(sent)["status"] == 1

    def shown(self, whole: LoggedDossier, **rules: Any) -> tuple[Bundle, Trust]:
        """Give the bundle, and a trust file that pins its anchor; the chain tells the rest."""
        bundle = whole.bundle()
        assert bundle.anchor is not None
        anchor = replace(bundle.anchor, chain=self.identity, sandbox=True)
        chain = TrustedChain(
            self.identity,
            sandbox=True,
            finality=INSTANT,
            rpc=(self.url,),
            attestors=bytes.fromhex(self.attestors.address[2:]),
            attestations=bytes.fromhex(self.attestations.address[2:]),
        )
        trust = replace(
            whole.trust(),
            chains=(chain,),
            anchors=(anchor,),
            accreditations=(),
            status_sources=(TrustedStatuses(**rules),) if rules else (),
        )
        return replace(bundle, anchor=anchor), trust


@pytest.fixture(scope="module")
def registries() -> Iterator[Registries]:
    with start_anvil("--timestamp", str(ISSUED - 10**5)) as anvil:
        w3 = Web3(HTTPProvider(anvil.url))
        w3.eth.default_account = w3.eth.accounts[0]

        def deploy(name: str, *arguments: object) -> Contract:
            artifact = load(name)
            factory = w3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
            sent = factory.constructor(*arguments).transact()
            address = w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
            assert address is not None
            return w3.eth.contract(address=address, abi=artifact.abi)

        attestors = deploy("AttestorRegistry", w3.eth.accounts[0])
        attestations = deploy("AttestationRegistry", attestors.address)
        contract = bytes.fromhex(attestations.address[2:])
        with Chain.connect(anvil.url, contract=contract, finality=INSTANT) as chain:
            found = Registries(anvil.url, attestors, attestations, chain.identity())
        # Account 1 is China's authority, account 2 speaks for the attestors' key.
        call = attestors.functions
        found.send(call.appointAuthority(b"CN", found.accounts[1]))
        period = (ISSUED - 10**5, 2 * LATER)
        granted = (b"CN", KEY.public.thumbprint, found.accounts[2], _ALL_STAGES, *period)
        found.send(call.accredit(*granted), 1)
        yield found


def _judged(bundle: Bundle, trust: Trust) -> tuple[dict[str, Any], dict[str, Any]]:
    """Judge with both, each asking whom the trust file names; give both reports."""
    asked = case("asked", bundle, trust)
    sources = find_sources(asked.bundle, trust, ())
    ours = verify(
        asked.bundle,
        trust=trust,
        chain=sources.chain,
        accreditations=sources.accreditations,
        status_lists=sources.status_lists,
        registry=sources.registry,
        now=asked.now,
        without_files=True,
    ).to_value()
    (theirs,) = answers("judge.mjs", [{**asked.to_value(), "nodes": []}])
    return json.loads(json.dumps(ours)), theirs


def _told(report: dict[str, Any], code: str, subject: str) -> tuple[str, str | None]:
    (check,) = [c for c in report["checks"] if (c["code"], c.get("subject")) == (code, subject)]
    return check["status"], check.get("reason")


@pytest.mark.chain
def test_key_that_the_registry_accredits_is_accredited(registries: Registries) -> None:
    ours, theirs = _judged(*registries.shown(LoggedDossier(), required=_REGISTRY))
    assert theirs == ours
    assert theirs["verdict"] == "verified"
    assert _told(theirs, "attestation.accredited", "backup") == ("verified", None)
    assert _told(theirs, "attestation.status", "backup") == ("verified", None)


@pytest.mark.chain
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ((Action.SUSPEND,), ("failed", "attestation.suspended")),
        ((Action.SUSPEND, Action.REINSTATE), ("verified", None)),
        ((Action.REVOKE,), ("failed", "attestation.revoked")),
    ],
    ids=str,
)
def test_word_of_the_key_s_controller_counts(
    registries: Registries, said: tuple[Action, ...], told: tuple[str, str | None]
) -> None:
    whole = LoggedDossier()
    for action in said:
        registries.say(action, whole["backup"].leaf_hash, 2)
    registries.say(Action.REVOKE, whole["post_check"].leaf_hash, 3)
    ours, theirs = _judged(*registries.shown(whole))
    assert theirs == ours
    assert _told(theirs, "attestation.status", "backup") == told
    # A stranger's word changes nothing.
    assert _told(theirs, "attestation.status", "post-check") == ("verified", None)


@pytest.mark.chain
@pytest.mark.parametrize("actions", [(Action.STOP,), (Action.STOP, Action.REINSTATE)], ids=str)
def test_order_of_a_side_s_authority_stops_a_transfer(
    registries: Registries, actions: tuple[Action, ...]
) -> None:
    whole = LoggedDossier()
    for action in actions:
        registries.say(action, whole["transfer"].leaf_hash, 1)
    ours, theirs = _judged(*registries.shown(whole))
    assert theirs == ours
    stopped = [check for check in theirs["checks"] if check["code"] == "record.stopped"]
    assert [check["found"] for check in stopped] == (
        [] if actions[1:] else [f"an order of {registries.accounts[1].lower()}"]
    )


@pytest.mark.chain
def test_registry_that_does_not_answer_leaves_it_undetermined(registries: Registries) -> None:
    bundle, trust = registries.shown(LoggedDossier(), required=_REGISTRY)
    (chain,) = trust.chains
    for changed in (
        replace(chain, rpc=(f"http://127.0.0.1:{free_port()}/",)),
        replace(chain, attestations=bytes(20)),
        replace(chain, attestations=None),
    ):
        ours, theirs = _judged(bundle, replace(trust, chains=(changed,)))
        assert _codes(theirs) == _codes(ours)
        assert theirs["verdict"] == "undetermined"


class _Lists(BaseHTTPRequestHandler):
    texts: dict[str, str]
    asked: list[tuple[str, str | None]]
    allows_pages = True

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Cookie"]))
        text = self.texts.get(self.path)
        self.send_response(404 if text is None else 200)
        self.send_header("Content-Type", "application/statuslist+jwt")
        if self.allows_pages:
            self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _serving(*, allows_pages: bool = True) -> Iterator[tuple[str, type[_Lists]]]:
    """Serve status lists; give their address."""
    members = {"texts": {}, "asked": [], "allows_pages": allows_pages}
    handler = type("Lists", (_Lists,), members)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", handler
        finally:
            server.shutdown()
            thread.join()


def _listed(address: str, told: TokenStatus, key: PrivateKey = KEY) -> str:
    waiting = status_list.draft(
        key.public,
        Statuses.of({9: told}, size=5_000),
        address=address,
        issued_at=LATER - 60,
        expires_at=LATER + 86_400,
        time_to_live=60,
    )
    return waiting.sign(key).text


def _of_list(address: str) -> tuple[Bundle, Trust]:
    """Give a dossier whose backup is in the list there, which the trust file lets be asked."""
    whole = LoggedDossier({"backup/status": {"status_list": {"idx": 9, "uri": address}}})
    host = address.rsplit("/", 1)[0]
    rules = TrustedStatuses((f"{host}/",), frozenset({Source.LIST}))
    return whole.bundle(), replace(whole.trust(), status_sources=(rules,))


@pytest.mark.parametrize(
    ("served", "told"),
    [
        (lambda at: _listed(at, TokenStatus.VALID), ("verified", None)),
        (lambda at: _listed(at, TokenStatus.INVALID), ("failed", "attestation.revoked")),
        (lambda at: _listed(at, TokenStatus.SUSPENDED), ("failed", "attestation.suspended")),
        (
            lambda at: _listed(at, TokenStatus.VALID, STRANGER),
            ("undetermined", "status-list.stranger"),
        ),
        (lambda at: _listed(f"{at}x", TokenStatus.VALID), ("failed", "status-list.other")),
        (lambda _: "no list", ("undetermined", "status-list.unreachable")),
        (lambda _: None, ("undetermined", "status-list.unreachable")),
    ],
    ids=["valid", "invalid", "suspended", "stranger", "other", "no list", "none"],
)
def test_list_is_fetched_where_the_trust_file_lets_it(
    served: Any, told: tuple[str, str | None]
) -> None:
    with _serving() as (host, lists):
        text = served(f"{host}/1")
        if text is not None:
            lists.texts["/1"] = text
        bundle, trust = _of_list(f"{host}/1")
        ours, theirs = _judged(bundle, trust)
        assert theirs == ours
        assert _told(theirs, "attestation.status", "backup") == told
        assert lists.asked == [("/1", None)] * 2
        elsewhere = TrustedStatuses(("https://elsewhere.example/",), frozenset({Source.LIST}))
        ours, theirs = _judged(bundle, replace(trust, status_sources=(elsewhere,)))
        assert theirs == ours
        assert len(lists.asked) == 2


def test_page_fetches_a_list_and_is_undecided_where_its_server_refuses_pages(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    for allows_pages in (True, False):
        with _serving(allows_pages=allows_pages) as (host, lists), browser.new_context() as context:
            lists.texts["/1"] = _listed(f"{host}/1", TokenStatus.INVALID)
            bundle, trust = _of_list(f"{host}/1")
            (tmp_path / "x.bundle.json").write_text(bundle.to_json(), "utf-8")
            (tmp_path / "trust.json").write_text(trust.to_json(), "utf-8")
            page = context.new_page()
            page.clock.set_fixed_time(LATER)
            page.goto(f"{site.address}/verify?lang=en")
            page.set_input_files("#choose", [str(path) for path in tmp_path.iterdir()])
            verdict = "failed" if allows_pages else "undetermined"
            page.wait_for_selector(f"#verdict.{verdict}")
            told = page.locator('#checks li[data-code="attestation.status"]').nth(1)
            reason = "attestation.revoked" if allows_pages else "status-list.unreachable"
            assert reason in str(told.text_content())
            assert {path for path, _ in lists.asked} == {"/1"}


def _codes(report: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(c["code"], c["status"], c.get("reason")) for c in report["checks"]]
