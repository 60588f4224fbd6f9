"""Anchoring under random faults: it comes to rest, and nothing is anchored twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.anchoring_storm import FAULTS, storm


@pytest.mark.chain
@pytest.mark.timeout(600)
def test_anchoring_comes_to_rest_after_random_faults(tmp_path: Path) -> None:
    assert set(storm(tmp_path, faults=25, seed=7)) >= {"kill", "reorganise"}


@pytest.mark.chain
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_anchoring_comes_to_rest_after_a_thousand_random_faults(tmp_path: Path) -> None:
    assert set(storm(tmp_path, faults=1_000, seed=1)) >= set(FAULTS)
