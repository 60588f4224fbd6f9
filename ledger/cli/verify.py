"""`crossproof verify`: a bundle and its files against a trust file."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from ledger.anchor import ChainSource
from ledger.bundle import Bundle
from ledger.cli.console import EXIT_CODES, problem, read_file, show_report
from ledger.errors import LedgerError, MalformedError
from ledger.fingerprint import Fingerprint
from ledger.trust import Trust

__all__ = ["TRUST", "find_chain", "fingerprint", "read_trust", "verify"]

TRUST = typer.Option(
    "--trust", envvar="CROSSPROOF_TRUST", help="The trust file: the only thing that is believed."
)


def verify(
    bundle: Annotated[Path, typer.Argument(help="The bundle, NAME.bundle.json, or - for stdin.")],
    files: Annotated[list[Path] | None, typer.Argument(help="The files it proves.")] = None,
    *,
    trust: Annotated[Path, TRUST],
    rpc: Annotated[
        list[str] | None,
        typer.Option(envvar="CROSSPROOF_RPC", help="Ask this node instead of the trust file's."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", envvar="CROSSPROOF_OFFLINE", help="Open no socket at all.")
    ] = False,
    without_files: Annotated[
        bool,
        typer.Option(
            "--without-files", envvar="CROSSPROOF_WITHOUT_FILES", help="Check the record alone."
        ),
    ] = False,
    at: Annotated[
        str | None,
        typer.Option("--at", envvar="CROSSPROOF_AT", help="Answer for this time (RFC 3339)."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", envvar="CROSSPROOF_JSON", help="The report as JSON on stdout.")
    ] = False,
    lang: Annotated[
        Literal["en", "zh"], typer.Option(envvar="CROSSPROOF_LANG", help="Language of the report.")
    ] = "en",
) -> None:
    """Check a bundle and its files, trusting nobody's server.

    Example: crossproof verify report.bundle.json report.csv --trust trust.json

    Exit code 0 verified, 1 failed, 2 wrong usage, 3 undetermined.
    """
    from ledger.verify import verify as check  # noqa: PLC0415 - named as this command is

    believed = read_trust(trust)
    raw = read_file(bundle, "bundle")
    if offline and rpc:
        raise problem("usage.offline", "--offline and --rpc exclude each other")
    report = check(
        raw,
        trust=believed,
        files=[fingerprint(path) for path in files or ()],
        chain=None if offline else find_chain(raw, believed, tuple(rpc or ())),
        now=_read_time(at),
        without_files=without_files,
    )
    if as_json:
        sys.stdout.write(report.to_json())
    else:
        show_report(report, str(bundle), lang)
    raise typer.Exit(EXIT_CODES[report.verdict])


def find_chain(raw: bytes, trust: Trust, rpc: tuple[str, ...]) -> ChainSource | None:
    """Find whom to ask about the bundle's anchor: the trust file's nodes, or those of --rpc.

    Nobody is asked where a pin answers already, nor about a chain that is not trusted.
    """
    try:
        anchor = Bundle.from_json(raw).anchor
    except MalformedError:
        return None
    if anchor is None or anchor in trust.anchors:
        return None
    trusted = trust.chain(anchor.chain)
    urls = rpc or (trusted.rpc if trusted else ())
    if trusted is None or not urls:
        return None
    from ledger.chain import connect_trusted  # noqa: PLC0415 - web3 takes a second to import

    return connect_trusted(trusted, urls)


def fingerprint(path: Path, *, sm3: bool = False) -> Fingerprint:
    """Hash a file; one that cannot be read is a usage error."""
    try:
        return Fingerprint.of_file(path, sm3=sm3)
    except OSError as error:
        raise problem(
            "file.unreadable", f"file {path}: cannot be read", found=error.strerror or str(error)
        ) from error


def read_trust(path: Path) -> Trust:
    """Read the trust file; what is wrong with it is the user's own affair: a usage error."""
    try:
        return Trust.from_json(read_file(path, "trust file"))
    except MalformedError as error:
        raise _unusable_trust(path, error) from error


def _unusable_trust(path: Path, error: LedgerError) -> LedgerError:
    """Say that a trust file cannot be used, and why."""
    return problem(
        "trust.unusable",
        f"trust file {path}: {error.message}",
        **{
            name: value
            for name, value in (("expected", error.expected), ("found", error.found))
            if value is not None
        },
    )


def _read_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise problem(
            "usage.time",
            "--at",
            expected="a time with its offset, 2026-01-31T12:00:00Z",
            found=text,
        )
    return time.astimezone(UTC)
