"""`crossproof log`: the log in its contract, who signs for it, and how that ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.anchor import time_of_block
from ledger.cli import closing, equivocation, operators
from ledger.cli.console import problem, put, put_json
from ledger.cli.contract_log import ContractLog, Place, open_contract_log
from ledger.cli.hexadecimal import ADDRESS_DIGITS, digits
from ledger.cli.options import AS_JSON, CONTRACT, DATA_DIR, LOG_ID, NODE
from ledger.head_signature import log_id as derive_log_id

if TYPE_CHECKING:
    from ledger.chain import PendingChange

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    help="The log in its contract: who signs its heads, changes of that, its end.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("id")
def log_id(
    *,
    origin: Annotated[
        str | None, typer.Option(envvar="CROSSPROOF_ORIGIN", help="The log's name.")
    ] = None,
    admin: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSPROOF_ADMIN", metavar="ADDRESS", help="Who opens it in the contract."
        ),
    ] = None,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Tell a log's id in the contract, which follows from its origin and its admin's address.

    Example: crossproof log id --origin example.com/log --admin ADDRESS

    Without --admin it is this ledger's own log, its keys being read.
    """
    if admin is None:
        found = _own_id(data_dir)
    elif origin is None:
        raise problem("usage.origin", "--admin without --origin", expected="the log's name")
    else:
        found = derive_log_id(origin, digits("--admin", admin, ADDRESS_DIGITS))
    if as_json:
        put_json({"log_id": f"0x{found.hex()}"})
    else:
        put(f"0x{found.hex()}\n")


@app.command("show")
def show(
    *,
    rpc: Annotated[str, NODE],
    contract: Annotated[str, CONTRACT],
    log_id: Annotated[str, LOG_ID],
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Show what stands on the chain: operators, what waits, struck, frozen, closed, last head.

    Example: crossproof log show --rpc URL --contract ADDRESS --log-id HASH
    """
    with open_contract_log(Place(rpc, contract, log_id)) as found:
        value = _value(found)
    put(json.dumps(value, indent=2) + "\n" if as_json else "".join(_lines(found)))


def _own_id(data_dir: Path | None) -> bytes:
    from ledger.cli.opened import load_settings  # noqa: PLC0415 - pydantic takes a while
    from ledger.keyring import Keyring, load_log_signer  # noqa: PLC0415

    settings = load_settings(data_dir)
    origin = load_log_signer(settings).name
    admin = Keyring.open(settings, origin=origin).admin
    return derive_log_id(origin, admin.address)


def _value(found: ContractLog) -> dict[str, Any]:
    governance, head = found.governance, found.head
    standing, successor = governance.standing, governance.standing.successor
    return {
        **found.identity.to_members(),
        "log_id": _hex(found.log_id),
        "status": standing.status.value,
        "admin": _hex(governance.info.admin),
        "epoch": governance.info.epoch,
        "threshold": governance.info.threshold,
        "operators": [_hex(address) for address in governance.info.operators],
        "struck": [_hex(address) for address in governance.struck],
        "pending": None if governance.pending is None else _pending(governance.pending),
        "successor": None if successor is None else _hex(successor),
        "head": {"size": head.size, "root": head.root.hex(), "block_number": head.block_number},
    }


def _pending(change: PendingChange) -> dict[str, Any]:
    return {
        "operators": [_hex(address) for address in change.operators],
        "threshold": change.threshold,
        "not_before": _time(change.time),
    }


def _lines(found: ContractLog) -> Iterator[str]:
    governance, head = found.governance, found.head
    info, standing = governance.info, governance.standing
    yield f"log {_hex(found.log_id)}\n"
    yield f"  {found.identity}\n"
    yield f"  status    {standing.status}\n"
    if standing.successor is not None:
        yield f"  successor {_hex(standing.successor)}\n"
    yield f"  admin     {_hex(info.admin)}\n"
    yield f"  epoch     {info.epoch}: {info.threshold} of {len(info.operators)} sign\n"
    for address in info.operators:
        struck = ", struck: it signed two histories" if address in governance.struck else ""
        yield f"  operator  {_hex(address)}{struck}\n"
    if governance.pending is not None:
        change = governance.pending
        yield f"  waiting   until {_time(change.time)}: {change.threshold} of\n"
        for address in change.operators:
            yield f"            {_hex(address)}\n"
    if head.size:
        place = f"block {head.block_number}, {_time(time_of_block(head.block_time))}"
        yield f"  head      size {head.size}, root {head.root.hex()}, {place}\n"
    else:
        yield "  head      nothing is anchored\n"


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


app.command("sign-change")(operators.sign_change)
app.command("propose-operators")(operators.propose_operators)
app.command("apply-operators")(operators.apply_operators)
app.command("cancel-operators")(operators.cancel_operators)
app.command("sign-closing")(closing.sign_closing)
app.command("close")(closing.close)
app.command("report-equivocation")(equivocation.report_equivocation)
