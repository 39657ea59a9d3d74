"""Where messages and the log are posted to: the controller's webhooks, each with its state and its last deliveries."""

from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.log_streams import Follow
from vault.api.webhooks import NewWebhook
from vault.console.audit.messages import OUTCOMES, STATES, words_of
from vault.console.audit.tabs import tabs
from vault.console.forms import fields, shaped
from vault.console.language import mark
from vault.console.rendering import elsewhere, page
from vault.custody.custody import Custody
from vault.errors import Conflict, FieldProblem, Invalid
from vault.telling import following, webhooks
from vault.telling.topics import Topic

AnyRequest = Request[Caller, Any, Any]
ASKED = {"action": Action.MANAGE_WEBHOOKS}
ONE: Final = "/audit/streams/{webhook_id:uuid}"

DONE: Final = MappingProxyType(
    {
        "enabled": mark("The webhook is posted to again. What was told meanwhile stands under Messages."),
        "tested": mark("A message is posted to it. What came of it stands below in a few seconds."),
        "ended": mark("The webhook is ended: nothing is posted to it any more."),
        "followed": mark("The log is brought to the webhook, in order, each event at least once."),
        "left": mark("The log is brought to the webhook no more."),
    }
)


def topics() -> list[tuple[str, str]]:
    """Each topic with its words in the reader's language."""
    return [(str(topic), words_of(topic)) for topic in Topic if topic is not Topic.WEBHOOK_TESTED]


@get("/audit/streams", opt=ASKED)
async def show_streams(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """The controller's webhooks, which of them follow the log, and the form for another."""
    return await _list(request, custody, caller)


async def _list(request: AnyRequest, custody: Custody, caller: Caller, **told: Any) -> Response[str]:
    found, followed = await webhooks.listed(custody, caller), await following.all_followed(caller)
    return page(
        request,
        "audit/streams.html",
        done=DONE,
        tabs=tabs(caller),
        items=[(each, followed.get(each.id)) for each in found],
        topics=topics(),
        **{"form": {}} | told,
    )


@post("/audit/streams", opt=ASKED)
async def register(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Register an address; the secret is in the answer, and nowhere else."""
    given = fields(await request.form(), frozenset({"topics"}))
    try:
        data = shaped(given, NewWebhook)
        made, secret = await webhooks.register(custody, caller, data.url, data.topics)
    except (Invalid, Conflict) as error:
        found = list(getattr(error, "problems", ())) or [FieldProblem("url", "conflict", error.detail)]
        return await _list(request, custody, caller, status=error.status, form=given, problems=found)
    return await _one(request, custody, caller, made.id, secret=secret, status=201)


@get(ONE, opt=ASKED)
async def show_stream(
    request: AnyRequest, custody: InCustody, caller: FromCaller, webhook_id: FromPath[UUID]
) -> Response[str]:
    """One webhook: its state, what was posted to it last, and how far it has the log."""
    return await _one(request, custody, caller, webhook_id)


async def _one(
    request: AnyRequest, custody: Custody, caller: Caller, webhook_id: UUID, *, secret: str | None = None, **told: Any
) -> Response[str]:
    return page(
        request,
        "audit/stream.html",
        done=DONE,
        tabs=tabs(caller),
        one=await webhooks.find(custody, caller, webhook_id),
        words=dict(topics()),
        followed=(await following.all_followed(caller)).get(webhook_id),
        secret=secret,
        states=STATES,
        outcomes=OUTCOMES,
        **{"form": {}} | told,
    )


@post(f"{ONE}/secret", opt=ASKED)
async def renew(
    request: AnyRequest, custody: InCustody, caller: FromCaller, webhook_id: FromPath[UUID]
) -> Response[str]:
    """Give it another secret, shown once; for a day every message carries the signatures of both."""
    secret = await webhooks.rotate(custody, caller, webhook_id)
    return await _one(request, custody, caller, webhook_id, secret=secret)


@post(f"{ONE}/enabling", opt=ASKED)
async def enable(custody: InCustody, caller: FromCaller, webhook_id: FromPath[UUID]) -> Response[str]:
    """Post to it again after it was given up."""
    await webhooks.enable(custody, caller, webhook_id)
    return elsewhere(f"/audit/streams/{webhook_id}", done="enabled")


@post(f"{ONE}/test", opt=ASKED)
async def try_out(custody: InCustody, caller: FromCaller, webhook_id: FromPath[UUID]) -> Response[str]:
    """Post a message to this webhook alone, once."""
    await webhooks.test(custody, caller, webhook_id)
    return elsewhere(f"/audit/streams/{webhook_id}", done="tested")


@post(f"{ONE}/end", opt=ASKED)
async def end(custody: InCustody, caller: FromCaller, webhook_id: FromPath[UUID]) -> Response[str]:
    """Post nothing there any more."""
    await webhooks.end(custody, caller, webhook_id)
    return elsewhere("/audit/streams", done="ended")


@post(f"{ONE}/log", opt=ASKED)
async def follow(
    request: AnyRequest, custody: InCustody, caller: FromCaller, webhook_id: FromPath[UUID]
) -> Response[str]:
    """Bring the log to it, from after an event on, or from the log's end."""
    given = fields(await request.form())
    try:
        await following.follow(custody, caller, webhook_id, after=shaped(given, Follow).after)
    except Invalid as error:
        found = list(error.problems)
        return await _one(request, custody, caller, webhook_id, status=422, form=given, problems=found)
    return elsewhere(f"/audit/streams/{webhook_id}", done="followed")


@post(f"{ONE}/log/end", opt=ASKED)
async def leave(custody: InCustody, caller: FromCaller, webhook_id: FromPath[UUID]) -> Response[str]:
    """Bring the log to it no more."""
    await following.leave(custody, caller, webhook_id)
    return elsewhere(f"/audit/streams/{webhook_id}", done="left")


HANDLERS = [show_streams, register, show_stream, renew, enable, try_out, end, follow, leave]
