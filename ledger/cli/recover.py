"""`crossproof recover`: an older database learns again what the log has acknowledged."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.console import problem, put_json, say
from ledger.cli.hexadecimal import HASH_DIGITS, digits
from ledger.cli.options import API_KEY, AS_JSON, DATA_DIR, SUCCESSOR
from ledger.errors import ReadOnlyError, UnavailableError

if TYPE_CHECKING:
    from ledger.log.head_record import AnchoredHead
    from ledger.settings import Settings

__all__ = ["recover"]


def recover(
    *,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            envvar="CROSSPROOF_FROM",
            help="Published files: an archive, or the address of a ledger that serves them.",
        ),
    ],
    head_record_lost: Annotated[
        bool,
        typer.Option(
            "--head-record-lost",
            envvar="CROSSPROOF_HEAD_RECORD_LOST",
            help="Begin a new one: nothing beyond the source was acknowledged.",
        ),
    ] = False,
    without_side_files: Annotated[
        bool,
        typer.Option(
            "--without-side-files",
            envvar="CROSSPROOF_WITHOUT_SIDE_FILES",
            help="Take a directory of tiles and entries alone.",
        ),
    ] = False,
    close: Annotated[
        bool,
        typer.Option(
            "--close",
            envvar="CROSSPROOF_CLOSE",
            help="Where anchored entries are lost for good: close the log in its contract.",
        ),
    ] = False,
    successor: Annotated[str | None, SUCCESSOR] = None,
    api_key: Annotated[str | None, API_KEY] = None,
    data_dir: Annotated[Path | None, DATA_DIR] = None,
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Fill an older database up from published files, until the log may be written again.

    Example: crossproof recover --from /backups/ledger

    Every entry is held against its leaf, every tile against the signed checkpoint, and the result
    against head record and chain. Stop the server first. From a ledger that serves its tiles,
    entries need an API key with the scope `audit`.

    Who submitted an entry, and when, only an archive tells, in side files that the log has signed.
    From elsewhere it stays unknown: such an entry is shown to the recipient that it names and to
    keys with the scope `audit`, no more to its submitter. Anchors are learnt from the chain.

    Entries that were anchored and that nothing holds any more cannot be made again: then the log
    can only be closed at its anchored head, for good, and name the log that continues it (--close
    --successor HASH, a log that `crossproof serve` has opened in another directory). Bundles that
    others hold stay proven. Several operators agree to that first: `crossproof log sign-closing`.
    """
    from ledger.archive import recovery  # noqa: PLC0415 - SQLAlchemy, half a second
    from ledger.archive.source import Directory, Source  # noqa: PLC0415
    from ledger.cli.opened import load_settings, open_log  # noqa: PLC0415
    from ledger.client import Client  # noqa: PLC0415
    from ledger.keyring import load_log_signer  # noqa: PLC0415
    from ledger.log.head_record import HeadRecord  # noqa: PLC0415
    from ledger.store import Store  # noqa: PLC0415

    settings = load_settings(data_dir)
    verifier = load_log_signer(settings).verifier
    with ExitStack() as opened:
        files: Source = Directory(Path(source))
        is_served = source.startswith(("http://", "https://"))
        if is_served:
            files = opened.enter_context(Client(source, api_key=api_key, named="--from"))
        store = opened.enter_context(Store.open(settings.database))
        recovered = recovery.recover(
            store,
            files,
            HeadRecord(settings.head_record),
            verifier=verifier,
            anchored_head=_anchored_head(settings, verifier.name),
            side_files=not (is_served or without_side_files),
            without_record=head_record_lost,
        )
    say(f"recovered: from {recovered.old_size:,} to {recovered.size:,} entries")
    if recovered.missing:
        say(f"  {recovered.missing:,} more entries were acknowledged, and the source lacks them")
        if close:
            _close(settings, verifier.name, successor)
    elif close:
        say("nothing is missing, so the log is not closed: to do so, `crossproof log close`")
    if as_json:
        put_json(
            {
                "old_size": recovered.old_size,
                "size": recovered.size,
                "missing": recovered.missing,
            }
        )
    with open_log(settings) as log:
        if log.read_only_reason is not None:
            raise log.read_only_reason
    if recovered.missing:
        # What only the chain knows of is in no head record: the server will hold the log to it.
        raise ReadOnlyError(
            "recovery.incomplete",
            "the log still lacks entries that were anchored",
            expected=f"{recovered.size + recovered.missing} entries",
            found=str(recovered.size),
            hint="The log is closed: go on in its successor."
            if close
            else "Recover again, from a source that has them. Where nothing has them any more: "
            "--close, and --successor for the log that goes on.",
        )


def _close(settings: Settings, origin: str, successor: str | None) -> None:
    """Close the log at the head that the contract holds, this operator signing for it alone."""
    from ledger.agreement import Agreement, Closing  # noqa: PLC0415 - as above
    from ledger.anchor import LogStatus  # noqa: PLC0415
    from ledger.chain import Account, Closure  # noqa: PLC0415 - web3, a second
    from ledger.cli.contract_log import contract_log_of  # noqa: PLC0415
    from ledger.connections import connect  # noqa: PLC0415
    from ledger.head_signature import HeadSigner, log_id  # noqa: PLC0415
    from ledger.keyring import Keyring  # noqa: PLC0415

    named = None if successor is None else digits("--successor", successor, HASH_DIGITS)
    if not settings.chain_urls:
        raise problem(
            "settings.chain-urls",
            "no node is configured, so the log cannot be closed in its contract",
            expected="CROSSPROOF_CHAIN_URLS",
        )
    keys = Keyring.open(settings, origin=origin)
    admin = Account(keys.admin)
    with connect(settings, settings.chain_urls[0]) as chain:
        found = contract_log_of(chain, log_id(origin, admin.address))
        matter = Closing(found.head.size, found.head.root, named)
        signatures: tuple[bytes, ...] = ()
        if found.governance.standing.status is not LogStatus.FROZEN:
            mine = Agreement.sign(matter, HeadSigner(origin, found.domain, keys.operator))
            signatures = found.agreed([mine])[1]
        call = Closure(found.log_id, matter.size, matter.root, matter.successor, signatures)
        found.send(admin, call.call_data())
    say(f"closed: at size {matter.size}, root {matter.root.hex()}")


def _anchored_head(settings: Settings, origin: str) -> AnchoredHead | None:
    """Ask the configured chain how much of the log it holds; None where there is none to ask.

    What one node shows counts where as many hold it as must agree.
    """
    if not settings.chain_urls:
        return None
    from ledger.connections import connect, verifiers  # noqa: PLC0415
    from ledger.head_signature import log_id  # noqa: PLC0415
    from ledger.keyring import Keyring  # noqa: PLC0415
    from ledger.log.head_record import AnchoredHead  # noqa: PLC0415 - as above; web3, a second

    admin = Keyring.open(settings, origin=origin).admin
    name = log_id(origin, admin.address)
    try:
        with connect(settings, settings.chain_urls[0]) as chain:
            head = chain.head(name)
            if head is None or not head.size:
                return None
            identity = chain.identity()
            if not verifiers(settings, chain).holds(identity, name, head):
                say("one node shows a head of the log that the contract does not hold: left out")
                return None
            return AnchoredHead(identity, name, head.size, head.root)
    except UnavailableError as error:
        say(f"the chain could not be asked: {error.message}; the server will hold the log to it")
        return None
