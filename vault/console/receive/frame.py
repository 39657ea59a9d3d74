"""What all pages of whoever is outside share: who has a session, what went otherwise, and nothing else of the vault."""

from types import MappingProxyType
from typing import Any, Final

from litestar import Request, Response

from tenants.decisions import Action, Refused
from tenants.vocabulary import Role
from vault.accounts import Caller, Sessions
from vault.api.limits import count_person
from vault.console.language import _, mark
from vault.console.navigation import places
from vault.console.receive import words
from vault.console.rendering import page
from vault.console.signing_in.ways import caller_of
from vault.errors import (
    AccessOver,
    Altered,
    Conflict,
    Destroyed,
    NotAllowed,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    VaultError,
)
from vault.organisations.reading import own
from vault.sessions import OVER

AT: Final = "/receive"

Asked = Request[Any, Any, Any]

PUBLIC: Final[dict[str, Any]] = {"action": "public", "exclude_from_auth": True}

RECEIVES: Final[dict[str, Any]] = {"action": Action.RECEIVE_DISCLOSURE, "exclude_from_auth": True}
"""The page sees for itself who is signed in, and shows where to sign in instead of refusing."""

ASKS: Final[dict[str, Any]] = {"action": Action.REQUEST_DISCLOSURE, "exclude_from_auth": True}

NOT_HERE: Final = mark("There is nothing here that you may see.")
REFUSED: Final = mark("This cannot be done.")

OTHERWISE: Final = MappingProxyType(
    {
        NotFound: NOT_HERE,
        NotAllowed: NOT_HERE,
        AccessOver: mark(
            "Nothing is given here any more: its time is over, it was fetched already, or it was revoked."
        ),
        Conflict: mark("It was fetched as often as was approved, or waits for a second person's confirmation."),
        Destroyed: mark("It has been destroyed."),
        Altered: mark("It is not what was stored, so it is not shown. The controller was told."),
        TooLarge: mark("The file is too large: at most 20 MB."),
        UnsupportedMedia: mark("A file of this type is not taken: send a PDF, an image, text or an e-mail."),
        Unavailable: mark("Something did not answer. Try again in a while."),
    }
)
"""What went otherwise, in plain words and without particulars."""

DONE: Final = MappingProxyType(
    {
        "asked": mark("Your request has arrived. You can follow it here."),
        "added": mark("The document was added; it is kept sealed."),
        "noted": mark("You took note of it."),
        "withdrawn": mark("Your request was withdrawn."),
        "duty": mark("You have shown what became of it. Nothing is owed any more."),
    }
)


async def signed_in(request: Asked, sessions: Sessions) -> Caller | None:
    """Who has a session in this browser, if anybody; what they ask counts against them.

    Raises:
        TooMany: they asked too much.
        Unavailable: nobody can say now.
    """
    caller = await caller_of(request, sessions)
    if caller is not None:
        await count_person(request, caller)
        request.state.may_ask = await _may_ask(caller)
    return caller


async def _may_ask(caller: Caller) -> bool:
    """Whether a person of outside asks in an organisation's name: a data subject is given things, and asks elsewhere.

    The rule lets every recipient ask, and only the organisation that stands behind them tells them apart.
    """
    outside = Role.RECIPIENT in caller.person.roles and caller.may(Action.REQUEST_DISCLOSURE)
    return outside and await own(caller) is not None


async def still_in(request: Asked, sessions: Sessions) -> Caller:
    """Who is signed in now that the body is here: it takes its time, and may be drawn out beyond a session's end.

    Raises:
        Unauthenticated: nobody is, any more.
    """
    caller = await caller_of(request, sessions)
    if caller is None:
        raise Unauthenticated(OVER)
    return caller


def show(request: Asked, template: str, caller: Caller | None, *, status: int = 200, **given: Any) -> Response[str]:
    """A page; whoever is outside is led nowhere else."""
    inside = caller is not None and Role.RECIPIENT not in caller.person.roles
    shared: dict[str, Any] = {
        "me": caller,
        "places": list(places(caller)) if caller and inside else [],
        "words": words,
        "may_ask": caller is not None and getattr(request.state, "may_ask", False),
    }
    return page(request, f"receive/{template}", status=status, done=DONE, **(shared | given))


def told(request: Asked, caller: Caller | None, error: VaultError | Refused) -> Response[str]:
    """What went otherwise, in the reader's language."""
    if isinstance(error, Refused):
        sentence, status = mark("It was stopped: what allowed it does not hold any more."), 403
    else:
        sentence, status = OTHERWISE.get(type(error), REFUSED), error.status
    return show(request, "told.html", caller, status=status, told=_(sentence))
