"""The docket as callers may see it, and the worker that keeps it up with the log."""

from __future__ import annotations

import threading

import structlog

from api.auth import Principal, Scope
from ledger.docket import PAGE, Docket, Lag
from ledger.dossier import Terms
from ledger.errors import LedgerError
from ledger.log import Log
from ledger.settings import Settings
from ledger.store import Reach
from ledger.trust import Trust

__all__ = ["DocketKeeper", "reach_of", "terms_of"]

FOLLOW_SECONDS = 0.5
# A step of the worker, between which it can be stopped: about a second of work.
_PAGES = 4
# What a request looks through itself, so that whoever has just recorded something sees it; where
# there is more, it would wait without seeing the newest.
_PAGES_OF_REQUEST = 2
_ENTRIES_OF_REQUEST = _PAGES_OF_REQUEST * PAGE
_DAY = 24 * 3600

_logger = structlog.get_logger(__name__)


def terms_of(settings: Settings) -> Terms:
    """Give the terms that an operator has set."""
    return Terms(
        backup=int(settings.backup_due_days * _DAY),
        post_check=int(settings.post_check_due_days * _DAY),
        receipt=int(settings.receipt_due_days * _DAY),
        ceiling_near=settings.ceiling_near_percent,
    )


def reach_of(principal: Principal) -> Reach:
    """Say whose dossiers someone may see: as `access.may_read` says of records.

    An onward recipient, who may read a record, does not find it here: no row names him.
    """
    scopes = principal.scopes
    reading, regulating = Scope.READ in scopes, Scope.REGULATE in scopes
    return Reach(
        everything=Scope.AUDIT in scopes,
        submitter=principal.organisation if reading or regulating else None,
        recipient=principal.organisation if reading else None,
        jurisdictions=principal.jurisdictions if regulating else frozenset(),
    )


class DocketKeeper:
    """Follows the log while the application runs, unless a process apart does (`follows`)."""

    def __init__(self, log: Log, *, trust: Trust, settings: Settings, follows: bool = True) -> None:
        self.docket = Docket(log, trust=trust, terms=terms_of(settings))
        self._stop = threading.Event()
        self._begun = False
        self._worker = threading.Thread(target=self._run, name="docket", daemon=True)
        if follows:
            self._worker.start()

    def fresh(self) -> tuple[Docket, Lag]:
        """Give the docket, and what it does not tell yet; nothing of that where little was new."""
        lag = self.docket.lag()
        if lag and lag.entries <= _ENTRIES_OF_REQUEST:
            lag = self.docket.catch_up(pages=_PAGES_OF_REQUEST)
        return self.docket, lag

    def close(self) -> None:
        """Stop after the step that it is in."""
        self._stop.set()
        if self._worker.ident is not None:
            self._worker.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._step():
                self._stop.wait(FOLLOW_SECONDS)

    def _step(self) -> bool:
        """Go on a while; say whether there is more to do now."""
        try:
            if not self._begun:
                self.docket.begin()
                self._begun = True
            before = self.docket.lag()
            return bool(before) and self.docket.catch_up(pages=_PAGES) not in {before, _NOTHING}
        except LedgerError as error:
            _logger.warning("docket follows later", code=error.code, reason=str(error))
        except Exception as error:
            # A worker that dies of a defect would leave the docket behind, unexplained.
            _logger.exception("docket failed; trying again", error=type(error).__name__)
        return False


_NOTHING = Lag(0, 0)
