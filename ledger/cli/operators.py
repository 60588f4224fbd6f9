"""`crossproof log sign-change`, `propose-operators`, `apply-operators`, `cancel-operators`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.agreement import Agreement, OperatorChange
from ledger.cli.console import problem, put_json, say
from ledger.cli.contract_log import Place, load_account, open_contract_log, read_agreements
from ledger.cli.files import refuse_both_on_stdout, write_file
from ledger.cli.hexadecimal import ADDRESS_DIGITS, digits
from ledger.cli.options import (
    ADMIN_KEY_FILE,
    ADMIN_SIGNER_URL,
    AS_JSON,
    CONTRACT,
    KEY_FILE,
    LOG_ID,
    MAX_FEE,
    MAX_TIP,
    NODE,
    OPERATOR_KEY_FILE,
    OPERATOR_SIGNER_URL,
    OUTPUT,
    PASSPHRASE,
    SENDER_SIGNER_URL,
    SIGNER_TIMEOUT,
)
from ledger.errors import ConflictError
from ledger.head_signature import HeadSigner
from ledger.key_source import KeySource

__all__ = ["apply_operators", "cancel_operators", "propose_operators", "sign_change"]


def sign_change(
    *,
    operator: Annotated[
        list[str],
        typer.Option(
            "--operator",
            envvar="CROSSPROOF_OPERATORS",
            metavar="ADDRESS",
            help="Who is to sign heads from then on; repeatable.",
        ),
    ],
    threshold: Annotated[
        int, typer.Option(envvar="CROSSPROOF_THRESHOLD", min=1, help="How many of them must.")
    ],
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
    """Agree, as an operator of today, to other operators or another threshold; costs nothing.

    Example: crossproof log sign-change --operator A --operator B --threshold 2 -o mine.json …

    The file goes to the log's admin, who proposes the change with enough of them. It is good for
    one proposal.
    """
    refuse_both_on_stdout(output, as_json=as_json)
    named = sorted({digits("--operator", one, ADDRESS_DIGITS) for one in operator})
    if threshold > len(named):
        raise problem(
            "usage.threshold",
            "--threshold: more than there are operators",
            expected=f"1 to {len(named)}",
            found=str(threshold),
        )

    source = KeySource.beside_environment("operator", file=key_file, signer_url=signer_url)
    key = source.load(passphrase=passphrase, timeout=signer_timeout)
    with open_contract_log(Place(rpc, contract, log_id)) as found:
        change = OperatorChange(tuple(named), threshold, found.governance.change_nonce)
        agreement = Agreement.sign(change, HeadSigner("", found.domain, key))
        found.check_operator(agreement.signer)
    write_file(output, agreement.to_json())
    say(f"agreed, as 0x{(agreement.signer or b'').hex()}: {_describe(change)}")
    if as_json:
        put_json({"output": str(output), "signer": f"0x{(agreement.signer or b'').hex()}"})


def propose_operators(
    agreements: Annotated[
        list[Path], typer.Argument(help="What operators have signed: `crossproof log sign-change`.")
    ],
    *,
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
    """Propose the change that operators have agreed to; the log's admin alone may.

    Example: crossproof log propose-operators mine.json theirs.json --key-file admin.key …

    It waits two days, for everyone to see, and is then to be applied.
    """
    from ledger.chain import Proposal  # noqa: PLC0415 - web3, a second

    source = KeySource.beside_environment("admin", file=key_file, signer_url=signer_url)
    account = load_account(source, passphrase, signer_timeout)
    with open_contract_log(Place(rpc, contract, log_id, max_fee, max_tip)) as found:
        change, signatures = found.agreed(read_agreements(agreements))
        if not isinstance(change, OperatorChange):
            raise _not_a_change()
        nonce = found.governance.change_nonce
        if change.nonce != nonce:
            raise ConflictError(
                "agreement.used",
                "the agreements were for an earlier proposal",
                expected=f"nonce {nonce}",
                found=f"nonce {change.nonce}",
                hint="Let the operators sign again.",
            )
        call = Proposal(found.log_id, change.operators, change.threshold, signatures)
        found.send(account, call.call_data())
        say(f"proposed: {_describe(change)}")
        after = found.chain.governance(found.log_id)
        if after is not None and after.pending is not None:
            say(f"  to be applied from {after.pending.time:%Y-%m-%dT%H:%M:%SZ} on, by anyone")
    if as_json:
        put_json(_operators(change.operators, change.threshold))


def apply_operators(
    *,
    rpc: Annotated[str, NODE],
    contract: Annotated[str, CONTRACT],
    log_id: Annotated[str, LOG_ID],
    key_file: Annotated[Path | None, KEY_FILE] = None,
    signer_url: Annotated[str | None, SENDER_SIGNER_URL] = None,
    signer_timeout: Annotated[float, SIGNER_TIMEOUT] = 5,
    passphrase: Annotated[str | None, PASSPHRASE] = None,
    max_fee: Annotated[float, MAX_FEE] = 200,
    max_tip: Annotated[float, MAX_TIP] = 5,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Apply the proposed change of operators once its time has come; anyone may.

    Example: crossproof log apply-operators --key-file sender.key …

    Signatures of the epoch before count no more. Each co-operator's service is to be started again
    with the new epoch: `crossproof cosign --epoch`.
    """
    from ledger.chain import apply_operators as call  # noqa: PLC0415 - web3, a second

    source = KeySource.beside_environment("sender", file=key_file, signer_url=signer_url)
    account = load_account(source, passphrase, signer_timeout)
    with open_contract_log(Place(rpc, contract, log_id, max_fee, max_tip)) as found:
        found.send(account, call(found.log_id))
        after = found.chain.governance(found.log_id)
    if after is not None:
        say(f"epoch {after.info.epoch}: {after.info.threshold} of {len(after.info.operators)}")
        for address in after.info.operators:
            say(f"  0x{address.hex()}")
    if as_json:
        info = None if after is None else after.info
        told = {} if info is None else _operators(info.operators, info.threshold)
        put_json({"epoch": None if info is None else info.epoch, **told})


def cancel_operators(
    *,
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
    """Drop the proposed change of operators; the log's admin alone may.

    Example: crossproof log cancel-operators --key-file admin.key …
    """
    from ledger.chain import cancel_operators as call  # noqa: PLC0415 - web3, a second

    source = KeySource.beside_environment("admin", file=key_file, signer_url=signer_url)
    account = load_account(source, passphrase, signer_timeout)
    with open_contract_log(Place(rpc, contract, log_id, max_fee, max_tip)) as found:
        found.send(account, call(found.log_id))
    say("dropped: the operators stay as they are")
    if as_json:
        put_json({"log_id": log_id})


def _operators(operators: Sequence[bytes], threshold: int) -> dict[str, Any]:
    return {"operators": [f"0x{one.hex()}" for one in operators], "threshold": threshold}


def _describe(change: OperatorChange) -> str:
    operators = ", ".join(f"0x{address.hex()}" for address in change.operators)
    return f"{change.threshold} of {operators}"


def _not_a_change() -> ConflictError:
    return ConflictError(
        "agreement.matter",
        "the operators have agreed to something else",
        expected="a change of operators",
        found="the closing of the log",
        hint="To close it: `crossproof log close`.",
    )
