"""What the controller's DPO and administrators were told: deadlines, decisions that wait, what went wrong."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.telling.reading import Filter, Message, acknowledge, find, listed
from vault.telling.topics import Topic


class DeliveryView(Struct, frozen=True, kw_only=True):
    """How a message went out one way: `state` is waiting, delivered, given_up, dropped or not_configured.

    `outcome` is what the last attempt came to, such as http-503, smtp-450 or timeout; `next_at`, when it is tried next.
    """

    message_id: UUID
    channel: str
    mailbox: str | None
    member_id: UUID | None
    webhook_id: UUID | None
    state: str
    attempts: int
    next_at: datetime | None
    tried_at: datetime | None
    ended_at: datetime | None
    outcome: str | None


class MessageView(Struct, frozen=True, kw_only=True):
    """One message: what `object_id` names is told of under `topic`; `details` are ids, slugs, numbers and dates."""

    id: UUID
    topic: Topic
    object_id: UUID | None
    audience: str
    details: dict[str, Any]
    told_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: UUID | None
    deliveries: list[DeliveryView]


class MessagePage(Struct, frozen=True, kw_only=True):
    """Messages, newest first; `next` is the cursor of the page after, or null.

    `email` is `configured`, or `not_configured` where no mail server takes the vault's e-mail: then this is the only
    place, besides webhooks, where anybody is told.
    """

    items: list[MessageView]
    next: UUID | None
    email: str


@get("/messages", operation_id="list_messages", opt={"action": Action.READ_MESSAGES})
async def list_messages(
    custody: InCustody,
    caller: FromCaller,
    topic: FromQuery[Topic | None] = None,
    object_id: FromQuery[UUID | None] = None,
    unacknowledged: FromQuery[bool] = False,
    cursor: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> MessagePage:
    """What was told, newest first; of one topic or object, or only what nobody has taken note of."""
    wanted = Filter(topic=topic, object_id=object_id, unacknowledged=unacknowledged, after=cursor, limit=limit)
    found = await listed(caller, wanted)
    items = [view(message) for message in found[:limit]]
    return MessagePage(items=items, next=items[-1].id if len(found) > limit else None, email=email_is(custody.mail))


@get("/messages/{message_id:uuid}", operation_id="read_message", opt={"action": Action.READ_MESSAGES})
async def read_message(message_id: FromPath[UUID], caller: FromCaller) -> MessageView:
    """One message, and how it went out."""
    return view(await find(caller, message_id))


@post(
    "/messages/{message_id:uuid}/acknowledge",
    operation_id="acknowledge_message",
    status_code=200,
    opt={"action": Action.READ_MESSAGES},
)
async def acknowledge_message(message_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> MessageView:
    """Record that the controller has taken note of it."""
    return view(await acknowledge(custody, caller, message_id))


def view(message: Message) -> MessageView:
    """A message as it is answered."""
    return msgspec.convert(message, MessageView, from_attributes=True)


def email_is(mail: object | None) -> str:
    """Whether e-mail leaves the vault, in a word."""
    return "not_configured" if mail is None else "configured"


router = Router(path="/v1", tags=["messages"], route_handlers=[list_messages, read_message, acknowledge_message])
