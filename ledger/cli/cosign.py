"""`crossproof cosign`: a co-operator's service, one log, one key, one contract."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ledger.cli.console import put_json, say
from ledger.cli.hexadecimal import ADDRESS_DIGITS, HASH_DIGITS, digits
from ledger.cli.options import AS_JSON, SIGNER_TIMEOUT
from ledger.cli.serve import address_of, ending_in_order, listen

__all__ = ["cosign"]


def cosign(
    *,
    log_key: Annotated[
        str,
        typer.Option(
            "--log-key",
            envvar="CROSSPROOF_LOG_KEY",
            metavar="VKEY",
            help="The log's key, as its operator's `crossproof key show` tells it.",
        ),
    ],
    memory: Annotated[
        Path,
        typer.Option(
            "--memory",
            envvar="CROSSPROOF_COSIGNER_MEMORY",
            metavar="DIR",
            help="Where the last head that was signed is kept; never restored from a backup.",
        ),
    ],
    chain_id: Annotated[int, typer.Option(envvar="CROSSPROOF_CHAIN_ID", help="The chain.", min=1)],
    contract: Annotated[
        str,
        typer.Option(envvar="CROSSPROOF_CHAIN_CONTRACT", metavar="ADDRESS", help="AnchorRegistry."),
    ],
    log_id: Annotated[
        str,
        typer.Option("--log-id", envvar="CROSSPROOF_LOG_ID", metavar="HASH", help="The log in it."),
    ],
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            envvar="CROSSPROOF_OPERATOR_KEY_FILE",
            metavar="FILE",
            help="This operator's key: 0x and 64 digits, or a keystore; made where there is none.",
        ),
    ] = None,
    signer_url: Annotated[
        str | None,
        typer.Option(
            "--signer-url",
            envvar="CROSSPROOF_OPERATOR_SIGNER_URL",
            metavar="URL[#ADDRESS]",
            help="An external signer that holds that key.",
        ),
    ] = None,
    signer_timeout: Annotated[float, SIGNER_TIMEOUT] = 5,
    epoch: Annotated[
        int, typer.Option(envvar="CROSSPROOF_EPOCH", help="The epoch of its operators.", min=1)
    ] = 1,
    passphrase: Annotated[
        str | None,
        typer.Option(
            envvar="CROSSPROOF_KEY_PASSPHRASE",
            help="Opens the keystore.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(envvar="CROSSPROOF_HOST", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="CROSSPROOF_PORT", help="Port; 0 picks a free one.")
    ] = 8081,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Sign a log's heads for the contract, each only where it extends the last one signed.

    Example: crossproof cosign --log-key VKEY --key-file co.key --memory co --chain-id 1 …

    The log asks at /add-checkpoint (C2SP tlog-witness): its CROSSPROOF_COSIGNER_URLS name this
    service, its CROSSPROOF_CO_OPERATORS this operator, whom the contract must know.
    """
    from ledger.cli.logs import log_to_stderr  # noqa: PLC0415 - structlog, and what follows
    from ledger.cosigner import CosignedLog, Cosigner  # noqa: PLC0415
    from ledger.head_signature import HeadDomain, HeadSigner  # noqa: PLC0415
    from ledger.key_source import KeySource  # noqa: PLC0415
    from ledger.keys import make_operator_key  # noqa: PLC0415
    from ledger.note import Verifier  # noqa: PLC0415

    verifier = Verifier.from_string(log_key)
    domain = HeadDomain(
        chain_id,
        digits("--contract", contract, ADDRESS_DIGITS),
        digits("--log-id", log_id, HASH_DIGITS),
        epoch,
    )
    source = KeySource.beside_environment("operator", file=key_file, signer_url=signer_url)
    if key_file is not None and source.is_missing:
        make_operator_key(key_file, passphrase)
    key = source.load(passphrase=passphrase, timeout=signer_timeout)
    signer = HeadSigner(verifier.name, domain, key)
    memory.mkdir(parents=True, exist_ok=True)
    log_to_stderr()
    app = import_module("api.cosigning").create_app(
        Cosigner([CosignedLog(verifier, signer)], memory)
    )
    with ending_in_order(), listen(host, port) as listening:
        say(f"operator: 0x{signer.address.hex()}")
        say(f"its key: {signer.verifier}")
        # Last: whoever waits for this line has read the others.
        say(f"crossproof on {address_of(listening)}, a co-operator, memory in {memory}")
        if as_json:
            put_json(
                {
                    "url": address_of(listening),
                    "operator": f"0x{signer.address.hex()}",
                    "key": str(signer.verifier),
                }
            )
        import_module("api.server").make_server(app).run(sockets=[listening])
