"""`crossproof trust`: what is believed, and anchors kept for use offline."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ledger.anchor import Anchor
from ledger.bundle import Bundle
from ledger.cli.accreditation import sign_accreditation
from ledger.cli.console import EXIT_CODES, printable, problem, put, put_json, say, show_report
from ledger.cli.files import read_bundle, read_trust, write_file
from ledger.cli.options import AS_JSON, LANGUAGE, RPC, SERVER, TRUST
from ledger.cli.sources import Sources, find_sources
from ledger.did_web import DidWeb
from ledger.errors import MalformedError, UnavailableError, VerificationError
from ledger.organisation import Organisation
from ledger.pinning import pinnable
from ledger.report import Report, Status, worst
from ledger.trust import Trust

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    help="What is believed, and anchors kept for use offline.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


app.command("sign-accreditation")(sign_accreditation)


@app.command("show")
def show(*, trust: Annotated[Path, TRUST], as_json: Annotated[bool, AS_JSON] = False) -> None:
    """Show which logs, chains and anchors a trust file names.

    Example: crossproof trust show --trust trust.json
    """
    believed = read_trust(trust)
    if as_json:
        put(believed.to_json())
        return
    put("".join(f"{printable(line)}\n" for line in _lines(believed)))


@app.command("fetch")
def fetch(
    *,
    output: Annotated[Path, TRUST],
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            envvar="CROSSPROOF_LOG_KEY",
            help="The log's key, had by another way; any other is refused.",
        ),
    ] = None,
    rpc: Annotated[list[str] | None, RPC] = None,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Write the trust file that a ledger offers; compare its key with one had by another way.

    Example: crossproof trust fetch --trust trust.json --rpc http://127.0.0.1:8545

    A server that lies about its log lies here too: only the key makes the file worth anything. A
    trust file that is there already is never replaced.
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs

    if output.exists():
        raise problem(
            "usage.trust-exists",
            f"trust file {output}: it is there already",
            hint="Name another file, or move it away: it may hold pinned anchors.",
        )
    with Client(server) as client:
        offered = client.trust()
    _check_key(offered, key)
    chains = tuple(replace(chain, rpc=tuple(rpc or ())) for chain in offered.chains)
    # What a server calls pinned, nobody here has checked.
    write_file(output, replace(offered, chains=chains, anchors=()).to_json())
    for log in offered.logs:
        for verifier in log.keys:
            say(f"log {log.origin}, key {verifier}")
    if key is None:
        say("Compare the key with one had by another way: `crossproof key show` beside the log.")
    if as_json:
        logs = [{"origin": one.origin, "keys": [str(k) for k in one.keys]} for one in offered.logs]
        put_json({"trust": str(output), "logs": logs, "compared": key is not None})


@app.command("pin")
def pin(
    bundles: Annotated[list[Path], typer.Argument(help="Bundles whose anchors to keep.")],
    *,
    trust: Annotated[Path, TRUST],
    rpc: Annotated[list[str] | None, RPC] = None,
    unasked: Annotated[
        bool,
        typer.Option(
            "--unasked",
            envvar="CROSSPROOF_UNASKED",
            help="Ask no node: keep anchors on a sandbox chain as they are.",
        ),
    ] = False,
    lang: Annotated[Literal["en", "zh"], LANGUAGE] = "en",
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Check the anchors of bundles on their chain, and keep them in the trust file.

    Example: crossproof trust pin report.bundle.json --trust trust.json

    The earlier anchors of its attestations are kept too. Who was accredited, what was revoked and
    whether the files match may stay open: a pin says nothing of it. An embedded chain can be asked
    only by its own process: see --unasked.
    """
    before = believed = read_trust(trust)
    verdicts = []
    pinned: list[dict[str, Any]] = []
    for path in bundles:
        raw = read_bundle(path)
        sources = Sources() if unasked else find_sources(raw, believed, tuple(rpc or ()))
        report = sources.verify(
            raw,
            trust=believed,
            without_files=True,
        )
        kept = _pinnable(raw, report, unasked=unasked)
        for anchor in kept:
            there = "pinned already" if anchor in believed.anchors else "pinned"
            believed = believed.pin(anchor)
            say(f"{there}: {path}, {_describe(anchor)}")
        verdicts.append(Status.VERIFIED if kept else report.verdict)
        if not kept:
            show_report(report, str(path), language=lang)
        pinned.append({"bundle": str(path), "verdict": report.verdict.value, "pinned": bool(kept)})
    if believed != before:
        write_file(trust, believed.to_json())
    if as_json:
        put_json({"trust": str(trust), "bundles": pinned})
    raise typer.Exit(EXIT_CODES[worst(verdicts)])


@app.command("refresh")
def refresh(
    *,
    trust: Annotated[Path, TRUST],
    allow_loopback: Annotated[
        bool,
        typer.Option(
            "--allow-loopback",
            envvar="CROSSPROOF_ALLOW_LOOPBACK",
            help="Ask this machine itself by plain HTTP, to try things out.",
        ),
    ] = False,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Fetch the keys of organisations that the trust file names by did:web, and keep them there.

    Example: crossproof trust refresh --trust trust.json

    Nothing else ever fetches them. Where a document cannot be had, its keys stay as they were.
    """
    from ledger.did_resolver import fetch as fetch_keys  # noqa: PLC0415 - as the client

    before = believed = read_trust(trust)
    verdicts = [Status.VERIFIED]
    fetched: list[dict[str, Any]] = []
    for known in before.organisations:
        if known.web is None:
            continue
        try:
            web = fetch_keys(known.web, now=int(time.time()), allow_loopback=allow_loopback)
            believed = _with_keys(believed, known, web)
        except (UnavailableError, MalformedError) as error:
            say(f"{known.web.did}: {printable(str(error))}")
            fetched.append({"did": known.web.did, "error": error.code})
            is_open = isinstance(error, UnavailableError)
            verdicts.append(Status.UNDETERMINED if is_open else Status.FAILED)
            continue
        gone = len(set(known.web.keys) - set(web.keys))
        say(f"{web.did}: {len(web.keys)} keys, {gone} of before no more")
        fetched.append({"did": web.did, "keys": len(web.keys), "gone": gone})
    if not fetched:
        say(f"nothing to fetch: no organisation of {trust} has a did:web (docs/attestations.md)")
    if believed != before:
        write_file(trust, believed.to_json())
    if as_json:
        put_json({"trust": str(trust), "organisations": fetched})
    raise typer.Exit(EXIT_CODES[worst(verdicts)])


def _with_keys(believed: Trust, owner: Organisation, web: DidWeb) -> Trust:
    """Keep an organisation's keys; raise MalformedError where it shows one of another's."""
    organisations = tuple(
        replace(known, web=web) if known.id == owner.id else known
        for known in believed.organisations
    )
    return Trust.from_json(replace(believed, organisations=organisations).to_json())


def _check_key(offered: Trust, key: str | None) -> None:
    found = [str(verifier) for log in offered.logs for verifier in log.keys]
    if key is not None and found != [key]:
        raise VerificationError(
            "trust.other-key",
            "the server's log has another key",
            expected=key,
            found=", ".join(found) or "none",
            hint="This is not the log that you know. Nothing was written.",
        )


def _pinnable(raw: bytes, report: Report, *, unasked: bool) -> list[Anchor]:
    try:
        bundle = Bundle.from_json(raw)
    except MalformedError:
        # The report says so.
        return []
    return pinnable(bundle, report, unasked=unasked)


def _lines(believed: Trust) -> Iterator[str]:
    for log in believed.logs:
        yield f"log {log.origin}"
        for key in log.keys:
            yield f"  key       {key}"
        for operator in log.operators:
            yield f"  operator  {operator}"
        yield f"  log id    {_hex(log.log_id) or 'not given: no anchor counts'}"
    for chain in believed.chains:
        yield f"chain {chain.identity.chain_id}{', a sandbox' if chain.sandbox else ''}"
        yield f"  genesis   {_hex(chain.identity.genesis_hash)}"
        yield f"  contract  {_hex(chain.identity.contract)}"
        yield f"  final     {chain.finality}"
        yield f"  nodes     {', '.join(chain.rpc) or 'none'}; {chain.agree} must agree"
    yield f"{len(believed.anchors)} pinned anchors"
    for anchor in believed.anchors:
        yield f"  {_describe(anchor)}"


def _describe(anchor: Anchor) -> str:
    return f"size {anchor.size}, chain {anchor.chain.chain_id}, block {anchor.block_number}"


def _hex(value: bytes | None) -> str:
    return "" if value is None else f"0x{value.hex()}"
