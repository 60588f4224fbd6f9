"""`crossproof status-list`: an issuer's list of what became of his attestations."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import problem, put, put_json, say
from ledger.cli.files import refuse_both_on_stdout, write_file
from ledger.cli.options import API_KEY, AS_JSON, PASSPHRASE, SERVER
from ledger.signing_key import load_signing_key
from ledger.status_book import DEFAULT_PLACES, StatusBook, holding
from ledger.status_list import MAX_AHEAD, TokenStatus, draft

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    help="An issuer's list of what became of his attestations.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

BOOK = typer.Argument(metavar="BOOK", help="The issuer's own file of the list.")
_PATH = "/v1/status-lists/"
_DAY = 24 * 3600


@app.command("new")
def new(
    book: Annotated[Path, BOOK],
    *,
    address: Annotated[
        str,
        typer.Option(
            "--address",
            envvar="CROSSPROOF_STATUS_LIST_ADDRESS",
            metavar="URL",
            help="Where the list will be fetched from: SERVER/v1/status-lists/NAME, or elsewhere.",
        ),
    ],
    places: Annotated[
        int,
        typer.Option(
            "--places", envvar="CROSSPROOF_STATUS_LIST_PLACES", help="For how many attestations."
        ),
    ] = DEFAULT_PLACES,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Begin a list, and the file that says which of its places are taken.

    Example: crossproof status-list new mine.book --address https://ledger.example/v1/status-lists/mine

    Keep the file: without it a place could be given out twice.
    """
    with holding(book, new=StatusBook.new(address, size=places)) as begun:
        say(f"begun: {book}, {begun.size:,} places, {begun.address}")
        if as_json:
            put_json({"book": str(book), "places": begun.size, "address": begun.address})


@app.command("take")
def take(
    book: Annotated[Path, BOOK],
    *,
    count: Annotated[
        int, typer.Option("--count", envvar="CROSSPROOF_COUNT", min=1, help="How many.")
    ] = 1,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Take places, by chance, each for one attestation: its `status` claim, one a line.

    Example: crossproof status-list take mine.book
    """
    with holding(book) as held:
        places = held.take(count)
    # Only now is it written that they are taken.
    claims = [{"status_list": {"idx": place.idx, "uri": place.uri}} for place in places]
    if as_json:
        put_json({"places": claims})
        return
    for claim in claims:
        put(json.dumps(claim) + "\n")


@app.command("show")
def show(book: Annotated[Path, BOOK], *, as_json: Annotated[bool, AS_JSON] = False) -> None:
    """Show how many places are taken, and what was said of them.

    Example: crossproof status-list show mine.book
    """
    with holding(book) as held:
        told = held.statuses()
        counts = {
            status: sum(told[place] == status for place in held.said) for status in TokenStatus
        }
        if as_json:
            put_json(
                {
                    "address": held.address,
                    "places": held.size,
                    "taken": held.taken,
                    "revoked": counts[TokenStatus.INVALID],
                    "suspended": counts[TokenStatus.SUSPENDED],
                }
            )
            return
        put(f"address    {held.address}\n")
        put(f"places     {held.taken:,} of {held.size:,} taken\n")
        put(f"revoked    {counts[TokenStatus.INVALID]:,}\n")
        put(f"suspended  {counts[TokenStatus.SUSPENDED]:,}\n")


@app.command("publish")
def publish(
    book: Annotated[Path, BOOK],
    *,
    key_file: Annotated[
        Path,
        typer.Option(
            "--key-file",
            envvar="CROSSPROOF_SIGNING_KEY_FILE",
            metavar="FILE",
            help="The issuer's signing key: crossproof key new-signing.",
        ),
    ],
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    ttl: Annotated[
        int,
        typer.Option(
            "--ttl", envvar="CROSSPROOF_TTL", min=1, help="Seconds that a copy may be kept."
        ),
    ] = 300,
    lasts: Annotated[
        int,
        typer.Option(
            "--lasts", envvar="CROSSPROOF_LASTS", min=1, help="Seconds that the list holds."
        ),
    ] = _DAY,
    another_key: Annotated[
        bool,
        typer.Option(
            "--another-key",
            envvar="CROSSPROOF_ANOTHER_KEY",
            help="Go on where another key has signed the list until now: what stands is replaced.",
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            envvar="CROSSPROOF_OUTPUT",
            metavar="FILE",
            help="Write the list there instead, to be served elsewhere.",
        ),
    ] = None,
    server: Annotated[str, SERVER] = "http://127.0.0.1:8080",
    api_key: Annotated[str | None, API_KEY] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Sign the list as the log has it, and publish it.

    Example: crossproof status-list publish mine.book --key-file custodian.pem

    Revocations and suspensions are those that the issuer has logged. Run it after each, and often
    enough that the list never expires: bundles hold it no longer.
    """
    from ledger.client import Client  # noqa: PLC0415 - an HTTP client that `verify` never needs
    from ledger.status_hearing import hear  # noqa: PLC0415 - likewise

    if output is not None:
        refuse_both_on_stdout(output, as_json=as_json)
    key = load_signing_key(key_file, passphrase).key
    with holding(book) as held, Client(server, api_key=api_key) as client:
        if key.public.thumbprint not in held.keys:
            _check_key(held, key.public.thumbprint, may_change=another_key)
            held.keys.append(key.public.thumbprint)
            # Earlier keys' words still count; what this one has said is heard from the start.
            held.heard, held.heard_beyond, held.said = None, 0, {}
        heard = hear(held, client)
        # A server takes no list that is as old as the one that stands.
        held.issued_at = max(int(time.time()), held.issued_at + 1)
        if held.issued_at > time.time() + MAX_AHEAD:
            raise problem(
                "usage.clock", "the list was signed last by a clock that went far before this one"
            )
        token = draft(
            key.public,
            held.statuses(),
            address=held.address,
            issued_at=held.issued_at,
            expires_at=held.issued_at + lasts,
            time_to_live=ttl,
        ).sign(key)
        if output is not None:
            write_file(output, token.text)
        else:
            place, name = held.address.rsplit("/", 1)
            if not f"{place}/".endswith(_PATH):
                raise problem(
                    "usage.status-list",
                    "the list's address is no ledger's: write it to a file (-o) and serve it there",
                    expected=f"SERVER{_PATH}NAME",
                    found=held.address,
                )
            client.put_status_list(name, token.text)
    say(f"heard: {heard.statuses} statuses, {heard.listed} of them of this list")
    say(f"published: {held.address}" if output is None else f"written: {output}")
    if as_json:
        put_json(
            {
                "address": held.address,
                "output": None if output is None else str(output),
                "statuses": heard.statuses,
                "listed": heard.listed,
            }
        )


def _check_key(held: StatusBook, thumbprint: bytes, *, may_change: bool) -> None:
    """Refuse a key that has not signed the list so far, unless it was asked for.

    Readers who know the list's issuer by the first key alone would take nothing from it any more.
    """
    if held.keys and not may_change:
        raise problem(
            "usage.another-key",
            "the list was signed by another key until now",
            expected=" or ".join(f"0x{one.hex()}" for one in held.keys),
            found=f"0x{thumbprint.hex()}",
            hint="If the issuer has a new key, say --another-key: readers must know both as his.",
        )
