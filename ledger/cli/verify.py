"""`crossproof verify`: a bundle and its files against a trust file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.accreditation import AccreditationSource
from ledger.anchor import ChainSource
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.cli.console import EXIT_CODES, problem, put, show_report
from ledger.cli.files import fingerprint, read_bundle, read_trust
from ledger.cli.options import AS_JSON, LANGUAGE, OFFLINE, RPC, TRUST
from ledger.cli.times import read_time
from ledger.errors import MalformedError
from ledger.report import Check, Report
from ledger.status_source import StatusListSource, StatusRegistry
from ledger.trust import Trust, node_address

__all__ = ["Sources", "find_sources", "verify"]


def verify(
    bundle: Annotated[
        Path, typer.Argument(help="The bundle, NAME.bundle.json, a certificate, or - for stdin.")
    ],
    files: Annotated[list[Path] | None, typer.Argument(help="The files it proves.")] = None,
    *,
    trust: Annotated[Path, TRUST],
    rpc: Annotated[list[str] | None, RPC] = None,
    offline: Annotated[bool, OFFLINE] = False,
    without_files: Annotated[
        bool,
        typer.Option(
            "--without-files", envvar="CROSSPROOF_WITHOUT_FILES", help="Check the record alone."
        ),
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", envvar="CROSSPROOF_AT", metavar="TIME", help="Answer for this time (RFC 3339)."
        ),
    ] = None,
    require: Annotated[
        list[Stage] | None,
        typer.Option(
            "--require",
            envvar="CROSSPROOF_REQUIRE",
            help="A stage that must be attested; repeatable.",
        ),
    ] = None,
    as_json: Annotated[bool, AS_JSON] = False,
    lang: Annotated[Literal["en", "zh"], LANGUAGE] = "en",
) -> None:
    """Check a bundle and its files, trusting nobody's server.

    Example: crossproof verify report.bundle.json report.csv --trust trust.json

    Where a node is asked about the anchor, the report tells how the log stands in its contract
    today: frozen, closed, its successor, operators struck. An anchor that was made stays true.
    Status lists are fetched whole, and only from addresses that the trust file names.

    Exit code: 0 verified, 1 failed, 2 wrong usage, 3 undetermined.
    """
    from ledger.verify import verify as check  # noqa: PLC0415 - named as this command is

    if offline and rpc:
        raise problem(
            "usage.offline",
            "--offline and --rpc exclude each other",
            hint="Either may come from the environment: CROSSPROOF_OFFLINE, CROSSPROOF_RPC.",
        )
    now = read_time("--at", at)
    believed = read_trust(trust)
    try:
        raw = read_bundle(bundle)
    except MalformedError as error:
        report = Report((Check.failed("bundle.format", error),), now or datetime.now(UTC))
    else:
        sources = Sources() if offline else find_sources(raw, believed, tuple(rpc or ()))
        report = check(
            raw,
            trust=believed,
            files=[fingerprint(path) for path in files or ()],
            chain=sources.chain,
            accreditations=sources.accreditations,
            status_lists=sources.status_lists,
            registry=sources.registry,
            now=now,
            without_files=without_files,
            required=require or (),
        )
    if as_json:
        put(report.to_json())
    else:
        show_report(report, str(bundle), language=lang)
    raise typer.Exit(EXIT_CODES[report.verdict])


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom to ask, as the trust file allows; nobody by default."""

    chain: ChainSource | None = None
    accreditations: AccreditationSource | None = None
    status_lists: StatusListSource | None = None
    registry: StatusRegistry | None = None


def find_sources(raw: bytes, trust: Trust, rpc: tuple[str, ...]) -> Sources:
    """Find whom to ask about the bundle's anchor, its attestors, and what became of it.

    Those are the trust file's nodes, or those of --rpc, and the servers of its status lists. Nobody
    is asked where a pin answers already, nor about a chain that is not trusted.
    """
    try:
        bundle = Bundle.from_json(raw)
    except MalformedError:
        return Sources()
    lists = _find_lists(bundle, trust)
    anchor = bundle.anchor
    trusted = None if anchor is None else trust.chain(anchor.chain)
    urls = rpc or (trusted.rpc if trusted else ())
    if trusted is None or not urls:
        return Sources(status_lists=lists)
    is_pinned = anchor in trust.anchors
    registries = (trusted.attestors, trusted.attestations)
    is_attested = bool(bundle.attestations) and registries != (None, None)
    if is_pinned and not is_attested:
        return Sources(status_lists=lists)
    # One node that is named twice would agree with itself.
    urls = tuple({node_address(url): url for url in urls}.values())
    if len(urls) < trusted.agree:
        raise problem(
            "usage.rpc",
            "too few nodes to ask: the trust file says how many must agree",
            expected=f"--rpc with {trusted.agree} different addresses",
            found=f"{len(urls)} different",
        )
    from ledger.chain import (  # noqa: PLC0415 - web3, a second
        Accreditations,
        RegisteredStatuses,
        connect_trusted,
    )

    source = connect_trusted(trusted, urls)
    return Sources(
        chain=None if is_pinned else source,
        accreditations=Accreditations(trust, trusted, source),
        status_lists=lists,
        registry=(
            None
            if trusted.attestations is None
            else RegisteredStatuses(trusted, trusted.attestations, source)
        ),
    )


def _find_lists(bundle: Bundle, trust: Trust) -> StatusListSource | None:
    if not bundle.attestations or not any(known.lists for known in trust.status_sources):
        return None
    from ledger.status_fetch import StatusFetcher  # noqa: PLC0415 - an HTTP client, likewise

    return StatusFetcher(trust.allows_list)
