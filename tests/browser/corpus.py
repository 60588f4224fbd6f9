"""Bundles, good and mangled, which both verifiers must judge alike; each with what is believed.

Real logs, keys and signatures throughout: what is mangled inside something signed is signed again,
and what is mangled inside an entry is logged, so that every reader sees its share. The random ones
follow from one seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.browser.judged import Case
from tests.browser.judged_certificates import certified
from tests.browser.judged_dossiers import dossiers
from tests.browser.judged_records import records
from tests.browser.mangled import mangled

__all__ = ["Case", "cases"]

_SEED = 20_261_121


def cases(share: float = 1.0) -> Iterator[Case]:
    """Give every case, of those made at random a share."""
    chance = random.Random(_SEED)  # noqa: S311 - the same cases at every run is the point
    yield from records()
    yield from dossiers()
    # What the page leaves to Python is in test_certificates.
    yield from (each for each in certified() if "not read" not in each.name)
    yield from mangled(chance, share)
