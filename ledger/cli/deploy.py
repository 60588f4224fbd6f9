"""`crossproof deploy`: the contracts onto a chain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import put, say
from ledger.cli.options import SIGNER_TIMEOUT

__all__ = ["deploy"]


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
) -> None:
    """Deploy AnchorRegistry, unless the one that was deployed before still stands there.

    Example: crossproof deploy --rpc http://127.0.0.1:8545 --key-file sender.key

    The contract's address goes to stdout.
    """
    from ledger import deploy as deployment  # noqa: PLC0415 - web3 takes a second to import
    from ledger.chain import GWEI, Account, Ceiling, Chain  # noqa: PLC0415
    from ledger.key_source import KeySource  # noqa: PLC0415

    source = KeySource.beside_environment("sender", file=key, signer_url=signer_url)
    account = (
        Account(source.load(passphrase=passphrase, timeout=signer_timeout)) if source else None
    )
    ceiling = Ceiling(fee=int(max_fee * GWEI), tip=int(max_tip * GWEI))
    with Chain.connect(rpc, ceiling=ceiling) as chain:
        done = deployment.deploy(chain, account, directory=directory)
    contract = f"0x{done.identity.contract.hex()}"
    if done.created:
        say(f"deployed: AnchorRegistry {contract} on chain {done.identity.chain_id}")
        say(f"  block {done.block_number}, gas {done.gas_used:,}")
    else:
        say(f"there already: AnchorRegistry {contract} on chain {done.identity.chain_id}")
    say("  to use it: CROSSPROOF_CHAIN_URLS, the node's address, and CROSSPROOF_CHAIN_CONTRACT")
    put(f"{contract}\n")
