"""Webhooks: who is told when something happens to records that he may see."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from api.answers import Answer
from api.auth import Reader
from api.body import JSON, check_media_type
from api.dependencies import Bodies, Hooks, Writing
from api.openapi import refusals
from api.webhooks import MAX_RECORDS, SHOWN_MESSAGES
from ledger.canonical import parse
from ledger.errors import MalformedError
from ledger.members import Members, read_text
from ledger.news import Topic
from ledger.news.topic import SUBSCRIBED
from ledger.statement import parse_record_id, record_id_text
from ledger.store.webhook_row import MessageRow, MessageState, WebhookRow
from ledger.store.webhook_rows import MAX_WEBHOOKS
from ledger.webhook_address import MAX_URL

__all__ = ["WEBHOOK_ID", "WebhookState", "router", "state_of"]

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

MAX_BODY_BYTES = 16_384
_SHOWN = 60

WEBHOOK_ID = "^wh_[A-Za-z0-9_-]{22}$"
WebhookId = Annotated[str, Path(pattern=WEBHOOK_ID, description="As it was answered")]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["url"],
                    "additionalProperties": False,
                    "properties": {
                        "url": {
                            "type": "string",
                            "maxLength": MAX_URL,
                            "description": "https, port 443 or 1024 and above, of a public "
                            "address; where nobody needs a key, http of this machine itself",
                        },
                        "events": {
                            "type": "array",
                            "maxItems": len(SUBSCRIBED),
                            "items": {"type": "string", "enum": [t.value for t in SUBSCRIBED]},
                            "description": "All there are, if absent",
                        },
                        "records": {
                            "type": "array",
                            "maxItems": MAX_RECORDS,
                            "items": {"type": "string", "format": "uuid"},
                            "description": "All that you may see, if absent",
                        },
                    },
                },
                "example": {
                    "url": "http://localhost:9000/crossproof",
                    "events": [Topic.FINAL.value, Topic.STOPPED.value],
                },
            }
        },
    }
}


class WebhookState(StrEnum):
    """How a webhook stands."""

    ACTIVE = "active"
    FAILING = "failing"
    ENDED = "ended"


class WebhookItem(Answer):
    """A webhook; its secret is not here."""

    id: str
    url: str
    events: list[Topic] = Field(description="Empty: all there are")
    records: list[str] = Field(description="Empty: all that the key may see")
    key: str | None = Field(description="Prefix of the API key that it was made with")
    created_at: datetime
    state: WebhookState
    failures: int = Field(description="In a row")
    next_attempt: datetime | None = Field(description="Of a failing one, when it is tried again")
    ended: str | None = Field(description="Why it is told nothing more")


class WebhookMade(WebhookItem):
    """A new webhook, with its secret."""

    secret: str = Field(description="Signs what is sent; shown this once")


class WebhookList(Answer):
    """The webhooks of one's organisation."""

    webhooks: list[WebhookItem] = Field(description=f"At most {MAX_WEBHOOKS}")


class Delivery(Answer):
    """A message, and what became of it."""

    id: str = Field(description="Its `webhook-id`, the same at each attempt")
    type: Topic
    created_at: datetime
    state: MessageState
    attempts: int
    tried_at: datetime | None
    answer: str | None = Field(description="What the last attempt came to")


class WebhookDetail(WebhookItem):
    """A webhook, and what was last sent, or waits to be."""

    deliveries: list[Delivery] = Field(description=f"The last {SHOWN_MESSAGES}, newest first")


class TestSent(Answer):
    """A message that waits for its turn."""

    __test__ = False

    id: str


@router.post(
    "",
    summary="Make a webhook",
    responses=refusals(400, 401, 403, 408, 409, 413, 415, 429, 503),
    openapi_extra=_BODY,
    status_code=HTTPStatus.CREATED,
)
async def add(
    request: Request, principal: Reader, hooks: Hooks, bodies: Bodies, writers: Writing
) -> WebhookMade:
    """Be told when something happens to a record that the key may see (docs/webhooks.md).

    Messages are as Standard Webhooks has them, signed with the secret that this answer shows.
    """
    check_media_type(request, JSON)
    async with bodies.read(request, limit=MAX_BODY_BYTES) as body:
        members = Members(parse(bytes(body)), "webhook")
    url = members.text("url", longest=MAX_URL)
    topics = members.listed("events", _read_topic, longest=len(SUBSCRIBED))
    records = members.listed("records", _read_record, longest=MAX_RECORDS)
    members.end()
    add = partial(hooks.add, principal, url=url, topics=topics, records=records)
    row, secret = await writers.run(add)
    request.state.subject = row.id
    return WebhookMade(**_item(row), secret=secret.text())


@router.get("", summary="List webhooks", responses=refusals(401, 403, 429, 503))
def webhooks(principal: Reader, hooks: Hooks) -> WebhookList:
    """List the webhooks of one's organisation, the oldest first."""
    return WebhookList(webhooks=[WebhookItem(**_item(row)) for row in hooks.all_of(principal)])


@router.post(
    "/{webhook_id}/test",
    summary="Send a test to a webhook",
    responses=refusals(400, 401, 403, 404, 429, 503),
    status_code=HTTPStatus.ACCEPTED,
)
def test(webhook_id: WebhookId, principal: Reader, hooks: Hooks) -> TestSent:
    """Send a message of the type `webhook.test` as soon as its turn comes."""
    return TestSent(id=hooks.test(principal, webhook_id))


@router.get(
    "/{webhook_id}",
    summary="Look at a webhook",
    responses=refusals(400, 401, 403, 404, 429, 503),
)
def webhook(webhook_id: WebhookId, principal: Reader, hooks: Hooks) -> WebhookDetail:
    """Tell how a webhook stands, and what became of the last messages."""
    row, messages = hooks.find(principal, webhook_id)
    return WebhookDetail(**_item(row), deliveries=[_delivery(one) for one in messages])


@router.delete(
    "/{webhook_id}",
    summary="Remove a webhook",
    responses=refusals(400, 401, 403, 404, 429, 503),
    status_code=HTTPStatus.NO_CONTENT,
)
def remove(webhook_id: WebhookId, request: Request, principal: Reader, hooks: Hooks) -> Response:
    """Tell it nothing more; what waits for it is forgotten."""
    request.state.subject = webhook_id
    hooks.remove(principal, webhook_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def state_of(row: WebhookRow) -> WebhookState:
    """Say how a webhook stands."""
    if row.ended is not None:
        return WebhookState.ENDED
    return WebhookState.FAILING if row.failures else WebhookState.ACTIVE


def _item(row: WebhookRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "events": [Topic(topic) for topic in row.topics],
        "records": [record_id_text(record) for record in row.records],
        "key": row.key_prefix,
        "created_at": row.created_at,
        "state": state_of(row),
        "failures": row.failures,
        "next_attempt": row.next_at if row.failures and row.ended is None else None,
        "ended": row.ended,
    }


def _delivery(row: MessageRow) -> Delivery:
    return Delivery(
        id=row.id,
        type=Topic(row.topic),
        created_at=row.created_at,
        state=row.state,
        attempts=row.attempts,
        tried_at=row.tried_at,
        answer=row.answer,
    )


def _read_topic(value: object, where: str) -> str:
    topic = read_text(value, where)
    if topic not in SUBSCRIBED:
        raise MalformedError(
            "webhook.event", where, expected=" or ".join(SUBSCRIBED), found=topic[:_SHOWN]
        )
    return topic


def _read_record(value: object, where: str) -> bytes:
    return parse_record_id(read_text(value, where))
