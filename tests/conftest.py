"""What every test may use: the shared vectors' place, and how much the property tests try.

pytest                   profile "default": few examples, the same at every run
pytest --profile full    many examples, chosen anew at every run, and the slow tests too
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_REPOSITORY = Path(__file__).resolve().parent.parent
_SHARED_VECTORS = _REPOSITORY.parent / "shared" / "vectors"

# Deadlines measure the machine and whoever else works on it, not the code.
settings.register_profile("default", max_examples=60, derandomize=True, deadline=None)
settings.register_profile(
    "full", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--profile",
        choices=("default", "full"),
        default="default",
        help="how much the property tests try, and whether slow tests run",
    )


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile(config.getoption("--profile"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--profile") == "full":
        return
    left_out = pytest.mark.skip(reason="slow: runs with --profile full")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(left_out)


@pytest.fixture(scope="session")
def repository() -> Path:
    return _REPOSITORY


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The vectors of our own, committed here."""
    return _REPOSITORY / "tests" / "vectors"


@pytest.fixture(scope="session")
def shared_vectors() -> Path:
    """Other projects' vectors, which lie beside the repository on the machines that have them."""
    if not _SHARED_VECTORS.is_dir():
        pytest.skip("the shared vectors are not beside this repository")
    return _SHARED_VECTORS
