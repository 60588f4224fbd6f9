"""`crossproof certificate`: the filing certificate of a record, a PDF with its bundle inside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.bundles import check_asked
from ledger.cli.console import EXIT_CODES, problem, put_json, say, show_report
from ledger.cli.files import (
    check_writable,
    read_bundle,
    read_trust,
    refuse_both_on_stdout,
    write_file,
)
from ledger.cli.options import API_KEY, AS_JSON, OFFLINE, OUTPUT, RPC, SERVER, TRUST, WAIT
from ledger.cli.sources import Sources, find_sources
from ledger.cli.times import read_time
from ledger.errors import MalformedError
from ledger.report import Status
from ledger.statement import parse_record_id

__all__ = ["certificate"]


def certificate(
    source: Annotated[
        str,
        typer.Argument(metavar="RECORD_ID|BUNDLE", help="A record's id, or its bundle's file."),
    ],
    *,
    output: Annotated[Path, OUTPUT],
    trust: Annotated[Path, TRUST],
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", envvar="CROSSPROOF_AS_OF", metavar="TIME", help="The day of the filing, say."
        ),
    ] = None,
    page: Annotated[
        str | None,
        typer.Option(
            "--page",
            envvar="CROSSPROOF_PAGE",
            metavar="URL",
            help="A page that verifies: for the QR.",
        ),
    ] = None,
    seal_file: Annotated[
        Path | None,
        typer.Option(
            "--seal-file", envvar="CROSSPROOF_SEAL_FILE", help="Seal it with this PKCS#12 file."
        ),
    ] = None,
    seal_passphrase: Annotated[
        str | None,
        typer.Option(
            "--seal-passphrase",
            envvar="CROSSPROOF_SEAL_PASSPHRASE",
            help="Opens that file; better given by the environment.",
        ),
    ] = None,
    rpc: Annotated[list[str] | None, RPC] = None,
    offline: Annotated[bool, OFFLINE] = False,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    wait: Annotated[float, WAIT] = 30.0,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Make a filing certificate: PDF/A-3 in Chinese and English, the bundle attached.

    Example: crossproof certificate report.bundle.json -o report.pdf --trust trust.json

    The bundle is verified first, against your own trust file: what failed gets no certificate, and
    what is undetermined is printed as such. The same bundle, trust file and --as-of give the same
    bytes, but for a seal.

    Exit code: 0 done, 1 failed, 2 wrong usage, 3 undetermined: written, and it says so.
    """
    from ledger.certificate import certify  # noqa: PLC0415 - a typesetter that `verify` never needs
    from ledger.certificate.seal import Seal  # noqa: PLC0415 - likewise

    refuse_both_on_stdout(output, as_json=as_json)
    now = read_time("--as-of", as_of)
    believed = read_trust(trust)
    check_writable(output)
    seal = None if seal_file is None else Seal.open(seal_file, seal_passphrase)
    path = Path(source)
    if path.exists() or source == "-":
        raw = read_bundle(path)
    else:
        raw = _fetch(source, server, api_key, wait=wait, offline=offline)
    sources = Sources() if offline else find_sources(raw, believed, tuple(rpc or ()))
    report = sources.verify(
        raw,
        trust=believed,
        now=now,
        without_files=True,
    )
    if report.verdict is not Status.VERIFIED:
        show_report(report, source, brief=True)
    pdf = certify(raw, report, page=page)
    write_file(output, pdf if seal is None else seal.seal(pdf))
    say(f"certificate: {output}, {report.verdict.value}, {'sealed' if seal else 'not sealed'}")
    if as_json:
        put_json(
            {
                "output": str(output),
                "verdict": report.verdict.value,
                "sealed": seal is not None,
            }
        )
    raise typer.Exit(EXIT_CODES[report.verdict])


def _fetch(source: str, server: str, api_key: str | None, *, wait: float, offline: bool) -> bytes:
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that a bundle's file needs not

    try:
        wanted = parse_record_id(source)
    except MalformedError as error:
        raise problem(
            "usage.certificate",
            "neither a record's id nor a bundle's file",
            expected=f"{error.expected}, or a file",
            found=source,
        ) from error
    if offline:
        raise problem(
            "usage.offline",
            "--offline and a record's id exclude each other",
            hint="Give the bundle's file.",
        )
    with Client(server, api_key=api_key) as client:
        fetched = client.bundle(source, deadline=wait)
    check_asked(fetched, wanted)
    return fetched.to_json().encode()
