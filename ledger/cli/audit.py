"""`crossproof audit`: a log derived again, and held against every anchor on its chain.

One's own, from its database; or another party's, over HTTP, its structure alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.audit_export import export
from ledger.cli.audit_report import show_audit, verdict_of
from ledger.cli.console import EXIT_CODES, problem, progress
from ledger.cli.files import read_trust
from ledger.cli.options import AS_JSON, DATA_DIR, TRUST
from ledger.cli.times import read_time
from ledger.errors import UnavailableError

if TYPE_CHECKING:
    from ledger.audit.chain import ChainAudit
    from ledger.log import Log
    from ledger.settings import Settings
    from ledger.store import StoredAnchor

__all__ = ["app"]

app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.command("export")(export)


@app.callback(invoke_without_command=True)
def audit(
    context: typer.Context,
    *,
    since: Annotated[
        str | None,
        typer.Option(envvar="CROSSPROOF_SINCE", help="Read entries received from this time on."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(envvar="CROSSPROOF_UNTIL", help="Read entries received up to this time."),
    ] = None,
    without_chain: Annotated[
        bool,
        typer.Option(
            "--without-chain",
            envvar="CROSSPROOF_WITHOUT_CHAIN",
            help="Audit the store alone.",
        ),
    ] = False,
    structure: Annotated[
        bool,
        typer.Option(
            "--structure", envvar="CROSSPROOF_STRUCTURE", help="Read no entries: hashes alone."
        ),
    ] = False,
    from_block: Annotated[
        int,
        typer.Option(
            envvar="CROSSPROOF_FROM_BLOCK", help="Block in which the contract was deployed.", min=0
        ),
    ] = 0,
    processes: Annotated[
        int | None,
        typer.Option(
            envvar="CROSSPROOF_PROCESSES",
            help="How many share the work; one a core if not given.",
            min=1,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSPROOF_SCHEDULER",
            metavar="ADDRESS",
            help="Have a Dask cluster do the work: tcp://HOST:PORT, or local.",
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSPROOF_URL", metavar="URL", help="Audit the log that is served there."
        ),
    ] = None,
    trust: Annotated[Path | None, TRUST] = None,
    as_json: Annotated[bool, AS_JSON] = False,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
) -> None:
    """Derive the log again from its entries; compare with its heads and the chain.

    Example: crossproof audit --since 2026-01-01T00:00:00Z --json

    Structure (hash tiles, heads, anchors) is always checked whole; --since and --until choose whose
    entries are read: their form, signatures, links, and numbers under plans. Listed too, as facts
    and no findings: who signs for the log in its contract, when that changed, who was struck,
    whether it is frozen or closed.

    With --url and --trust it is another party's log, of which anyone may audit the structure.

    Exit code: 0 whole, 1 something is wrong, 3 the chain could not be asked. An embedded sandbox
    can be asked only by its own process, and proves nothing to others: it is left out.
    """
    if context.invoked_subcommand is not None:
        return
    if url is not None and scheduler is not None:
        raise problem(
            "usage.scheduler",
            "a served log is audited here: it has no store that a cluster could read",
            expected="--url or --scheduler",
            found="both",
            hint="Leave one of them out. Of a copy with its entries `crossproof recover` makes a "
            "store that a cluster can read.",
        )
    if url is not None:
        _audit_served(
            url, trust, without_chain=without_chain, from_block=from_block, as_json=as_json
        )
    from ledger.audit import audit as derive  # noqa: PLC0415 - named as this command is
    from ledger.cli.opened import load_settings, open_log  # noqa: PLC0415 - SQLAlchemy, pydantic

    span = (read_time("--since", since), read_time("--until", until))
    settings = load_settings(data_dir)
    with open_log(settings) as log:
        chain = None if without_chain else _ask_chain(settings, log, from_block)
        within = None if span == (None, None) else log.received_between(*span)
        start = time.monotonic()
        with progress("entries") as show:
            report = derive(
                log,
                anchors=() if chain is None else chain.heads,
                entries=not structure,
                within=None if structure else within,
                processes=processes or os.cpu_count() or 1,
                scheduler=scheduler,
                progress=show,
            )
        seconds = time.monotonic() - start
        origin = log.origin
    show_audit(origin, report, chain, seconds=seconds, as_json=as_json)
    raise typer.Exit(EXIT_CODES[verdict_of(report, chain)])


def _audit_served(
    url: str, trust: Path | None, *, without_chain: bool, from_block: int, as_json: bool
) -> None:
    """Audit the structure of a log over HTTP, and end with its verdict."""
    from ledger.audit.published import audit_published  # noqa: PLC0415 - SQLAlchemy
    from ledger.cli.served import ask_trusted_chains, served_log  # noqa: PLC0415
    from ledger.client import Client  # noqa: PLC0415 - httpx2

    if trust is None:
        raise problem(
            "usage.trust",
            "a served log is held against a trust file",
            expected="--trust FILE",
            hint="Its server offers one at /v1/trust: compare it before you believe it.",
        )
    believed = read_trust(trust)
    with Client(url, named="--url") as client:
        log = served_log(client, believed)
        anchors = [a for a in believed.anchors if log.log_id == a.log_id]
        chain = None if without_chain else ask_trusted_chains(believed, log, from_block=from_block)
        start = time.monotonic()
        with progress("entries") as show:
            report = audit_published(
                client,
                log,
                anchors=[*anchors, *(() if chain is None else chain.heads)],
                progress=show,
            )
        seconds = time.monotonic() - start
    show_audit(log.origin, report, chain, seconds=seconds, as_json=as_json)
    raise typer.Exit(EXIT_CODES[verdict_of(report, chain)])


def _ask_chain(settings: Settings, log: Log, from_block: int) -> ChainAudit | None:
    """Ask the configured nodes about every anchor that is known of this log.

    None without nodes, where all that is anchored is on sandboxes.
    """
    from ledger.audit.chain import ChainAudit, audit_chain  # noqa: PLC0415 - web3, a second
    from ledger.connections import connect, verifiers  # noqa: PLC0415

    kept = log.store.anchors()
    if not settings.chain_urls and all(row.anchor.sandbox for row in kept):
        return None
    if not settings.chain_urls:
        gone = UnavailableError(
            "chain.gone",
            "no node is configured, and the log is anchored on a chain",
            expected="CROSSPROOF_CHAIN_URLS",
            hint="To audit the store alone: --without-chain.",
        )
        return ChainAudit(open=[gone])
    with connect(settings, settings.chain_urls[0]) as chain, progress("anchors") as show:
        return audit_chain(
            chain,
            log_ids=_log_ids(settings, log, kept),
            kept=kept,
            source=verifiers(settings, chain),
            from_block=from_block,
            progress=show,
        )


def _log_ids(settings: Settings, log: Log, kept: Sequence[StoredAnchor]) -> set[bytes]:
    """Collect the names that the contract may know the log by: kept, recorded, and our own."""
    from ledger.head_signature import log_id  # noqa: PLC0415 - eth-account, half a second
    from ledger.keyring import Keyring  # noqa: PLC0415
    from ledger.log.head_record import HeadRecord  # noqa: PLC0415

    names = {row.anchor.log_id for row in kept}
    recorded = HeadRecord(settings.head_record).newest()
    if recorded is not None and recorded.anchored is not None:
        names.add(recorded.anchored.log_id)
    # A store that has forgotten its anchors must not make the audit forget the chain. Whoever
    # audits elsewhere need not have the key.
    if not settings.operator.is_missing:
        admin = Keyring.open(settings, origin=log.origin).admin
        names.add(log_id(log.origin, admin.address))
    return names
