"""`crossproof log sign-closing`, `close`: the end of a log, and the log that continues it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.agreement import Agreement, Closing
from ledger.anchor import LogStatus
from ledger.cli.console import problem, put_json, say
from ledger.cli.contract_log import (
    ContractLog,
    Place,
    load_account,
    open_contract_log,
    read_agreements,
)
from ledger.cli.files import refuse_both_on_stdout, write_file
from ledger.cli.hexadecimal import HASH_DIGITS, digits
from ledger.cli.options import (
    ADMIN_KEY_FILE,
    ADMIN_SIGNER_URL,
    AS_JSON,
    CONTRACT,
    LOG_ID,
    MAX_FEE,
    MAX_TIP,
    NODE,
    OPERATOR_KEY_FILE,
    OPERATOR_SIGNER_URL,
    OUTPUT,
    PASSPHRASE,
    SIGNER_TIMEOUT,
    SUCCESSOR,
)
from ledger.errors import ConflictError
from ledger.head_signature import HeadSigner
from ledger.key_source import KeySource

__all__ = ["close", "sign_closing"]


def sign_closing(
    *,
    successor: Annotated[str | None, SUCCESSOR] = None,
    rpc: Annotated[str, NODE],
    contract: Annotated[str, CONTRACT],
    log_id: Annotated[str, LOG_ID],
    key_file: Annotated[Path | None, OPERATOR_KEY_FILE] = None,
    signer_url: Annotated[str | None, OPERATOR_SIGNER_URL] = None,
    signer_timeout: Annotated[float, SIGNER_TIMEOUT] = 5,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    output: Annotated[Path, OUTPUT] = Path("-"),
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Agree, as an operator of today, to close the log at its anchored head; costs nothing.

    Example: crossproof log sign-closing --successor HASH -o mine.json …

    The file goes to the log's admin. Once another head is anchored it is good for nothing.
    """
    refuse_both_on_stdout(output, as_json=as_json)
    source = KeySource.beside_environment("operator", file=key_file, signer_url=signer_url)
    key = source.load(passphrase=passphrase, timeout=signer_timeout)
    named = _successor(successor)
    with open_contract_log(Place(rpc, contract, log_id)) as found:
        matter = Closing(found.head.size, found.head.root, named)
        agreement = Agreement.sign(matter, HeadSigner("", found.domain, key))
        found.check_operator(agreement.signer)
    write_file(output, agreement.to_json())
    say(f"agreed, as 0x{(agreement.signer or b'').hex()}: {_describe(matter)}")
    if as_json:
        put_json({"output": str(output), "signer": f"0x{(agreement.signer or b'').hex()}"})


def close(
    agreements: Annotated[
        list[Path] | None,
        typer.Argument(
            help="What operators have signed: `crossproof log sign-closing`; none if frozen."
        ),
    ] = None,
    *,
    successor: Annotated[str | None, SUCCESSOR] = None,
    rpc: Annotated[str, NODE],
    contract: Annotated[str, CONTRACT],
    log_id: Annotated[str, LOG_ID],
    key_file: Annotated[Path | None, ADMIN_KEY_FILE] = None,
    signer_url: Annotated[str | None, ADMIN_SIGNER_URL] = None,
    signer_timeout: Annotated[float, SIGNER_TIMEOUT] = 5,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    max_fee: Annotated[float, MAX_FEE] = 200,
    max_tip: Annotated[float, MAX_TIP] = 5,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Close a log at its anchored head, for good, and name its successor; its admin alone may.

    Example: crossproof log close mine.json theirs.json --key-file admin.key …

    The successor is in what the operators signed. Where the log is frozen nobody is left to sign,
    and --successor names it. What was anchored stays proven; nothing can be added any more.
    """
    from ledger.chain import Closure  # noqa: PLC0415 - web3, a second

    source = KeySource.beside_environment("admin", file=key_file, signer_url=signer_url)
    account = load_account(source, passphrase, signer_timeout)
    named = _successor(successor)
    with open_contract_log(Place(rpc, contract, log_id, max_fee, max_tip)) as found:
        matter, signatures = _agreed(found, agreements or [], named)
        call = Closure(found.log_id, matter.size, matter.root, matter.successor, signatures)
        found.send(account, call.call_data())
    say(f"closed: {_describe(matter)}")
    if as_json:
        successor_id = None if matter.successor is None else f"0x{matter.successor.hex()}"
        put_json({"size": matter.size, "root": matter.root.hex(), "successor": successor_id})


def _agreed(
    found: ContractLog, agreements: list[Path], successor: bytes | None
) -> tuple[Closing, tuple[bytes, ...]]:
    head = found.head
    if found.governance.standing.status is LogStatus.FROZEN and not agreements:
        return Closing(head.size, head.root, successor), ()
    matter, signatures = found.agreed(read_agreements(agreements))
    if not isinstance(matter, Closing):
        raise ConflictError(
            "agreement.matter",
            "the operators have agreed to something else",
            expected="the closing of the log",
            found="a change of operators",
            hint="To propose that: `crossproof log propose-operators`.",
        )
    if successor is not None and successor != matter.successor:
        raise problem(
            "usage.successor",
            "--successor: the operators have agreed to another one",
            expected=_describe(matter),
            found=f"0x{successor.hex()}",
        )
    if (matter.size, matter.root) != (head.size, head.root):
        raise ConflictError(
            "agreement.used",
            "the log's anchored head is another one by now",
            expected=f"size {head.size}, root {head.root.hex()}",
            found=f"size {matter.size}, root {matter.root.hex()}",
            hint="Stop the ledger's server, then let the operators sign again.",
        )
    return matter, signatures


def _successor(text: str | None) -> bytes | None:
    return None if text is None else digits("--successor", text, HASH_DIGITS)


def _describe(matter: Closing) -> str:
    successor = matter.successor
    named = "no successor" if successor is None else f"successor 0x{successor.hex()}"
    return f"final size {matter.size}, root {matter.root.hex()}, {named}"
