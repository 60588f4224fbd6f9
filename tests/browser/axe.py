"""What axe-core says of a page as it stands: the issues that keep people out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

__all__ = ["serious_issues"]

_AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
# All that it found is some megabytes, which nobody here reads.
_RUN = """axe.run({resultTypes: ["violations"]}).then(({violations, passes}) => ({
    passed: passes.length,
    issues: violations.filter(({impact}) => ["serious", "critical"].includes(impact))
        .map(({id, nodes}) => [id, nodes.map(({html}) => html.slice(0, 120))]),
}))"""
# Fewer rules than any page of ours gives work to: it did not look.
_LEAST = 10


@cache
def _program() -> str:
    return _AXE.read_text("utf-8")


def serious_issues(page: Page) -> list[tuple[str, list[str]]]:
    """Give serious and critical issues: the rule, and the elements that break it."""
    # The page's own policy lets no such script in: it comes in by the browser's back door.
    page.evaluate(_program())
    found = page.evaluate(_RUN)
    assert found["passed"] > _LEAST
    return [(rule, elements) for rule, elements in found["issues"]]
