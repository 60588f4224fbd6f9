"""A node on SQLite: started again, on another chain, with parts missing, beside another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from ledger.chain import Account, Chain
from ledger.errors import ConfigurationError, LedgerError, ReadOnlyError, UnavailableError
from ledger.log import Submission
from ledger.node import Node
from ledger.report import Check
from ledger.report import Status as Verdict
from ledger.settings import Settings
from ledger.statement import Statement, new_record_id
from ledger.store import AnchorState
from ledger.trust import Trust
from ledger.verify import verify
from tests.anchored_log import funded_key, new_registry
from tests.anvil import free_port, start_anvil
from tests.samples import transfer

AT_ONCE = {"publish_interval": 0.001, "anchor_interval": 0.001}


@contextmanager
def running(directory: Path, **given: Any) -> Iterator[Node]:
    """Open a node whose workers do not run: each step is taken here."""
    node = Node.open(Settings.load(data_dir=directory, **given))
    try:
        yield node
    finally:
        node.close()


def start_and_wait(node: Node, *, size: int) -> None:
    """Start a node's workers, and wait until they have published so much."""
    done = Event()
    wake = node.publisher.wake

    def published() -> None:
        wake()
        head = node.log.published()
        if head is not None and head.size == size:
            done.set()

    # What tells the anchoring worker of news tells us.
    node.publisher.wake = published  # type: ignore[method-assign]
    node.start()
    assert done.wait(30)


def refused(directory: Path, **given: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught, running(directory, **given):
        pass
    return caught.value


def log(node: Node, count: int = 1) -> list[Statement]:
    statements = [transfer() for _ in range(count)]
    submissions = [Submission.of(s) for s in statements]
    assert node.submit(submissions, submitter="tester").added == count
    return statements


def anchor(node: Node) -> None:
    """Publish and anchor what there is."""
    node.publish()
    published = node.log.published()
    assert published is not None
    while node.publisher.state.anchored < published.size:
        assert node.publisher.step().error is None


# Started again


def test_restart_goes_on_with_the_same_log_and_keys(tmp_path: Path) -> None:
    with running(tmp_path) as node:
        first = log(node, 3)
        verifier, head = node.log.verifier, node.log.head()
    with running(tmp_path) as node:
        assert (node.log.verifier, node.log.head()) == (verifier, head)
        assert node.log.read_only_reason is None
        (second,) = log(node)
        node.publish()
        assert [node.bundle(s.record_id).entry.index for s in (*first, second)] == [0, 1, 2, 3]


def test_restart_publishes_what_was_logged_before_it(tmp_path: Path) -> None:
    with running(tmp_path) as node:
        (statement,) = log(node)
        assert node.log.published() is None
    with running(tmp_path, **AT_ONCE) as node:
        start_and_wait(node, size=1)
        assert node.bundle(statement.record_id).entry.body == statement.entry


def test_restart_on_a_new_embedded_chain_anchors_the_head_again(tmp_path: Path) -> None:
    """The old bundle is undetermined for the new chain, and verified for whoever has pinned it."""
    with running(tmp_path) as node:
        (statement,) = log(node)
        anchor(node)
        old, old_trust = node.bundle(statement.record_id), node.trust()
    assert old.anchor is not None
    with running(tmp_path) as node:
        assert node.log.read_only_reason is None
        assert node.newest_anchor() is None
        anchor(node)
        new = node.bundle(statement.record_id)
        trust, chain = node.trust(), node.verifier_chain()
        assert new.anchor is not None
        assert new.anchor.chain != old.anchor.chain
        assert [row.state for row in node.log.store.anchors() if row.anchor == old.anchor] == [
            AnchorState.GONE
        ]
        report = verify(new.to_json(), trust=trust, chain=chain)
        assert report.verdict is Verdict.VERIFIED
        report = verify(old.to_json(), trust=trust, chain=chain)
        assert report.verdict is Verdict.UNDETERMINED
        assert {check.reason for check in unsure(report.checks)} == {"chain.gone"}
    pinned = old_trust.pin(old.anchor)
    assert verify(old.to_json(), trust=pinned).verdict is Verdict.VERIFIED
    assert verify(old.to_json(), trust=Trust.from_json(pinned.to_json())).sandbox


def unsure(checks: tuple[Check, ...]) -> list[Check]:
    return [check for check in checks if check.status is Verdict.UNDETERMINED]


# What is missing, or another's


@pytest.mark.parametrize("name", ["log.key", "operator.key"])
def test_key_missing_beside_a_log_is_told_and_the_key_put_back_goes_on(
    tmp_path: Path, name: str
) -> None:
    with running(tmp_path) as node:
        log(node)
    away = (tmp_path / name).rename(tmp_path / "away")
    assert refused(tmp_path).code == "key.missing"
    assert not (tmp_path / name).exists()
    away.rename(tmp_path / name)
    with running(tmp_path) as node:
        log(node)


def test_key_of_another_log_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with running(tmp_path / name, origin="example.com/log") as node:
            log(node)
    (tmp_path / "b" / "log.key").replace(tmp_path / "a" / "log.key")
    assert refused(tmp_path / "a").code == "log.other-key"


def test_another_origin_is_refused_and_the_same_goes_on(tmp_path: Path) -> None:
    with running(tmp_path, origin="example.com/log") as node:
        log(node)
    assert refused(tmp_path, origin="example.com/another").code == "settings.origin"
    with running(tmp_path, origin="example.com/log") as node:
        assert node.log.origin == "example.com/log"


def test_second_node_of_one_directory_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    with running(tmp_path) as node:
        assert refused(tmp_path).code == "settings.data-dir-in-use"
        log(node)
    with running(tmp_path) as node:
        assert node.log.head().size == 1


@pytest.mark.parametrize(
    "given",
    [
        {"chain_urls": "http://127.0.0.1:1"},
        {"chain_urls": "nonsense", "chain_contract": "11" * 20},
        {"database_url": "nonsense"},
        {"sender_key_file": Path("none")},
    ],
)
def test_refused_start_holds_nothing(tmp_path: Path, given: dict[str, Any]) -> None:
    """Neither directory nor database: the next start, put right, finds both free."""
    refused(tmp_path, **given)
    with running(tmp_path) as node:
        log(node)


# For reading only


def test_read_only_log_refuses_to_be_written_and_answers_reads(tmp_path: Path) -> None:
    with running(tmp_path) as node:
        (statement,) = log(node)
        anchor(node)
        log(node)
    # Closed, the database is one file.
    older = (tmp_path / "ledger.sqlite3").read_bytes()
    with running(tmp_path) as node:
        log(node)
        node.publish()
    (tmp_path / "ledger.sqlite3").write_bytes(older)
    with running(tmp_path) as node:
        assert node.log.read_only_reason is not None
        for write in (lambda: log(node), node.publish):
            with pytest.raises(ReadOnlyError) as caught:
                write()
            assert caught.value.code == "log.behind-head-record"
        state = node.publisher.step()
        assert state.error is not None
        assert state.error.code == "log.behind-head-record"
        # What stood on the chain that is gone is no anchor of today's.
        assert node.bundle(statement.record_id).entry.body == statement.entry
        assert node.trust().logs[0].origin == node.log.origin


# Submitting


def test_record_from_the_far_future_is_refused_and_its_line_named(tmp_path: Path) -> None:
    future = transfer(record_id=f"ffffffff-ffff-7{new_record_id()[15:]}")
    submissions = [Submission.of(s) for s in (transfer(), future)]
    with running(tmp_path) as node:
        with pytest.raises(LedgerError) as caught:
            node.submit(submissions, submitter="tester")
        assert caught.value.code == "statement.record-id-future"
        assert node.log.head().size == 0


def test_workers_publish_what_many_threads_submit(tmp_path: Path) -> None:
    logged: list[Statement] = []
    with running(tmp_path, **AT_ONCE) as node:
        threads = [Thread(target=lambda: logged.extend(log(node, 5))) for _ in range(8)]
        for thread in threads:
            thread.start()
        start_and_wait(node, size=40)
        for thread in threads:
            thread.join()
        found = {node.bundle(statement.record_id).entry.index for statement in logged}
        assert found == set(range(40))


# A chain that can be asked


@pytest.mark.chain
def test_start_without_its_node_goes_on_and_anchors_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with start_anvil(port=port) as node_process, Chain.connect(node_process.url) as chain:
        key = funded_key(chain)
        contract = new_registry(chain, Account.from_key(key))
        key_file = tmp_path / "sender.key"
        key_file.write_text(f"0x{key.hex()}")
        key_file.chmod(0o600)
        given: dict[str, Any] = {
            "chain_contract": contract.hex(),
            "sender_key_file": key_file,
            "chain_finality": "instant",
        }
        with running(tmp_path / "home", chain_urls=node_process.url, **given) as node:
            (first,) = log(node)
            anchor(node)
            identity = node.chain.identity()
        away = f"http://127.0.0.1:{free_port()}"
        with running(tmp_path / "home", chain_urls=away, **given) as node:
            # The chain is taken to be the one that it was.
            made = node.bundle(first.record_id).anchor
            assert made is not None
            assert made.chain == identity
            (second,) = log(node)
            node.publish()
            assert node.bundle(second.record_id).anchor is None
            with pytest.raises(UnavailableError):
                node.trust()
        with running(tmp_path / "home", chain_urls=node_process.url, **given) as node:
            anchor(node)
            assert node.bundle(second.record_id).anchor is not None


@pytest.mark.chain
def test_start_with_another_admin_than_the_one_who_opened_the_log_is_refused(
    tmp_path: Path,
) -> None:
    with start_anvil() as node_process, Chain.connect(node_process.url) as chain:
        files = {}
        for name in ("one", "other"):
            key = funded_key(chain)
            files[name] = tmp_path / name
            files[name].write_text(f"0x{key.hex()}")
            files[name].chmod(0o600)
        contract = new_registry(chain, Account.from_key(key))
        given: dict[str, Any] = {
            "chain_urls": node_process.url,
            "chain_contract": contract.hex(),
            "chain_finality": "instant",
        }
        with running(tmp_path / "home", sender_key_file=files["one"], **given) as node:
            log(node)
            anchor(node)
        error = refused(tmp_path / "home", sender_key_file=files["other"], **given)
        assert error.code == "settings.admin"
        # Another one may pay, as long as the log's own admin is named.
        given |= {"sender_key_file": files["other"], "admin_key_file": files["one"]}
        with running(tmp_path / "home", **given) as node:
            log(node)
            anchor(node)
