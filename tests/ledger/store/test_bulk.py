"""Many rows at once: each of them as it was given, however many there are."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger.store.trail_rows import ChainedRow
from tests.log_home import Home


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 200])
def test_rows_are_kept_in_their_order_and_whole(home: Home, count: int) -> None:
    rows = [ChainedRow(n, b"%d" % n * n, sha256(b"%d" % n).digest()) for n in range(1, count + 1)]
    store = home.open().store
    with store.trail(write=True) as trail:
        trail.add(rows, old=trail.head())
    with store.trail() as trail:
        assert list(trail.all()) == rows
