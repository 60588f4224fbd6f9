"""Several servers of one log on PostgreSQL and a real node: who publishes, anchors, goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ledger.chain import Account, Chain
from tests.anchored_log import funded_key, new_registry
from tests.anvil import Anvil
from tests.crossproof import CommandLine, Served, serving
from tests.deadline import eventually
from tests.hooked import receiving
from tests.postgres import Server
from tests.samples import transfer

pytestmark = [pytest.mark.chain, pytest.mark.postgres]

_TAKE_OVER_SECONDS = 5.0

Start = Callable[..., Served]


@pytest.fixture
def start(anvil: Anvil, postgres_server: Server, tmp_path: Path) -> Iterator[Start]:
    """Start servers of one log, each with a port of its own."""
    with Chain.connect(anvil.url) as chain:
        key = funded_key(chain)
        contract = new_registry(chain, Account.from_key(key))
    environment = {
        "DATABASE_URL": postgres_server.empty_database(),
        "CHAIN_URLS": anvil.url,
        "CHAIN_CONTRACT": f"0x{contract.hex()}",
        "CHAIN_FINALITY": "instant",
        "OPERATOR_KEY": f"0x{key.hex()}",
        "ANCHOR_INTERVAL": "0.05",
    }
    with ExitStack() as running:

        def begin(**more: str) -> Served:
            home = tmp_path / "home"
            return running.enter_context(serving(home, **environment, **more))

        yield begin


def ready(served: Served) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(served.get("/readyz"))
    return value


def anchoring(served: Served) -> str:
    """Give the status of a server's own publisher."""
    return str(ready(served)["anchoring"]["status"])


def waiting(served: Served) -> int:
    """Count the messages that no webhook is known to have taken."""
    text = served.get("/metrics").decode()
    line = re.search(r"^crossproof_webhook_messages_waiting (\d+)", text, re.MULTILINE)
    assert line is not None
    return int(line[1])


def anchored(served: Served) -> int:
    """Give the size of the newest anchor, whichever server made it."""
    rows = json.loads(served.get("/v1/anchors"))["anchors"]
    return max((row["size"] for row in rows), default=0)


def test_servers_of_one_log_take_turns_and_one_publishes_and_anchors_for_all(
    start: Start,
) -> None:
    one, other = start(), start()
    eventually(lambda: ready(one)["leading"], "the first one leads")
    for served in (one, other, other):
        assert served.post([transfer() for _ in range(3)]) == 201
    eventually(lambda: ready(other)["size"] == 9, "published for both")
    eventually(lambda: anchored(other) == 9, "anchored for both")
    assert not ready(other)["leading"]
    assert anchoring(other) == "standby"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_another_server_publishes_and_anchors_soon_after_the_leading_one_is_gone(
    start: Start, number: signal.Signals
) -> None:
    leading, other = start(), start()
    eventually(lambda: ready(leading)["leading"], "the first one leads")
    assert leading.post([transfer()]) == 201
    eventually(lambda: anchored(other) == 1, "anchored")
    leading.process.send_signal(number)
    gone_at = time.monotonic()
    assert other.post([transfer()]) == 201
    eventually(lambda: ready(other)["size"] == 2, "published by the other")
    assert time.monotonic() - gone_at < _TAKE_OVER_SECONDS
    eventually(lambda: anchored(other) == 2, "anchored by the other")
    if number == signal.SIGSTOP:
        leading.process.send_signal(signal.SIGCONT)
        assert leading.post([transfer()]) == 201
        eventually(lambda: anchored(leading) == 3, "anchored for the one that was stopped")
        eventually(lambda: anchoring(leading) == "standby", "it sees that another one anchors")


def test_workers_serve_one_port_are_started_again_and_end_together(start: Start) -> None:
    served = start(WORKERS="2")

    def opened() -> int:
        return len(re.findall("files in", "".join(served.lines)))

    eventually(lambda: opened() == 2, "both serve")
    children = _children(served.process.pid)
    assert len(children) == 2
    assert served.post([transfer()]) == 201
    os.kill(children[0], signal.SIGKILL)
    eventually(lambda: opened() == 3, "another was started")
    assert served.post([transfer()]) == 201
    eventually(lambda: ready(served)["size"] == 2, "published")
    alive = _children(served.process.pid)
    said = served.stop()
    assert served.process.returncode == 0, said
    assert f"process {children[0]} ended with -9; starting another" in said
    assert "Traceback" not in said
    for child in alive:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_workers_whose_parent_is_killed_end_too(start: Start) -> None:
    served = start(WORKERS="2")
    eventually(lambda: len(re.findall("files in", "".join(served.lines))) == 2, "both serve")
    children = _children(served.process.pid)
    served.process.kill()
    served.process.wait()

    def is_running(child: int) -> bool:
        # Whoever inherits a process may be slow to take leave of it.
        status = Path(f"/proc/{child}/status")
        return status.exists() and "State:\tZ" not in status.read_text()

    eventually(lambda: not any(map(is_running, children)), "they end")


@pytest.mark.parametrize(
    "more", [{}, {"DATABASE_URL": "postgresql://nobody@/nothing"}], ids=["SQLite", "sandbox"]
)
def test_workers_of_what_only_one_can_serve_are_refused(
    crossproof: CommandLine, tmp_path: Path, more: dict[str, str]
) -> None:
    outcome = crossproof("serve", "--workers", 2, "--data-dir", tmp_path, PORT="0", **more)
    assert (outcome.code, "serve.workers" in outcome.stderr) == (2, True), outcome.stderr


def test_workers_whose_settings_cannot_be_used_end_with_code_2(
    crossproof: CommandLine, tmp_path: Path, anvil: Anvil, postgres_server: Server
) -> None:
    outcome = crossproof(
        "serve", "--workers", 2, "--data-dir", tmp_path, PORT="0",
        DATABASE_URL=postgres_server.empty_database(), CHAIN_URLS=anvil.url,
    )  # fmt: skip
    assert (outcome.code, "settings.chain-contract" in outcome.stderr) == (2, True), outcome.stderr


def _children(parent: int) -> list[int]:
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(word) for word in text.split()]


def test_servers_of_one_log_tell_a_webhook_once_and_go_on_where_one_is_killed(
    start: Start, crossproof: CommandLine
) -> None:
    with receiving() as receiver:
        one, other = start(), start()
        eventually(lambda: ready(one)["leading"], "the first one leads")
        made = crossproof(
            "webhook", "add", receiver.url, "--event", "record.logged", "--server", other.url
        )
        assert made.code == 0, made.stderr
        for served in (one, other, one):
            assert served.post([transfer() for _ in range(2)]) == 201
        # What was taken but is not yet written down is told again, by whoever goes on.
        eventually(lambda: len(receiver.told) >= 6 and not waiting(other), "all are told of")
        one.process.send_signal(signal.SIGKILL)
        assert other.post([transfer() for _ in range(2)]) == 201
        eventually(lambda: len(receiver.told) >= 8, "the other one goes on")
    assert sorted(item["index"] for _, item in receiver.told) == list(range(8))
    assert len({message.id for message in receiver.received}) == len(receiver.received)
