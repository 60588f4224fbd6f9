"""A service of the tests: a node, its application, and a client for each organisation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient

from ledger.canonical import canonicalize
from ledger.node import Node
from ledger.publisher import Status
from ledger.statement import new_record_id, new_salt

_MANY_STEPS = 100


@dataclass
class Service:
    """A node, its application, and a client of each organisation."""

    node: Node
    client: TestClient
    secrets: dict[str, str] = field(default_factory=dict)

    def headers(self, organisation: str | None) -> dict[str, str]:
        if organisation is None:
            return {}
        return {"Authorization": f"Bearer {self.secrets[organisation]}"}

    def get(self, path: str, organisation: str | None = None, **more: Any) -> Any:
        headers = {**self.headers(organisation), **more.pop("headers", {})}
        return self.client.get(path, headers=headers, **more)

    def record(self, statement: object, organisation: str | None = "shenzhen") -> Any:
        """POST one statement, or the bytes of what is none."""
        body = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
        headers = {"Content-Type": "application/json", **self.headers(organisation)}
        return self.client.post("/v1/records", content=body, headers=headers)

    def batch(self, statements: list[Any] | bytes, organisation: str | None = "shenzhen") -> Any:
        """POST statements as lines, or the bytes of what are none."""
        body = statements if isinstance(statements, bytes) else lines(statements)
        headers = {"Content-Type": "application/x-ndjson", **self.headers(organisation)}
        return self.client.post("/v1/batches", content=body, headers=headers)

    def verify(self, **members: Any) -> Any:
        return self.client.post("/v1/verifications", json=members)

    @property
    def size(self) -> int:
        return self.node.log.head().size

    def publish(self) -> None:
        self.node.publish()

    def anchor(self) -> None:
        """Publish and anchor what is there, until the chain calls it final."""
        self.publish()
        for _ in range(_MANY_STEPS):
            state = self.node.publisher.step()
            assert state.error is None, state.error
            if state.status is Status.IDLE and state.anchored == self.size:
                return
        raise AssertionError("not anchored after many steps")


def transfer(**members: Any) -> dict[str, Any]:
    """Make a transfer from `shenzhen` to `hongkong`, with an identity of its own."""
    return {
        "kind": "transfer",
        "v": 1,
        "record_id": new_record_id(),
        "salt": new_salt(),
        "occurred_at": "2026-11-21T08:15:00Z",
        "exporter": {"id": "shenzhen"},
        "recipient": {"id": "hongkong"},
        "from": "CN",
        "to": "HK",
        "scenario": "payroll",
        "data_items": [
            {"name": "account", "class": "general", "personal": True, "sensitive": True}
        ],
        **members,
    }


def plan(**members: Any) -> dict[str, Any]:
    """Make a plan of such transfers."""
    value = transfer(kind="plan", ceilings={"transfers": 12})
    del value["occurred_at"]
    return {**value, "period": {"from": "2026-01-01", "until": "2026-12-31"}, **members}


def lines(statements: list[Any]) -> bytes:
    return b"".join(canonicalize(statement) + b"\n" for statement in statements)
