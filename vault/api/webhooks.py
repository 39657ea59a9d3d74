"""Where messages are posted to: the controller's own addresses, by Standard Webhooks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.api.messages import DeliveryView
from vault.api.unprintable import Unprintable
from vault.telling import webhooks
from vault.telling.posting import MOST_URL
from vault.telling.topics import Topic


class NewWebhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An https address, and what is posted to it; without topics, everything."""

    url: Annotated[str, Meta(max_length=MOST_URL)]
    topics: tuple[Topic, ...] = ()


class WebhookView(Struct, frozen=True, kw_only=True):
    """One webhook. `disabled_for` is `gone` where it answered 410, `failing` where it took nothing for four days.

    `deliveries` are what was posted to it last; in a list they are left out.
    """

    id: UUID
    url: str | None
    topics: list[str]
    made_at: datetime
    made_by: UUID
    rotated_at: datetime | None
    disabled_at: datetime | None
    disabled_for: str | None
    deliveries: list[DeliveryView]


class RegisteredWebhook(Unprintable, frozen=True, kw_only=True):
    """A webhook and its secret, which is shown once: what signs every message that is posted to it."""

    webhook: WebhookView
    secret: str


class NewSecret(Unprintable, frozen=True, kw_only=True):
    """Another secret, shown once; the one before signs beside it for a day."""

    secret: str


class Tested(Struct, frozen=True, kw_only=True):
    """The message that is posted, whose id is its `webhook-id`; what came of it stands with the webhook."""

    message_id: UUID


@post("/webhooks", operation_id="register_webhook", status_code=201, opt={"action": Action.MANAGE_WEBHOOKS})
async def register_webhook(data: JSONBody[NewWebhook], custody: InCustody, caller: FromCaller) -> RegisteredWebhook:
    """Register an address to which messages are posted from now on, signed by Standard Webhooks."""
    made, secret = await webhooks.register(custody, caller, data.url, data.topics)
    return RegisteredWebhook(webhook=_view(made), secret=secret)


@get("/webhooks", operation_id="list_webhooks", opt={"action": Action.MANAGE_WEBHOOKS})
async def list_webhooks(custody: InCustody, caller: FromCaller) -> list[WebhookView]:
    """The controller's webhooks."""
    return [_view(webhook) for webhook in await webhooks.listed(custody, caller)]


@get("/webhooks/{webhook_id:uuid}", operation_id="read_webhook", opt={"action": Action.MANAGE_WEBHOOKS})
async def read_webhook(webhook_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> WebhookView:
    """One webhook, and what was posted to it last."""
    return _view(await webhooks.find(custody, caller, webhook_id))


@delete(
    "/webhooks/{webhook_id:uuid}", operation_id="end_webhook", status_code=204, opt={"action": Action.MANAGE_WEBHOOKS}
)
async def end_webhook(webhook_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """Post nothing there any more."""
    await webhooks.end(custody, caller, webhook_id)


@post(
    "/webhooks/{webhook_id:uuid}/secret",
    operation_id="renew_webhook_secret",
    status_code=200,
    opt={"action": Action.MANAGE_WEBHOOKS},
)
async def renew_secret(webhook_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> NewSecret:
    """Give it another secret; for a day every message carries the signatures of both."""
    return NewSecret(secret=await webhooks.rotate(custody, caller, webhook_id))


@post(
    "/webhooks/{webhook_id:uuid}/enabling",
    operation_id="enable_webhook",
    status_code=200,
    opt={"action": Action.MANAGE_WEBHOOKS},
)
async def enable_webhook(webhook_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> WebhookView:
    """Post to it again after it was given up; what was told meanwhile stands at `/messages` only."""
    return _view(await webhooks.enable(custody, caller, webhook_id))


@post(
    "/webhooks/{webhook_id:uuid}/test",
    operation_id="test_webhook",
    status_code=202,
    opt={"action": Action.MANAGE_WEBHOOKS},
)
async def test_webhook(webhook_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Tested:
    """Post a message to this webhook alone, once."""
    return Tested(message_id=await webhooks.test(custody, caller, webhook_id))


def _view(webhook: webhooks.Webhook) -> WebhookView:
    return msgspec.convert(webhook, WebhookView, from_attributes=True)


router = Router(
    path="/v1",
    tags=["messages"],
    route_handlers=[
        register_webhook,
        list_webhooks,
        read_webhook,
        end_webhook,
        renew_secret,
        enable_webhook,
        test_webhook,
    ],
)
