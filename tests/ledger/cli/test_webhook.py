"""`crossproof webhook`: made, listed, removed over HTTP; and what was told, checked."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from ledger.webhook import Secret
from tests.anvil import free_port
from tests.crossproof import CommandLine, environment, serving
from tests.deadline import eventually
from tests.hooked import Received, receiving
from tests.samples import transfer


def test_webhook_is_added_told_checked_and_removed(crossproof: CommandLine, here: Path) -> None:
    with receiving() as receiver, serving(here / "data", ANCHOR_INTERVAL="0.05") as served:
        server = ("--server", served.url)
        made = crossproof(
            "webhook", "add", f"{receiver.url}/hook", "--event", "record.logged", *server, "--json"
        )
        assert made.code == 0, made.stderr
        value = json.loads(made.stdout)
        listed = crossproof("webhook", "list", *server)
        assert f"{value['id']}  active  {receiver.url}/hook  (record.logged)" in listed.stdout
        shown = crossproof("webhook", "list", *server, "--json")
        assert value["secret"] not in shown.stdout
        served.post([transfer()])
        eventually(lambda: receiver.received, "it is told")
        (came,) = receiver.received
        removed = crossproof("webhook", "remove", value["id"], *server, "--json")
        assert (removed.code, json.loads(removed.stdout)) == (0, {"id": value["id"]})
        again = crossproof("webhook", "remove", value["id"], *server)
        assert (again.code, "[webhook.unknown]" in again.stderr) == (1, True), again.stderr
        refused = crossproof("webhook", "add", "https://169.254.169.254/", *server)
        assert (refused.code, "[webhook.address]" in refused.stderr) == (1, True), refused.stderr
    checks(crossproof, here, came, value["secret"])


def checks(crossproof: CommandLine, here: Path, came: Received, secret: str) -> None:
    """Check a message that came, and what somebody might have made of it."""
    (here / "body.json").write_bytes(came.body)
    (here / "other.json").write_bytes(came.body.replace(b"record.logged", b"record.sogged"))
    headers: dict[str, Any] = {
        "--id": came.id,
        "--timestamp": came.headers["webhook-timestamp"],
        "--signature": came.headers["webhook-signature"],
    }

    def verify(name: str = "body.json", **given: str) -> tuple[int, str]:
        words = headers | {f"--{name}": value for name, value in given.items()}
        outcome = crossproof(
            "webhook", "verify", name, *(part for pair in words.items() for part in pair),
            "--json", WEBHOOK_SECRET=given.pop("secret", secret),
        )  # fmt: skip
        return outcome.code, outcome.told_code if outcome.code else outcome.stdout

    code, answer = verify()
    assert (code, json.loads(answer)) == (0, {"verdict": "verified", "id": came.id})
    assert verify("other.json") == (1, "webhook.signature")
    assert verify(id="msg_other") == (1, "webhook.signature")
    assert verify(at="2020-01-01T00:00:00Z") == (1, "webhook.time")
    assert verify(secret=Secret.generate().text()) == (1, "webhook.signature")
    assert verify(secret=secret[:9]) == (2, "webhook.secret")


def test_server_that_is_killed_tells_again_what_was_on_its_way(
    crossproof: CommandLine, here: Path
) -> None:
    answers: list[int | None] = [None]
    with receiving(lambda _: answers.pop(0) if answers else 204) as receiver:
        with serving(here / "data") as served:
            made = crossproof(
                "webhook", "add", receiver.url, "--event", "record.logged", "--server", served.url,
                "--json",
            )  # fmt: skip
            assert made.code == 0, made.stderr
            served.post([transfer()])
            eventually(lambda: receiver.received, "it is told")
            served.process.send_signal(signal.SIGKILL)
            served.process.wait()
        with serving(here / "data"):
            eventually(lambda: len(receiver.received) > 1, "it is told again")
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)


def test_receiver_of_the_documentation_takes_what_is_sent(
    crossproof: CommandLine, here: Path, repository: Path
) -> None:
    (program,) = re.findall(
        r"```python\n(.*?)```", (repository / "docs/webhooks.md").read_text(), re.DOTALL
    )
    assert len(program.strip().splitlines()) <= 30
    port = free_port()
    with serving(here / "data", ANCHOR_INTERVAL="0.05") as served:
        made = crossproof(
            "webhook", "add", f"http://127.0.0.1:{port}/", "--server", served.url, "--json"
        )
        secret = json.loads(made.stdout)["secret"]
        statement = transfer()
        with subprocess.Popen(
            [sys.executable, "-I", "-c", program],
            env=environment(WEBHOOK_SECRET=secret, PORT=str(port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as receiver:
            try:
                served.post([statement])
                assert receiver.stdout is not None
                # The reader itself waits: for the test's own time limit at the longest.
                told = [receiver.stdout.readline().split() for _ in range(4)]
            finally:
                receiver.kill()
    states = ("logged", "published", "anchored", "final")
    assert told == [[f"record.{state}", statement.value["record_id"]] for state in states]
