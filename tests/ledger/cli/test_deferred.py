"""Commands are imported when they are called, and what is said of them before is what they say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ledger.cli import app
from ledger.cli.deferred import DeferredCommand
from tests.crossproof import environment
from tests.ledger.cli.conftest import Case

# What a verifier without sockets has no use for: servers, databases, settings, HTTP, chains, pages.
_NEVER = frozenset(
    {
        "Crypto", "alembic", "anyio", "api", "cffi", "eth_account", "eth_hash", "eth_tester",
        "fastapi", "httpx2", "jinja2", "pycparser", "pydantic", "pydantic_core",
        "pydantic_settings", "pypdf", "requests", "rich", "sqlalchemy", "sqlite3", "starlette",
        "structlog", "typst", "uvicorn", "web3",
    }
)  # fmt: skip
# All that it does import beside Python's own. A line more here is a slower start: give its reason.
_IMPORTED = frozenset(
    {
        "_cffi_backend", "_libsecp256k1", "_openssl", "annotated_doc", "coincurve",
        "cryptography", "ledger", "msgspec", "rfc8785", "shellingham", "typer",
        "typing_extensions",
    }
)  # fmt: skip
# Parts, and what is Python's own, that are slow to import and did come along.
_SLOW = frozenset(
    {
        "asyncio", "cryptography.hazmat.primitives.serialization.ssh", "ctypes", "email", "http",
        "importlib.metadata", "importlib.resources", "logging", "random", "ssl", "tempfile",
        "urllib.request", "zipfile",
    }
)  # fmt: skip
_LISTED = """
import sys
before = set(sys.modules)
from ledger.cli import main
try:
    main()
finally:
    names = {name.partition(".")[0] for name in sys.modules.keys() - before}
    apart = ("__editable__", "_sysconfigdata")
    print(*sorted(n for n in names - sys.stdlib_module_names if not n.startswith(apart)))
    print(*sorted(name for name in sys.modules if name.startswith("ledger.")))
    print(*sorted(sys.modules.keys() - before))
"""


def _modules(*arguments: object) -> tuple[set[str], set[str], set[str]]:
    """Run a command; give what it imported of others, of ours, and all."""
    done = subprocess.run(
        [sys.executable, "-c", _LISTED, *(str(a) for a in arguments)],
        check=True, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    *_, others, ours, everything = done.stdout.splitlines()
    return set(others.split()), set(ours.split()), set(everything.split())


def test_verify_offline_imports_what_is_listed_and_no_more(case: Case) -> None:
    others, ours, everything = _modules(
        "verify", case.bundle, case.file, "--trust", case.trust, "--offline"
    )
    assert others & _NEVER == set()
    assert others <= _IMPORTED
    assert everything & _SLOW == set()
    assert "ledger.verify" in ours
    assert {name for name in ours if name.startswith("ledger.cli.")} == {
        f"ledger.cli.{name}"
        for name in (
            "console",
            "deferred",
            "failure",
            "files",
            "options",
            "plain",
            "sources",
            "times",
            "verify",
        )
    }
    assert {"ledger.certificate_chain", "ledger.chain", "ledger.settings"} & ours == set()


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_of_the_program_imports_no_command(words: list[str]) -> None:
    others, ours, _ = _modules(*words)
    assert {n for n in ours if n.startswith("ledger.cli.")} == {
        "ledger.cli.console", "ledger.cli.deferred", "ledger.cli.failure", "ledger.cli.plain",
    }  # fmt: skip
    assert others & _NEVER == set()


@pytest.mark.parametrize("name", list(app.commands))
def test_summary_of_a_command_is_its_own_first_line(name: str) -> None:
    deferred = app.commands[name]
    assert isinstance(deferred, DeferredCommand)
    itself = deferred.load()
    assert deferred.help == itself.help.partition("\n\n")[0].replace("\n", " ")
    assert itself.name == name


def test_words_that_are_no_command_are_told_which_is_meant() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from ledger.cli import main; main()", "verfy"],
        check=False, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert done.returncode == 2
    assert "Did you mean 'verify'?" in done.stderr
