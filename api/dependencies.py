"""What endpoints are given: the parts that `app` put together, each under its type."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.auth import Visitor
from api.beliefs import Beliefs
from api.body import Intake
from api.certifying import Certifying
from api.decoding import Decoding
from api.desk import Desk, Desks
from api.grouping import Grouping
from api.metrics import Figures
from api.waiting import Waiting
from api.webhooks import WebhookKeeper
from api.workers import Workers
from ledger.node import Node

__all__ = [
    "Believed",
    "Bodies",
    "Certified",
    "Counted",
    "Decoded",
    "Grouped",
    "Hooks",
    "Ledger",
    "Served",
    "Waited",
    "Writing",
]


async def _node(request: Request) -> Node:
    node: Node = request.app.state.node
    return node


async def _intake(request: Request) -> Intake:
    intake: Intake = request.app.state.intake
    return intake


async def _figures(request: Request) -> Figures:
    figures: Figures = request.app.state.figures
    return figures


async def _beliefs(request: Request) -> Beliefs:
    beliefs: Beliefs = request.app.state.beliefs
    return beliefs


async def _writers(request: Request) -> Workers:
    workers: Workers = request.app.state.writers
    return workers


async def _grouping(request: Request) -> Grouping:
    grouping: Grouping = request.app.state.grouping
    return grouping


async def _waiting(request: Request) -> Waiting:
    waiting: Waiting = request.app.state.waiting
    return waiting


async def _decoding(request: Request) -> Decoding:
    decoding: Decoding = request.app.state.decoding
    return decoding


async def _desk(request: Request, visitor: Visitor) -> Desk:
    desks: Desks = request.app.state.desks
    return desks.of(visitor)


async def _certifying(request: Request) -> Certifying:
    certifying: Certifying = request.app.state.certifying
    return certifying


async def _webhooks(request: Request) -> WebhookKeeper:
    webhooks: WebhookKeeper = request.app.state.webhooks
    return webhooks


Grouped = Annotated[Grouping, Depends(_grouping)]
Hooks = Annotated[WebhookKeeper, Depends(_webhooks)]
Ledger = Annotated[Node, Depends(_node)]
Believed = Annotated[Beliefs, Depends(_beliefs)]
Bodies = Annotated[Intake, Depends(_intake)]
Certified = Annotated[Certifying, Depends(_certifying)]
Decoded = Annotated[Decoding, Depends(_decoding)]
Counted = Annotated[Figures, Depends(_figures)]
Writing = Annotated[Workers, Depends(_writers)]
Served = Annotated[Desk, Depends(_desk)]
Waited = Annotated[Waiting, Depends(_waiting)]
