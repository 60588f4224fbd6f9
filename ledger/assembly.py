"""Assembly: the parts of a running ledger, opened from settings and fitted to each other.

    assemble(settings)      data directory, store, keys, log, lease, chain, publisher, publication

What a first start needs is made. Where one part cannot be opened, those before it are closed again.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from ledger.anchor import ChainIdentity
from ledger.chain import Chain, Witness
from ledger.connections import open_chain, verifiers
from ledger.data_directory import MAX_SEATS, DataDirectory
from ledger.errors import ConfigurationError
from ledger.evm_key import EvmKey
from ledger.keyring import Keyring
from ledger.lease import Lease
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.publication import Publication, open_place
from ledger.publisher import CoOperators, OpeningTerms, Publisher
from ledger.settings import Settings
from ledger.store import SESSION, AnchorState, Store

__all__ = ["Parts", "assemble", "seats"]

_STANDING = (AnchorState.INCLUDED, AnchorState.FINAL)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running ledger is made of; `witnesses` is the chain as a verifier asks it."""

    directory: DataDirectory
    lease: Lease
    log: Log
    chain: Chain
    witnesses: Witness
    publisher: Publisher
    operator: EvmKey
    publication: Publication | None


def assemble(settings: Settings) -> Parts:
    """Open all parts; raise ConfigurationError where they do not belong together.

    A log that could fork opens all the same, for reading only (see `log`).
    """
    with ExitStack() as opened:
        directory = opened.enter_context(DataDirectory(settings.data_dir, seats=seats(settings)))
        store = opened.enter_context(Store.open(settings.database, session=SESSION))
        with store.reading() as reading:
            row = reading.log()
        with directory.starting():
            keys = Keyring.open(settings, origin=None if row is None else row.origin)
        record = HeadRecord(settings.head_record, seat=directory.seat)
        log = Log.open(store, keys.log, record)
        lease = Lease(store, directory.holder)
        chain = opened.enter_context(open_chain(settings, keys))
        witnesses = verifiers(settings, chain)
        publisher = Publisher(
            log,
            chain,
            operator=keys.operator,
            sender=keys.sender,
            admin=keys.admin,
            interval=settings.anchor_interval,
            witnesses=witnesses,
            co_operators=CoOperators(settings.cosigner_urls),
            opening=OpeningTerms(
                tuple(bytes.fromhex(a.removeprefix("0x")) for a in settings.co_operators),
                settings.threshold,
            ),
            lease=lease,
        )
        if settings.chain_urls:
            # Until a node answers, the chain is taken to be the one that it was.
            publisher.assume(_known_chain(store, chain, publisher))
            publisher.hold_log()
        else:
            publisher.meet()
        parts = Parts(
            directory=directory,
            lease=lease,
            log=log,
            chain=chain,
            witnesses=witnesses,
            publisher=publisher,
            operator=keys.operator,
            publication=_publication(settings, log, lease),
        )
        opened.pop_all()
    return parts


def seats(settings: Settings) -> int:
    """Say how many processes may serve one data directory.

    A sandbox lives in one process, and SQLite's file is one writer's.
    """
    is_alone = settings.database.startswith("sqlite") or not settings.chain_urls
    return 1 if is_alone else MAX_SEATS


def _publication(settings: Settings, log: Log, lease: Lease) -> Publication | None:
    if settings.publish_to is None:
        return None
    return Publication(
        log,
        open_place(settings.publish_to, endpoint=settings.publish_endpoint),
        entries=settings.publish_entries,
        interval=settings.publish_to_interval,
        leads=lambda: lease.take() is not None,
    )


def _known_chain(store: Store, chain: Chain, publisher: Publisher) -> ChainIdentity | None:
    """Find the chain of the newest anchor in this contract, None where there is none.

    Raises ConfigurationError where all of them are of a log that another account has opened: the
    log would begin anew in the contract, and old trust files would not know it.
    """
    known = [
        row.anchor
        for row in store.anchors(states=_STANDING)
        if row.anchor.chain.contract == chain.contract
    ]
    mine = [anchor for anchor in known if anchor.log_id == publisher.log_id]
    if known and not mine:
        raise ConfigurationError(
            "settings.admin",
            "the contract holds this log as opened by another account",
            expected=f"the account that makes log id 0x{known[-1].log_id.hex()}",
            found=f"0x{publisher.admin.hex()}, which makes log id 0x{publisher.log_id.hex()}",
            hint="Name the key of the account that opened it: CROSSPROOF_ADMIN_KEY_FILE, or its "
            "signer: CROSSPROOF_ADMIN_SIGNER_URL.",
        )
    return mine[-1].chain if mine else None
