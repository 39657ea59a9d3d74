"""One's own matters: each with where it stands in plain words, its clock, its package and receipt, and what is owed."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tenants.decisions import Action, Refused
from tenants.disclosing import DisclosureEvent, DisclosureState
from vault.accounts import Caller
from vault.api.dependencies import InCustody, WithSessions
from vault.api.disclosure_views import GIVEN
from vault.console.disclosures.clocks import Clock, clock_of
from vault.console.files import Form, largest, read_form
from vault.console.forms import day
from vault.console.language import _, mark
from vault.console.receive import words
from vault.console.receive.door import door_page
from vault.console.receive.frame import AT, PUBLIC, RECEIVES, Asked, show, signed_in, still_in, told
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.disclosure import deciding, documents, duties, fetching, matters, notices, seals
from vault.disclosure.documents import SIZE_MOST, DocumentPurpose
from vault.disclosure.duties import DutyMeans, Fulfilment
from vault.disclosure.fetching import HANDED_OVER
from vault.disclosure.matters import Matter
from vault.disclosure.model import Details, Disclosure
from vault.disclosure.reading import MOST, Filter, listed, look
from vault.errors import Conflict, Invalid, NotFound, Unauthenticated, VaultError

KEY_LIMIT = 20_000
LARGEST = largest(SIZE_MOST)

UNFIT = mark("Nothing can be sealed to this key: give an age key, or a certificate that is valid and made for it.")


@get(AT, name="receive", opt=PUBLIC)
async def show_matters(request: Asked, custody: InCustody, sessions: WithSessions) -> Response[str]:
    """What there is for whoever is signed in, or where to sign in."""
    caller = await signed_in(request, sessions)
    if caller is None:
        return door_page(request)
    try:
        found, now = await matters.matters(custody, caller), custody.clock.now()
        numbers = await _case_numbers(custody, caller)
    except VaultError as error:
        return told(request, caller, error)
    clocks = {each.disclosure.id: _clock(each.disclosure, now) for each in found}
    return show(request, "matters.html", caller, matters=found, clocks=clocks, numbers=numbers, now=now)


@get(f"{AT}/{{disclosure_id:uuid}}", opt=RECEIVES)
async def show_my_matter(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """One matter: what it is, to which key it is sealed, and how it is fetched, opened and checked."""
    caller = await signed_in(request, sessions)
    return door_page(request) if caller is None else await matter_page(request, custody, caller, disclosure_id)


@post(f"{AT}/{{disclosure_id:uuid}}/key", status_code=200, opt=RECEIVES)
async def name_my_key(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Name one's own key, or have a pair made; the secret of that is on this answer alone."""
    form = (await read_form(request, most=0)).fields
    caller = await signed_in(request, sessions)
    if caller is None:
        return door_page(request)
    secret = None
    try:
        if form.get("generate"):
            secret = (await seals.set_generated(custody, caller, disclosure_id))[1].secret
        else:
            await _name_key(custody, caller, disclosure_id, form.get("key", "")[:KEY_LIMIT])
    except Invalid:
        return await matter_page(request, custody, caller, disclosure_id, wrong=_(UNFIT), status=422)
    except Conflict:
        sentence = _("This cannot be done.")
        return await matter_page(request, custody, caller, disclosure_id, wrong=sentence, status=409)
    except (VaultError, Refused) as error:
        return told(request, caller, error)
    return await matter_page(request, custody, caller, disclosure_id, secret=secret)


@post(f"{AT}/{{disclosure_id:uuid}}/fetches", status_code=303, opt=RECEIVES)
async def begin_my_fetch(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Begin to fetch the package."""

    async def begin(caller: Caller) -> str:
        found = await matters.matter(custody, caller, disclosure_id)
        if found.package is None:
            raise NotFound
        await fetching.begin_fetch(custody, caller, found.package.id)
        return ""

    return await _done(request, sessions, disclosure_id, begin)


@post(f"{AT}/{{disclosure_id:uuid}}/notices", status_code=303, opt=RECEIVES)
async def take_note(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Take note of what happened to a recording that one received."""
    form = (await read_form(request, most=0)).fields

    async def note(caller: Caller) -> str:
        known = {str(each.id): each.id for each in await notices.notices(caller, disclosure_id)}
        if form.get("notice", "") not in known:
            raise NotFound
        await notices.acknowledge(custody, caller, known[form["notice"]])
        return "noted"

    return await _done(request, sessions, disclosure_id, note)


@post(f"{AT}/{{disclosure_id:uuid}}/withdrawal", status_code=303, opt=RECEIVES)
async def withdraw_mine(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Give up one's own request before it is decided."""

    async def give_up(caller: Caller) -> str:
        await deciding.withdraw(custody, caller, disclosure_id)
        return "withdrawn"

    return await _done(request, sessions, disclosure_id, give_up)


@post(f"{AT}/{{disclosure_id:uuid}}/documents", status_code=303, request_max_body_size=LARGEST, opt=RECEIVES)
async def add_my_document(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Add a document, such as the order that a request rests on; it is kept sealed."""

    async def add(caller: Caller) -> str:
        # Whoever may not see it has nothing of theirs read.
        await look(custody, caller, disclosure_id)
        file = (await read_form(request, most=SIZE_MOST)).files.get("file")
        caller = await still_in(request, sessions)
        if file is None:
            raise NotFound
        purpose = DocumentPurpose.ORDER
        await documents.add(custody, caller, disclosure_id, purpose, file.media_type, file.content)
        return "added"

    return await _done(request, sessions, disclosure_id, add)


@post(f"{AT}/{{disclosure_id:uuid}}/duty", status_code=303, request_max_body_size=LARGEST, opt=RECEIVES)
async def show_duty_done(
    disclosure_id: FromPath[UUID], request: Asked, custody: InCustody, sessions: WithSessions
) -> Response[str]:
    """Show with a document that what one received was returned or destroyed."""
    caller = await signed_in(request, sessions)
    if caller is None:
        return door_page(request)
    try:
        await look(custody, caller, disclosure_id)
        sent = await read_form(request, most=SIZE_MOST)
        caller = await still_in(request, sessions)
        await _fulfil(custody, caller, disclosure_id, sent)
    except Unauthenticated:
        return door_page(request)
    except Invalid:
        wrong = _("Say what became of it, on a day since you received it, and add the document that shows so.")
        return await matter_page(request, custody, caller, disclosure_id, wrong=wrong, status=422)
    except (VaultError, Refused) as error:
        return told(request, caller, error)
    return elsewhere(f"{AT}/{disclosure_id}", done="duty")


async def _fulfil(custody: Custody, caller: Caller, disclosure_id: UUID, sent: Form) -> None:
    proof, done_on, means = sent.files.get("proof"), day(sent.fields, "done_on"), sent.fields.get("means", "")
    if proof is None or done_on is None or means not in set(DutyMeans):
        raise Invalid("Something is missing.")
    purpose = DocumentPurpose.PROOF
    document = await documents.add(custody, caller, disclosure_id, purpose, proof.media_type, proof.content)
    done = Fulfilment(means=DutyMeans(means), done_on=done_on, document=document.id)
    await duties.fulfil(custody, caller, disclosure_id, done)


async def _done(
    request: Asked, sessions: Any, disclosure_id: UUID, act: Callable[[Caller], Awaitable[str]]
) -> Response[str]:
    """The act of whoever is signed in, and their matter again."""
    caller = await signed_in(request, sessions)
    if caller is None:
        return door_page(request)
    try:
        return elsewhere(f"{AT}/{disclosure_id}", done=await act(caller))
    except Unauthenticated:
        return door_page(request)
    except (VaultError, Refused) as error:
        return told(request, caller, error)


async def _name_key(custody: Custody, caller: Caller, disclosure_id: UUID, key: str) -> None:
    if key.startswith("-----BEGIN"):
        await seals.set_certificate(custody, caller, disclosure_id, key)
    else:
        await seals.set_age_key(custody, caller, disclosure_id, key)


async def matter_page(
    request: Asked, custody: Custody, caller: Caller, disclosure_id: UUID, *, status: int = 200, **more: Any
) -> Response[str]:
    """One matter, also as it answers a form."""
    try:
        found = await matters.matter(custody, caller, disclosure_id)
        details = _details((await look(custody, caller, disclosure_id)).disclosure, caller)
        news = await notices.notices(caller, disclosure_id)
        papers = await documents.documents(custody, caller, disclosure_id)
    except VaultError as error:
        return told(request, caller, error)
    given: dict[str, Any] = {
        "details": details,
        "news": news,
        "papers": papers,
        "wrong": None,
        "secret": None,
        "playing": None,
        "form": {},
    }
    return show(request, "matter.html", caller, status=status, **(given | _shown(found, caller, custody) | more))


def _details(disclosure: Disclosure, caller: Caller) -> Details | None:
    """What was written in the request, for whoever wrote it and nobody else who receives it."""
    return disclosure.details if disclosure.requested_by == caller.id else None


async def _case_numbers(custody: Custody, caller: Caller) -> dict[UUID, str]:
    """By matter, the number that they gave their own request: two that are alike are told apart by it."""
    seen = [each.disclosure for each in await listed(custody, caller, Filter(limit=MOST))]
    told = {each.id: details.case_number for each in seen if (details := _details(each, caller))}
    return {id: number for id, number in told.items() if number}


def _clock(disclosure: Disclosure, now: datetime) -> Clock | None:
    """What is still to be done in time; nothing, where its time is over."""
    return clock_of(disclosure, now) if words.standing(disclosure, now) is disclosure.state else None


def _shown(found: Matter, caller: Caller, custody: Custody) -> dict[str, Any]:
    disclosure, package, now = found.disclosure, found.package, custody.clock.now()
    fetch = found.open_fetch(caller.id)
    handed_over = disclosure.state in HANDED_OVER and package is not None and package.removed_at is None
    in_time = (disclosure.until is None or now < disclosure.until) and not disclosure.is_blocked(now)
    stands = words.standing(disclosure, now)
    listens = disclosure.needs.gives is DisclosureEvent.OPEN and stands is DisclosureState.ACTIVE
    own = disclosure.requested_by == caller.id
    return {
        "matter": found,
        "disclosure": disclosure,
        "package": package,
        "fetch": fetch,
        "now": now,
        "stands": stands,
        "clock": _clock(disclosure, now),
        "receipts": [each for each in found.fetches if each.member_id == caller.id and each.completed_at],
        # What there is of somebody is nobody's to know before it is given, also not whose request it was.
        "tells_scope": disclosure.state in GIVEN,
        "minutes": -(-sum(item.given_ms or 0 for item in disclosure.given) // 60_000),
        "may_fetch": handed_over and in_time and (fetch is not None or found.left() != 0),
        "may_name_key": disclosure.needs.gives is DisclosureEvent.PACK
        and disclosure.state in seals.BEFORE_PACKING
        and not (found.seal is not None and found.seal.registered),
        "may_withdraw": own and disclosure.state.undecided,
        "may_add": own and not disclosure.state.over and caller.may(Action.REQUEST_DISCLOSURE),
        "may_hear": [item for item in disclosure.given if item.limits.content] if listens else [],
    }


HANDLERS: list[HTTPRouteHandler] = [
    show_matters,
    show_my_matter,
    name_my_key,
    begin_my_fetch,
    take_note,
    withdraw_mine,
    add_my_document,
    show_duty_done,
]
