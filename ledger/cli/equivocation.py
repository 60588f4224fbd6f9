"""`crossproof log report-equivocation`: two histories under one key, shown to the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.anchor import LogStatus
from ledger.bundle import MAX_BUNDLE_SIZE
from ledger.cli.console import Style, put_json, say
from ledger.cli.contract_log import Place, load_account, open_contract_log
from ledger.cli.files import read_file
from ledger.cli.options import (
    AS_JSON,
    CONTRACT,
    KEY_FILE,
    LOG_ID,
    MAX_FEE,
    MAX_TIP,
    NODE,
    PASSPHRASE,
    SENDER_SIGNER_URL,
    SIGNER_TIMEOUT,
)
from ledger.equivocation import Exhibit, find_equivocations
from ledger.errors import NotFoundError
from ledger.key_source import KeySource

__all__ = ["report_equivocation"]


def report_equivocation(
    first: Annotated[Path, typer.Argument(help="A published checkpoint, or a bundle.")],
    second: Annotated[Path, typer.Argument(help="Another one, of another history.")],
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
    """Strike the operators who signed two histories, by showing both to the contract; anyone may.

    Example: crossproof log report-equivocation mine.checkpoint theirs.checkpoint …

    Two checkpoints of one size with two roots, or two bundles with two entries at one index, each
    with an operator's line. With too few operators left the log is frozen; its anchors stay.
    """
    from ledger.chain import EquivocationReport, ReportedHead  # noqa: PLC0415 - web3, a second

    exhibits = [
        Exhibit.read(read_file(path, "checkpoint", limit=MAX_BUNDLE_SIZE))
        for path in (first, second)
    ]
    source = KeySource.beside_environment("sender", file=key_file, signer_url=signer_url)
    account = load_account(source, passphrase, signer_timeout)
    with open_contract_log(Place(rpc, contract, log_id, max_fee, max_tip)) as found:
        signers = find_equivocations(exhibits[0], exhibits[1], domain=found.domain)
        guilty = [s for s in signers if s.operator in found.governance.active_operators]
        if not guilty:
            names = ", ".join(f"0x{signer.operator.hex()}" for signer in signers)
            raise NotFoundError(
                "equivocation.nobody",
                "no operator of the log today has signed both heads",
                expected=", ".join(f"0x{o.hex()}" for o in found.governance.active_operators),
                found=names or "nobody who signed both",
                hint="Another log, contract or chain? A key that is retired or struck cannot be "
                "struck again.",
            )
        for one in guilty:
            heads = [
                ReportedHead(
                    head.epoch, head.size, head.root, head.signature,
                    exhibit.leaf_hash or bytes(32), exhibit.path,
                )
                for head, exhibit in zip(one.heads, one.exhibits, strict=True)
            ]  # fmt: skip
            report = EquivocationReport(found.log_id, (heads[0], heads[1]), exhibits[0].index or 0)
            found.send(account, report.call_data())
            say(f"struck: 0x{one.operator.hex()}", Style.RED)
        after = found.chain.governance(found.log_id)
    if after is not None and after.standing.status is LogStatus.FROZEN:
        say("the log is frozen: too few operators are left to sign its heads", Style.RED)
    if as_json:
        is_frozen = after is not None and after.standing.status is LogStatus.FROZEN
        struck = [f"0x{one.operator.hex()}" for one in guilty]
        put_json({"struck": struck, "frozen": is_frozen})
