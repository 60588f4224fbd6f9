"""`crossproof deploy`: the contracts onto a chain, or with --check a look at what stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger.cli.console import UNDETERMINED, Style, problem, put, say
from ledger.cli.options import AS_JSON, SIGNER_TIMEOUT

if TYPE_CHECKING:
    from ledger.deploy import Deployment, Standing

__all__ = ["deploy"]

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")
_FAILED = 1


def deploy(
    *,
    rpc: Annotated[str, typer.Option(envvar="CROSSPROOF_RPC", help="The node's JSON-RPC address.")],
    key: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            envvar="CROSSPROOF_SENDER_KEY_FILE",
            help="Who pays: 0x and 64 digits, or a keystore; not needed on a sandbox.",
        ),
    ] = None,
    signer_url: Annotated[
        str | None,
        typer.Option(
            "--signer-url",
            envvar="CROSSPROOF_SENDER_SIGNER_URL",
            metavar="URL[#ADDRESS]",
            help="An external signer that holds that key.",
        ),
    ] = None,
    signer_timeout: Annotated[float, SIGNER_TIMEOUT] = 5,
    passphrase: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSPROOF_KEY_PASSPHRASE",
            help="Opens the keystore; better given by the environment.",
        ),
    ] = None,
    admin: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSPROOF_ADMIN",
            metavar="ADDRESS",
            help="AttestorRegistry's admin, who appoints authorities; who pays if not given.",
        ),
    ] = None,
    chain_id: Annotated[
        int | None,
        typer.Option(envvar="CROSSPROOF_CHAIN_ID", min=1, help="Refuse any other chain."),
    ] = None,
    max_fee: Annotated[
        float,
        typer.Option(
            "--max-fee-per-gas",
            envvar="CROSSPROOF_CHAIN_MAX_FEE_PER_GAS",
            min=0,
            help="Pay no more, in gwei, tip included.",
        ),
    ] = 200,
    max_tip: Annotated[
        float,
        typer.Option(
            "--max-priority-fee-per-gas",
            envvar="CROSSPROOF_CHAIN_MAX_PRIORITY_FEE_PER_GAS",
            min=0,
            help="Pay no higher tip, in gwei.",
        ),
    ] = 5,
    directory: Annotated[
        Path,
        typer.Option(
            "--deployments",
            envvar="CROSSPROOF_DEPLOYMENTS",
            help="Where CHAINID.json is read and written.",
        ),
    ] = Path("contracts/deployments"),
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            envvar="CROSSPROOF_CHECK",
            help="Send nothing: say what stands where, and whether it is what it should be.",
        ),
    ] = False,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Deploy the contracts that do not stand there yet; run again, it goes on where it stopped.

    Example: crossproof deploy --rpc http://127.0.0.1:8545 --key-file sender.key

    To stdout goes a line for each contract, NAME ADDRESS; with --check NAME ADDRESS STATE.

    --check exits with 0 where the committed code stands, 1 where none or other code does, 3 where
    it could not be told.
    """
    from ledger import deploy as deployment  # noqa: PLC0415 - web3 takes a second to import
    from ledger.chain import GWEI, Account, Ceiling, Chain  # noqa: PLC0415
    from ledger.key_source import KeySource  # noqa: PLC0415

    wanted = None if admin is None else _address(admin)
    ceiling = Ceiling(fee=int(max_fee * GWEI), tip=int(max_tip * GWEI))
    if check:
        with Chain.connect(rpc) as chain:
            known, standings = deployment.check(
                chain, directory=directory, admin=wanted, chain_id=chain_id
            )
        _show_standings(known.chain_id, standings, as_json=as_json)
        return
    source = KeySource.beside_environment("sender", file=key, signer_url=signer_url)
    account = (
        Account(source.load(passphrase=passphrase, timeout=signer_timeout)) if source else None
    )
    with Chain.connect(rpc, ceiling=ceiling) as chain:
        done = deployment.deploy(
            chain, account, directory=directory, admin=wanted, chain_id=chain_id
        )
    _show(done, as_json=as_json)


def _show(done: Deployment, *, as_json: bool) -> None:
    say(f"chain {done.deployments.chain_id}")
    for name, entry in done.contracts.items():
        if name in done.gas_used:
            say(f"deployed: {name} {_hex(entry.address)} ({entry.how})", Style.GREEN)
            say(f"  block {entry.block_number}, gas {done.gas_used[name]:,}")
        else:
            say(f"there already: {name} {_hex(entry.address)} ({entry.how})")
    for name, entry in done.deployments.former:
        say(f"no longer used: {name} {_hex(entry.address)}", Style.DIM)
    if done.deployments.admin is not None:
        say(f"AttestorRegistry was created with the admin {_hex(done.deployments.admin)}")
    anchors = _hex(done.identity.contract)
    say(f"to use it: CROSSPROOF_CHAIN_URLS, and CROSSPROOF_CHAIN_CONTRACT={anchors}")
    if as_json:
        _put_json({**done.deployments.to_value(), "gas_used": dict(done.gas_used)})
        return
    put("".join(f"{name} {_hex(each.address)}\n" for name, each in done.contracts.items()))


_MARKS = {
    "committed": ("✓", Style.GREEN, "the committed code"),
    "other": ("✗", Style.RED, "other code"),
    "absent": ("✗", Style.RED, "nothing stands there"),
    "unknown": ("?", Style.YELLOW, "cannot be told"),
}


def _show_standings(chain_id: int, standings: tuple[Standing, ...], *, as_json: bool) -> None:
    say(f"chain {chain_id}")
    for standing in standings:
        mark, style, words = _MARKS[standing.state]
        place = "" if standing.entry is None else f" {_hex(standing.entry.address)}"
        say(f"{mark} {standing.name}{place}: {words}", style)
        if standing.detail is not None:
            say(f"    {standing.detail}")
        if standing.admin is not None:
            say(f"    its admin is {_hex(standing.admin)}")
    if as_json:
        contracts = {standing.name: standing.to_value() for standing in standings}
        _put_json({"chain_id": chain_id, "contracts": contracts})
    else:
        put("".join(_line(standing) for standing in standings))
    states = {standing.state.value for standing in standings}
    if states & {"other", "absent"}:
        raise typer.Exit(_FAILED)
    if "unknown" in states:
        raise typer.Exit(UNDETERMINED)


def _line(standing: Standing) -> str:
    address = "-" if standing.entry is None else _hex(standing.entry.address)
    return f"{standing.name} {address} {standing.state}\n"


def _address(text: str) -> bytes:
    from eth_utils.address import is_checksum_address  # noqa: PLC0415 - as web3 above

    if not _ADDRESS.fullmatch(text):
        raise problem(
            "deploy.address", "--admin is no address", expected="0x and 40 digits", found=text
        )
    # A registry with a mistyped admin has none, for ever; the case of the letters would tell.
    if text[2:] not in {text[2:].lower(), text[2:].upper()} and not is_checksum_address(text):
        raise problem(
            "deploy.address",
            "--admin is mistyped",
            expected="an address whose upper and lower case agree with its digits (EIP-55)",
            found=text,
        )
    return bytes.fromhex(text[2:])


def _put_json(value: dict[str, Any]) -> None:
    put(json.dumps(value, indent=2) + "\n")


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
