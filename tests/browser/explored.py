"""A ledger with something to look at: a dossier, corrections, descendants, and time going by."""

from __future__ import annotations

from ledger.node import Node
from ledger.statement import Statement
from ledger.submission import Submission
from tests.covered_transfer import CASES, records, reference
from tests.deadline import eventually
from tests.samples import transfer

__all__ = ["OWNER", "SECRET", "grow"]

OWNER = "uscc:91440300MA5EXPORT1"
# A stranger's, of which the owner may learn nothing.
SECRET = "secret-scenario"  # noqa: S105 - the name of a scenario
_FILE = {"name": "信用报告 2025.csv", "size": 1_048_576, "digests": {"sha-256": "ab" * 32}}
_PARTIES = {
    "exporter": {"id": OWNER, "name": "深圳示例数据有限公司"},
    "recipient": {"id": "hkbr:12345678", "name": "Example Bank (Hong Kong)", "country": "HK"},
}


def grow(node: Node) -> dict[str, Statement]:
    """Log a dossier and its relatives, anchored but for the last; give the records by name."""
    made = records({"transfer/files": [_FILE]})
    for case in CASES:
        _log(node, made[case])
        _anchored(node)
    hidden = transfer(scenario=SECRET, exporter={"id": "stranger"}, recipient={"id": "other"})
    _log(node, hidden, submitter="stranger")
    moved = made["transfer"]
    made["child"] = transfer(
        **_PARTIES,
        scenario="credit-model",
        parents=[reference(moved), reference(hidden)],
        purpose='<script>alert("never run")</script>',
    )
    made["correction"] = transfer(
        **_PARTIES, scenario="credit-model", supersedes=reference(made["child"])
    )
    made["hidden"] = hidden
    for name in ("child", "correction"):
        _log(node, made[name])
    _log(node, *(transfer(**_PARTIES, scenario=f"payroll-{n % 3}") for n in range(40)))
    _anchored(node)
    return made


def _log(node: Node, *statements: Statement, submitter: str = OWNER) -> None:
    node.submit([Submission.of(one) for one in statements], submitter=submitter)


def _anchored(node: Node) -> None:
    """Wait until the node's own workers have anchored everything."""
    size = node.log.head().size

    def is_anchored() -> bool:
        newest = node.newest_anchor()
        return newest is not None and newest.anchor.size == size

    eventually(is_anchored, "everything is anchored")
