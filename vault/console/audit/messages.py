"""What the controller's people were told, and how it went out; somebody takes note of each."""

from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.colleagues import names
from vault.console.audit.tabs import tabs
from vault.console.language import LANGUAGE, mark
from vault.console.rendering import elsewhere, page, piece
from vault.telling.reading import Filter, Message, acknowledge, find, listed
from vault.telling.topics import Topic
from vault.telling.words import said

AnyRequest = Request[Caller, Any, Any]
READ = {"action": Action.READ_MESSAGES}
PAGE: Final = 25

STATES: Final = MappingProxyType(
    {
        "waiting": mark("waits to be sent"),
        "delivered": mark("delivered"),
        "given_up": mark("given up"),
        "dropped": mark("not sent any more"),
        "not_configured": mark("no mail server is configured"),
    }
)
OUTCOMES: Final = MappingProxyType({"timeout": mark("it did not answer in time")})
"""Others, such as `http-503`, are shown as they are."""

ABOUT: Final = MappingProxyType(
    {
        "disclosure": "/disclosures/",
        "package": "/disclosures/",
        "subject_request": "/subjects/",
        "webhook": "/audit/streams/",
    }
)
"""Where what a message is about is shown, by the first word of its topic."""

DONE: Final = MappingProxyType({"noted": mark("It is recorded that the controller has taken note of it.")})


@get("/messages", opt=READ)
async def show_messages(
    request: AnyRequest,
    custody: InCustody,
    caller: FromCaller,
    all: FromQuery[bool] = False,
    cursor: FromQuery[UUID | None] = None,
) -> Response[str]:
    """What was told, the newest first; what nobody has taken note of, unless all are asked for."""
    found = await listed(caller, Filter(unacknowledged=not all, after=cursor, limit=PAGE))
    following = found[PAGE - 1].id if len(found) > PAGE else None
    shown: dict[str, Any] = {
        "items": [(each, words_of(each.topic), _at(each)) for each in found[:PAGE]],
        "more": f"/messages?all={str(all).lower()}&cursor={following}" if following else None,
        "all": all,
    }
    if request.headers.get("hx-target") == "more":
        return piece(request, "audit/_messages.html", **shown)
    has_mail = custody.mail is not None
    return page(request, "audit/messages.html", done=DONE, tabs=tabs(caller), has_mail=has_mail, **shown)


@get("/messages/{message_id:uuid}", opt=READ)
async def show_message(request: AnyRequest, caller: FromCaller, message_id: FromPath[UUID]) -> Response[str]:
    """One message, and how it went out."""
    one = await find(caller, message_id)
    return page(
        request,
        "audit/message.html",
        tabs=tabs(caller),
        one=one,
        words=words_of(one.topic),
        at=_at(one),
        names=await names(caller, [one.acknowledged_by], reading=Action.READ_MESSAGES),
        states=STATES,
        outcomes=OUTCOMES,
    )


@post("/messages/{message_id:uuid}/acknowledge", opt=READ)
async def take_note(custody: InCustody, caller: FromCaller, message_id: FromPath[UUID]) -> Response[str]:
    """Record that the controller has taken note of it."""
    await acknowledge(custody, caller, message_id)
    return elsewhere("/messages", done="noted")


def words_of(topic: Topic) -> str:
    """A topic in the reader's language, as its e-mail says it."""
    return said(topic, LANGUAGE.get())


def _at(message: Message) -> str | None:
    """Where what it is about is shown."""
    at = ABOUT.get(message.topic.value.partition(".")[0])
    return f"{at}{message.object_id}" if at and message.object_id else None


HANDLERS = [show_messages, show_message, take_note]
