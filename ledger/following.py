"""Following: what is found in the log behind its head, by a process of its own.

    follow(url, trust)      relations, search index, docket: a page of each in turn, until it ends

Finding costs more than logging, and none of it is waited for. So the process gives way to all
others (`nice`); it holds no key, and nothing but the database's address. Each follower moves its
place in the transaction that writes what it found: a process that is killed has lost nothing, and
two at once come to the same as one.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from multiprocessing import parent_process

from ledger.docket import Docket
from ledger.dossier import Terms
from ledger.errors import UnavailableError
from ledger.follower import catch_up
from ledger.log import LogReader
from ledger.search_index import index_log
from ledger.store import Store
from ledger.trust import Trust

__all__ = ["Followers", "follow"]

# Between two looks for news, where all that there was has been looked through: single records that
# come without end are taken together.
PAUSE = 0.25
# Where there is no news all is looked at as often: another process may have left something undone.
LOOK = 5.0
# Until a database that did not answer is asked again.
RETRY = 1.0
_NICE = 10
# PostgreSQL's own processes do not give way with us: while entries come in, we rest so many times
# as long as we worked.
_REST = 3.0
# Of what each follower reads at once: its turn is short, so that none waits long for the others.
_RELATED_PAGES = 16
_DOCKET_PAGES = 4

_logger = logging.getLogger(__name__)


class Followers:
    """The followers of one log, in turn."""

    def __init__(self, log: LogReader, trust: Trust) -> None:
        self._log = log
        self._docket = Docket(log, trust=trust, terms=Terms())
        self._begun = False

    def step(self) -> bool:
        """Let each go on by a few pages; say whether all have come to where the log ended."""
        if not self._begun:
            self._docket.begin()
            self._begun = True
        end = self.size()
        is_related = catch_up(self._log, pages=_RELATED_PAGES, until=end)
        is_indexed = index_log(self._log, pages=1)
        before = self._docket.lag()
        after = self._docket.catch_up(pages=_DOCKET_PAGES, until=end)
        is_told = not after.rows and after.entries <= self.size() - end
        # Where another process believes another trust file, the docket is its own to follow.
        return is_related and is_indexed and (is_told or after == before)

    def size(self) -> int:
        """Say how long the log is."""
        return self._log.head().size


def follow(url: str, trust: str) -> None:
    """Follow the log of a database while the process that started this one lives.

    `trust` is a trust file's text: whose word counts in the docket. Anything unforeseen ends the
    process; whoever started it says so, and starts another.
    """
    _prepare()
    with Store.open(url, create=False) as store:
        followers = Followers(LogReader(store), Trust.from_json(trust))
        before, is_done, looked_at = 0, False, 0.0
        while True:
            began = time.monotonic()
            try:
                size = followers.size()
                if size != before or not is_done or began - looked_at >= LOOK:
                    is_done, looked_at = followers.step(), began
            except UnavailableError as error:
                _logger.warning("following later: %s (%s)", error, error.code)
                time.sleep(RETRY)
                continue
            if is_done:
                time.sleep(PAUSE)
            elif store.is_shared and size > before:
                time.sleep(_REST * (time.monotonic() - began))
            before = size


def _prepare() -> None:
    """Give way, leave interrupts to the server, and end with it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    server = parent_process()
    if server is not None:
        server.join()
        os._exit(1)
