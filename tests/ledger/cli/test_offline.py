"""`--offline` opens no socket at all: held by the kernel, and by Python's own audit."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.crossproof import PROGRAM, environment, run
from tests.ledger.cli.conftest import Case

# Counts what `verify --offline` asks of sockets, and says so on stdout.
_AUDITED = """
import atexit, sys
events = []
sys.addaudithook(lambda event, _: events.append(event) if event.startswith("socket.") else None)
atexit.register(lambda: print(events))
from ledger.cli import main
main()
"""


def test_verify_offline_asks_python_for_no_socket(case: Case) -> None:
    command = [str(word) for word in ("verify", case.bundle, case.file, "--trust", case.trust)]
    offline = subprocess.run(
        [sys.executable, "-c", _AUDITED, *command, "--offline"],
        check=False, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert (offline.returncode, offline.stdout) == (0, "[]\n")
    # The same audit sees the sockets of a verification that may ask.
    case.believe(case.log.trust(pinned=False))
    online = subprocess.run(
        [sys.executable, "-c", _AUDITED, *command, "--rpc", "http://127.0.0.1:1"],
        check=False, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert online.returncode == 3
    assert "socket.connect" in online.stdout


def _without_network() -> list[str]:
    """The words that start a program without any network, or a skip that says why."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed")
    for words in ([unshare, "-n"], [unshare, "-rn"]):
        if subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0:
            return words
    pytest.skip("this machine does not permit a network namespace of one's own")


def test_verify_offline_works_where_there_is_no_network(case: Case) -> None:
    command = ("verify", case.bundle, case.file, "--trust", case.trust, "--offline")
    assert run(*command, prefix=_without_network()).code == 0


def test_verify_offline_imports_nothing_that_could_ask(case: Case) -> None:
    program = (
        f"{PROGRAM[-1].replace('main()', '')}\n"
        "import sys\n"
        "try: main()\n"
        "finally: print(*sorted({'web3', 'httpx2', 'requests', 'sqlalchemy', 'fastapi',"
        " 'eth_account', 'ledger.chain', 'ledger.client', 'ledger.store'} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "verify", case.bundle, case.file, "--trust", case.trust],
        check=False, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "\n")
