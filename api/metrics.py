"""Figures for operators, in Prometheus' text format; a registry for each application.

Routes are counted under their templates, never under paths: paths hold record ids, and every new
one would be a new time series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from time import perf_counter, time
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.body import Intake
from api.webhooks import WebhookKeeper
from ledger.anchor import LogStatus
from ledger.docket import Docket
from ledger.errors import UnavailableError
from ledger.node import Node
from ledger.publisher import Status
from ledger.store import StoredAnchor

__all__ = ["NO_ANSWER", "Figures", "Measured"]

_Name = TypeVar("_Name", bound=str)

# Durable single records take milliseconds, batches of 100,000 about a second.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# What was closed before an answer had begun; no client ever sees it.
NO_ANSWER = 499


class Figures:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "crossproof_http_requests", "Requests answered", ("method", "route", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "crossproof_http_request_seconds", "Time from a request's head to its answer's end",
            ("method", "route"), buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.records = Counter(
            "crossproof_records", "Statements taken in", ("outcome",), registry=self.registry
        )
        # Found by their labels once; as many as there are routes, methods and answers of each.
        self._counted = cache(self.requests.labels)
        self._timed = cache(self.seconds.labels)
        self._added, self._repeated = map(self.records.labels, ("added", "duplicate"))

    def observe(self, method: str, route: str, status: int, *, seconds: float) -> None:
        """Count a request, and how long it took."""
        self._counted(method, route, status).inc()
        self._timed(method, route).observe(seconds)

    def count(self, *, added: int, duplicates: int) -> None:
        """Count statements that were taken in."""
        for counter, count in ((self._added, added), (self._repeated, duplicates)):
            if count:
                counter.inc(count)

    def watch(
        self, node: Node, intakes: Sequence[Intake], docket: Docket, webhooks: WebhookKeeper
    ) -> Callable[[], None]:
        """Tell what log and bodies hold too, read when someone asks; give the way to stop."""
        collector = _LogCollector(node, intakes, docket, webhooks)
        self.registry.register(collector)
        return lambda: self.registry.unregister(collector)

    def text(self) -> bytes:
        """Write all figures."""
        return generate_latest(self.registry)


class Measured:
    """Count and time every request."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and write down how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = NO_ANSWER

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        start = perf_counter()
        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if route != "unmatched" else "any"
            self._figures.observe(method, route, status, seconds=perf_counter() - start)


class _LogCollector(Collector):
    def __init__(
        self, node: Node, intakes: Sequence[Intake], docket: Docket, webhooks: WebhookKeeper
    ) -> None:
        self._node = node
        self._docket = docket
        self._webhooks = webhooks
        self._intakes = intakes

    def collect(self) -> Iterable[Metric]:
        log = self._node.log
        held = sum(intake.held for intake in self._intakes)
        yield _gauge("crossproof_body_bytes", "Bytes of bodies in memory", held)
        yield _gauge("crossproof_log_read_only", "1 while the log may not be written",
                     int(log.read_only_reason is not None))  # fmt: skip
        token = self._node.lease.token
        yield _gauge("crossproof_lease_held", "1 in the process that publishes and anchors",
                     int(token is not None))  # fmt: skip
        if token is not None:
            yield _gauge("crossproof_lease_token", "Grows with each change of hands", token)
        publication = self._node.publication
        if publication is not None:
            yield _gauge("crossproof_tiles_failing", "1 while tiles cannot be published",
                         int(publication.state.error is not None))  # fmt: skip
        try:
            published, anchored = log.published(), self._node.newest_anchor()
            with log.store.search() as search:
                searchable, _ = search.backlog()
            sizes = {
                "log": log.head().size,
                "published": published.size if published is not None else 0,
                "anchored": anchored.anchor.size if anchored is not None else 0,
                "searchable": searchable,
            }
            lag = self._docket.lag()
            told = list(_webhooks(self._webhooks))
        except UnavailableError:
            return
        if publication is not None and publication.state.size:
            # In the process that leads; in the others nothing is known of it.
            sizes["tiles"] = publication.state.size
        for name, size in sizes.items():
            yield _gauge(f"crossproof_{name}_size", f"Entries: {name}", size)
        yield _gauge("crossproof_docket_lag_entries", "Entries that the docket lacks", lag.entries)
        yield _gauge("crossproof_docket_stale_rows", "Dossiers to be read anew", lag.rows)
        yield from told
        yield from _anchoring(self._node, anchored)


def _anchoring(node: Node, newest: StoredAnchor | None) -> Iterable[Metric]:
    """Tell how anchoring goes, and how the log stands in its contract, as found last."""
    publisher = node.publisher
    yield _by("crossproof_publisher_status", "1 for what the publisher is about", "status",
              {status: int(status is publisher.state.status) for status in Status})  # fmt: skip
    anchors, attempts = node.anchoring_counts()
    yield _by("crossproof_anchors", "Anchors on the chain of today", "state", anchors)
    yield _by("crossproof_anchor_attempts", "Transactions to anchor", "state", attempts)
    yield CounterMetricFamily("crossproof_anchors_vanished", "Anchors that the chain took back",
                              value=publisher.vanished)  # fmt: skip
    if newest is not None:
        yield _gauge("crossproof_anchored_timestamp_seconds", "Time of the newest anchor's block",
                     newest.anchor.time.timestamp())  # fmt: skip
    if publisher.balance is not None:
        yield _gauge("crossproof_sender_balance_wei", "What is left to pay for anchors",
                     publisher.balance)  # fmt: skip
    governance = publisher.governance
    if governance is None:
        return
    yield _by("crossproof_contract_status", "1 for how the log stands in its contract", "status",
              {s: int(s is governance.standing.status) for s in LogStatus})  # fmt: skip
    yield _gauge("crossproof_operators_epoch", "Epoch of the operators", governance.info.epoch)
    yield _gauge("crossproof_operators_struck", "Operators struck", governance.standing.struck)
    yield _gauge("crossproof_operators_spare", "Active operators beyond the threshold",
                 len(governance.active_operators) - governance.info.threshold)  # fmt: skip


def _webhooks(keeper: WebhookKeeper) -> Iterable[Metric]:
    """Tell how far behind the news is, and how its delivery goes."""
    waiting, lag, outcomes = keeper.figures()
    yield _gauge("crossproof_webhooks", "Webhooks that are told", waiting.webhooks)
    yield _gauge("crossproof_webhook_lag_entries", "Entries that nobody was told of yet", lag)
    yield _gauge("crossproof_webhook_messages_waiting", "Messages not taken", waiting.messages)
    age = 0.0 if waiting.oldest is None else time() - waiting.oldest.timestamp()
    yield _gauge("crossproof_webhook_oldest_seconds", "Age of the oldest of them", max(age, 0))
    attempts = CounterMetricFamily(
        "crossproof_webhook_attempts", "Attempts of this process", labels=("outcome",)
    )
    for outcome, count in outcomes.items():
        attempts.add_metric((outcome.value,), count)
    yield attempts


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _by(name: str, text: str, label: str, values: Mapping[_Name, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((str(key),), value)
    return family
