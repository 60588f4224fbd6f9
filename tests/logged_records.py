"""A covered transfer's entries as a log or a server hands them out, for tests of dossiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger import status
from ledger.dossier import Placed, Records
from ledger.jwk import PrivateKey
from ledger.statement import Statement
from ledger.status import Action
from ledger.trust import Trust
from tests.covered_transfer import CASES, ISSUED, KEY, records

__all__ = ["Entries"]

_FIRST = 10
_DAY = 24 * 3600


class Entries:
    """Records that are logged in an order, and what is said of them after."""

    def __init__(
        self, changes: dict[str, Any] | None = None, *, order: Sequence[str] = CASES
    ) -> None:
        self.made = records(changes)
        self.logged = [(case, self.made[case]) for case in order]

    def __getitem__(self, case: str) -> Statement:
        return self.made[case]

    def say(
        self,
        case: str,
        action: Action,
        key: PrivateKey = KEY,
        *,
        at: int = ISSUED + 10 * _DAY,
        before: str | None = None,
    ) -> None:
        """Log a status of one of the records, last, or before another."""
        waiting = status.draft(
            key.public, issuer="someone", issued_at=at, leaf=self[case].leaf_hash,
            record_id=str(self[case].members.record_id), action=action, reason="because",
        )  # fmt: skip
        said = Statement.build({"kind": "status", "jws": waiting.sign(key).text})
        names = [name for name, _ in self.logged]
        place = len(names) if before is None else names.index(before)
        self.logged.insert(place, ("status", said))

    def read(
        self,
        subject: str = "transfer",
        *,
        without: Sequence[str] = (),
        trust: Trust | None = None,
    ) -> Records:
        """Read them as one whom they are shown to."""
        placed = {
            index: (case, Placed(index, statement.entry))
            for index, (case, statement) in enumerate(self.logged, _FIRST)
            if case not in without
        }
        by_case = {case: one for case, one in placed.values() if case in CASES}
        said = [one for case, one in placed.values() if case not in {"plan", "transfer"}]
        plan = by_case.get("plan") if subject == "transfer" else None
        return Records.read(by_case[subject], plan=plan, said=said, trust=trust)
