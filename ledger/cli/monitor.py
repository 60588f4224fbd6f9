"""`crossproof monitor`: another party's log, followed; a fork is told with its proof."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.console import EXIT_CODES, Style, explain, problem, put, say
from ledger.cli.files import read_trust, write_file
from ledger.cli.options import AS_JSON, TRUST
from ledger.errors import ConfigurationError, LedgerError, MalformedError, UnavailableError
from ledger.report import Status

if TYPE_CHECKING:
    from ledger.archive.source import Source
    from ledger.monitor import Memory
    from ledger.trust import Trust

__all__ = ["monitor"]

# After these nothing that comes later from the log can be believed.
_LAST = frozenset({"monitor.fork", "monitor.anchor"})


def monitor(
    url: Annotated[str, typer.Argument(help="Where the log is served.")],
    *,
    trust: Annotated[Path, TRUST],
    state: Annotated[
        Path,
        typer.Option(
            "--state",
            envvar="CROSSPROOF_MONITOR_STATE",
            metavar="FILE",
            help="Where the last good head is remembered; never restored from a backup.",
        ),
    ],
    once: Annotated[
        bool, typer.Option("--once", envvar="CROSSPROOF_ONCE", help="Look once, and end.")
    ] = False,
    interval: Annotated[
        float, typer.Option(envvar="CROSSPROOF_INTERVAL", help="Seconds between looks.", min=0)
    ] = 60.0,
    max_age: Annotated[
        float | None,
        typer.Option(
            envvar="CROSSPROOF_MAX_AGE", help="Seconds without a new head that are bearable.", min=0
        ),
    ] = None,
    without_chain: Annotated[
        bool,
        typer.Option(
            "--without-chain",
            envvar="CROSSPROOF_WITHOUT_CHAIN",
            help="Ask no node; pinned anchors count.",
        ),
    ] = False,
    webhook: Annotated[
        str | None,
        typer.Option(envvar="CROSSPROOF_WEBHOOK", metavar="URL", help="Whom to tell of alarms."),
    ] = None,
    webhook_secret: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSPROOF_WEBHOOK_SECRET",
            help="whsec_…, which signs what is told; better given by the environment.",
        ),
    ] = None,
    proof_out: Annotated[
        Path | None,
        typer.Option(
            envvar="CROSSPROOF_PROOF_OUT", metavar="DIR", help="Where both signed heads are put."
        ),
    ] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Follow a log; raise the alarm where it forks, or what it has shown is gone.

    Example: crossproof monitor https://log.example.com --trust trust.json --state seen.json --once

    Each new head must contain the last good one, every pinned anchor, and the newest head on the
    chain. With --proof-out both signed heads of a fork are written: to show them to the contract,
    crossproof log report-equivocation. A fork ends it; of anything else it tells, and goes on.

    Exit code: 0 as it should be, 1 an alarm, 3 could not be asked: never an alarm.
    """
    from ledger.client import Client  # noqa: PLC0415 - httpx2
    from ledger.monitor import Memory  # noqa: PLC0415 - SQLAlchemy, and what follows

    believed = read_trust(trust)
    teller = _Teller(webhook, webhook_secret, proof_out)
    memory = Memory(state)
    age = None if max_age is None else timedelta(seconds=max_age)
    pause = threading.Event()
    with Client(url, named="URL") as client:
        while True:
            error = _look(client, believed, memory, max_age=age, ask_chain=not without_chain)
            teller.tell(error)
            if as_json:
                _put_look(url, error)
            if once or (error is not None and error.code in _LAST):
                break
            pause.wait(interval)
    if error is None:
        raise typer.Exit(EXIT_CODES[Status.VERIFIED])
    if isinstance(error, UnavailableError):
        raise typer.Exit(EXIT_CODES[Status.UNDETERMINED])
    raise typer.Exit(EXIT_CODES[Status.FAILED])


def _put_look(url: str, error: LedgerError | None) -> None:
    """Write what a look came to, one JSON object a line."""
    wrong = None if error is None else {"code": error.code, "detail": error.message}
    status = Status.VERIFIED
    if error is not None:
        status = Status.UNDETERMINED if isinstance(error, UnavailableError) else Status.FAILED
    put(json.dumps({"log": url, "verdict": status.value, "error": wrong}) + "\n")


def _look(
    source: Source,
    trust: Trust,
    memory: Memory,
    *,
    max_age: timedelta | None,
    ask_chain: bool,
) -> LedgerError | None:
    """Look once, and remember a good head; give what is wrong, or could not be asked."""
    from ledger.cli.served import newest_on_chain, served_log  # noqa: PLC0415 - web3, if asked
    from ledger.monitor import look  # noqa: PLC0415

    try:
        log = served_log(source, trust)
        seen = memory.read(log)
        unasked, held = newest_on_chain(trust, log) if ask_chain else (None, [])
        pinned = [anchor for anchor in trust.anchors if anchor.log_id == log.log_id]
        now = datetime.now(UTC)
        found = look(source, log, seen, anchors=[*pinned, *held], now=now, max_age=max_age)
    except ConfigurationError:
        raise
    except LedgerError as error:
        return error
    if found != seen:
        memory.write(found)
        say(f"{log.origin}: {found.head.size:,} entries, root {found.head.root.hex()}")
    return unasked


class _Teller:
    """Tells once of each thing that is wrong, and once that it is over."""

    def __init__(self, webhook: str | None, secret: str | None, proof_out: Path | None) -> None:
        from ledger.webhook import Secret  # noqa: PLC0415

        if (webhook is None) != (secret is None):
            raise problem(
                "usage.webhook",
                "a webhook has an address and a secret",
                expected="--webhook and CROSSPROOF_WEBHOOK_SECRET, or neither",
            )
        try:
            self._secret = None if secret is None else Secret.parse(secret)
        except MalformedError as error:
            raise problem(error.code, error.message, expected=error.expected) from error
        self._webhook = webhook
        self._proof_out = proof_out
        self._told: LedgerError | None = None

    def tell(self, error: LedgerError | None) -> None:
        """Tell what a look came to, where that is news."""
        before, self._told = self._told, error
        if (error and error.code) == (before and before.code):
            return
        if error is None:
            say("✓ as it should be again", Style.GREEN)
            self._send("log.recovered", {})
            return
        explain(error)
        if isinstance(error, UnavailableError):
            return
        self._write_proof(error)
        self._send(_event_type(error), _event_data(error))

    def _send(self, kind: str, data: dict[str, Any]) -> None:
        if self._webhook is None or self._secret is None:
            return
        from ledger.webhook import Event  # noqa: PLC0415
        from ledger.webhook_sender import send  # noqa: PLC0415 - httpx2

        try:
            send(self._webhook, Event.make(kind, data, at=datetime.now(UTC)), self._secret)
        except UnavailableError as error:
            # What was found stands, whoever hears of it.
            explain(error)

    def _write_proof(self, error: LedgerError) -> None:
        proof = getattr(error, "proof", None)
        if self._proof_out is None or proof is None:
            return
        self._proof_out.mkdir(parents=True, exist_ok=True)
        for name, head in zip(("first", "second"), proof, strict=True):
            path = self._proof_out / f"{name}.checkpoint"
            write_file(path, head.note)
            say(f"  {path}: signed at size {head.size:,}")


def _event_type(error: LedgerError) -> str:
    area, _, name = error.code.partition(".")
    return f"log.{name}" if area == "monitor" else "log.unreadable"


def _event_data(error: LedgerError) -> dict[str, Any]:
    proof = getattr(error, "proof", None)
    members = {
        "code": error.code,
        "detail": error.message,
        "expected": error.expected,
        "found": error.found,
        "checkpoints": None if proof is None else [head.note for head in proof],
    }
    return {name: value for name, value in members.items() if value is not None}
