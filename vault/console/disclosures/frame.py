"""What all pages of disclosures share: who may come, the words, and the way from one page to another."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.colleagues import names
from vault.console.disclosures import words
from vault.console.disclosures.clocks import clock_of
from vault.console.language import mark
from vault.console.rendering import page
from vault.custody.custody import Custody
from vault.disclosure.model import Disclosure
from vault.errors import NotAllowed
from vault.organisations.model import Organisation
from vault.organisations.reading import organisations

AnyRequest = Request[Caller, Any, Any]


def within(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let in the controller's own people alone; whoever is outside has pages of their own.

    Raises:
        NotAllowed: a recipient asks.
    """
    caller = connection.scope.get("user")
    if isinstance(caller, Caller) and Role.RECIPIENT in caller.person.roles:
        raise NotAllowed("These pages are for the controller's own people; what is given to you is at /receive.")


def asks(*actions: Action) -> dict[str, Any]:
    """What a page of the controller's own people asks for: one of these actions."""
    return {
        "guards": [within],
        "opt": {"action": actions if len(actions) > 1 else actions[0], "never": (Role.RECIPIENT,)},
    }


SEES: Final = (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE)
"""Whoever decides sees all; whoever asked sees their own; whoever stands in sees what the other sees."""

DONE: Final[Mapping[str, str]] = {
    "requested": mark("It was asked for. Two persons decide on it now."),
    "approved": mark("Your approval was written down."),
    "refused": mark("Your refusal was written down: it is over."),
    "withdrawn": mark("It was withdrawn."),
    "revoked": mark("It was revoked: nothing more of it is handed over."),
    "changed": mark("The scope was changed; earlier approvals are void."),
    "reviewed": mark("The review was written down."),
    "added": mark("The document was added and sealed."),
    "named": mark("The recipient was named."),
    "confirmed": mark("The recipient was confirmed."),
    "removed": mark("The recipient was taken off."),
    "sealed": mark("The key was named."),
    "noted": mark("It was written down that the recipient knows."),
    "duty": mark("The duty is met."),
    "opened": mark("The review has begun, at this device."),
    "closed": mark("The review has ended; its minutes are with the documents."),
    "proposed": mark("It was proposed. A second person decides on it."),
    "ended": mark("It was ended."),
    "recorded": mark("It was recorded."),
    "delegated": mark("The delegation was made."),
}
"""What a redirect may say was done."""


def show(
    request: AnyRequest, template: str, custody: Custody, *, status: int = 200, problems: Any = None, **given: Any
) -> Response[str]:
    """A page of this area."""
    now = custody.clock.now()
    shared: dict[str, Any] = {
        "say": words.say,
        "words": words,
        "now": now,
        "origin": custody.origin,
        "clock_of": lambda each: clock_of(each, now),
    }
    return page(
        request,
        f"disclosures/{template}",
        status=status,
        problems=list(problems or []),
        done=DONE,
        **(shared | given),
    )


async def known_organisations(caller: Caller) -> dict[UUID, Organisation]:
    """Everybody that is or was registered, by id."""
    return {each.id: each for each in await organisations(caller)}


async def names_of(caller: Caller, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """What members are called, for whoever may know; else nothing."""
    return await names(caller, ids, reading=Action.READ_DISCLOSURES) if caller.may(Action.READ_DISCLOSURES) else {}


def recipient_of(disclosure: Disclosure, known: Mapping[UUID, Organisation]) -> str:
    """To whom it goes, in words."""
    if disclosure.organisation_id is not None:
        found = known.get(disclosure.organisation_id)
        return found.entry.name if found else ""
    return words.say(words.WHO.get(disclosure.kind, ""))
