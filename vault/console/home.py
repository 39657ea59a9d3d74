"""Where somebody begins: what waits for them, by what they may do, each with its count and its nearest day."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from litestar import Request, Response, get

from tenants.decisions import Action, Refused
from tenants.disclosing import DisclosureState
from tenants.four_eyes import may_stand_in
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.api.dependencies import InCustody
from vault.console.days import today_of
from vault.console.language import mark
from vault.console.navigation import places
from vault.console.rendering import page
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.destruction import calendar
from vault.disclosure import delegating, matters
from vault.disclosure import reading as disclosures
from vault.errors import VaultError
from vault.handlers import HANDLERS as PROPOSED
from vault.notices import notices
from vault.oversight import glass_reading, review_lines, review_reading, support_reading, unusual_reading
from vault.oversight.glass_reading import GlassState
from vault.proposals.model import Proposal, State
from vault.proposals.reading import proposals
from vault.subjects import reading as subjects
from vault.telling import reading as messages

MOST: Final = 100
"""So many of a kind are counted; of more it is said that there are more."""


@dataclass(frozen=True)
class Waiting:
    """Some things of one kind that wait: where they are, how many, how pressing, and by when the first is due."""

    what: str
    at: str
    count: int
    tone: str = ""
    by: datetime | date | None = None

    @property
    def more(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > MOST


Asked = Callable[[Custody, Caller], AsyncIterator[Waiting]]


@get("/", opt={"action": "signed_in"})
async def show_home(request: Request[Caller, Any, Any], custody: InCustody) -> Response[str]:
    """What waits for whoever is signed in, and where to go."""
    caller = request.user
    waiting, silent = [], []
    for ask in ASKED:
        try:
            waiting += [one async for one in ask(custody, caller) if one.count]
        except Refused:
            continue
        except VaultError as error:
            silent.append(error.detail)
    ways = [place for place in places(caller) if place.at != "/"]
    return page(request, "home/home.html", waiting=waiting, silent=silent, ways=ways, most=MOST)


async def _proposals(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if not caller.may(Action.READ_PROPOSALS):
        return
    found = await proposals(custody, PROPOSED, caller, state=State.PROPOSED)
    mine = [one for one in found if one.proposed_by == caller.id]
    others = [one for one in found if _is_second(caller, one)]
    by = _first(one.lapses_at for one in others)
    yield Waiting(mark("Proposals that wait for you as the second person"), "/proposals", len(others), "warn", by)
    by = _first(one.lapses_at for one in mine)
    yield Waiting(mark("Proposals of yours that wait for a second person"), "/proposals", len(mine), "", by)


def _is_second(caller: Caller, proposal: Proposal) -> bool:
    """Whether this person may decide on it: it is not their own, and one of the two is the controller's."""
    both_firm = caller.tenant == PLATFORM and proposal.by_operator
    others = proposal.proposed_by != caller.id and not both_firm
    return others and caller.may(PROPOSED[proposal.action].may_decide)


async def _disclosures(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    decides = caller.may(Action.DECIDE_DISCLOSURE)
    if not decides and not (may_stand_in(caller.person.roles) and await delegating.stands_in(custody, caller)):
        return
    undecided = []
    for state in (DisclosureState.REQUESTED, DisclosureState.HALF_APPROVED):
        found = await disclosures.listed(custody, caller, disclosures.Filter(state=state, limit=MOST))
        undecided += [seen.disclosure for seen in found]
    by = _first(one.lapses_at for one in undecided)
    yield Waiting(mark("Requests for disclosure to decide on"), "/disclosures", len(undecided), "warn", by)
    given = await disclosures.listed(custody, caller, disclosures.Filter(unconfirmed=True, limit=MOST))
    by = _first(seen.disclosure.confirm_by for seen in given)
    yield Waiting(mark("Disclosures given in an emergency, to confirm"), "/disclosures", len(given), "bad", by)


async def _received(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if not caller.may(Action.RECEIVE_DISCLOSURE) or caller.may(Action.READ_DISCLOSURES):
        return
    ready = (DisclosureState.READY, DisclosureState.ACTIVE)
    mine = [one.disclosure for one in await matters.matters(custody, caller) if one.disclosure.state in ready]
    outside = Role.RECIPIENT in caller.person.roles
    at = "/receive" if outside or not caller.may(Action.REQUEST_DISCLOSURE) else "/disclosures"
    yield Waiting(mark("Disclosures that are ready for you"), at, len(mine), "good", _first(one.until for one in mine))


async def _subjects(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if not caller.may(Action.HANDLE_SUBJECT_REQUEST):
        return
    found = await subjects.listed(custody, caller, subjects.Filter(open=True, limit=MOST))
    first = min((one.due_on for one in found), default=None)
    late = first is not None and first < await today_of(custody, caller)
    tone = "bad" if late else "warn"
    yield Waiting(mark("Requests of data subjects to answer"), "/subjects", len(found), tone, first)


async def _notices(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if not caller.may(Action.ACKNOWLEDGE_NOTICE):
        return
    live = [one for one in await notices(caller) if one.acknowledged_at is None and one.superseded_at is None]
    yield Waiting(mark("Notices about your contract to take note of"), "/retention/contract", len(live), "warn")


async def _messages(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if not caller.may(Action.READ_MESSAGES):
        return
    found = await messages.listed(caller, messages.Filter(unacknowledged=True, limit=MOST))
    yield Waiting(mark("Messages that nobody has taken note of"), "/messages", len(found))


async def _reviews(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if not caller.may(Action.REVIEW_RIGHTS):
        return
    for review in await review_reading.listed(caller):
        if review.closed_at is None:
            lines = (await review_reading.one(caller, review.id)).lines
            asked = [one for one in lines if one.outcome is None and one.member != caller.id]
            asked = [one for one in asked if review_lines.is_asked(caller, one)]
            at = f"/people/reviews/{review.id}"
            yield Waiting(mark("Rights of others to confirm or remove"), at, len(asked), "warn", review.last_day)


async def _unusual(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if caller.may(Action.READ_UNUSUAL):
        found = await unusual_reading.listed(custody, caller, waiting=True)
        yield Waiting(mark("Unusual volumes to look into"), "/people/unusual", len(found), "warn")


async def _glass(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    reviews = caller.may(Action.REVIEW_BREAK_GLASS)
    if not reviews and not caller.may(Action.BREAK_GLASS):
        return
    found = await glass_reading.listed(custody, caller)
    is_open = [one for one in found if one.state is GlassState.OPEN]
    by = _first(one.ends_at for one in is_open)
    yield Waiting(mark("Broken glass that is open now"), "/people/break-glass", len(is_open), "bad", by)
    late = [one for one in found if one.state is GlassState.OVERDUE]
    waits = [one for one in found if one.state is GlassState.UNREVIEWED or one in late]
    if reviews:
        others = [one for one in waits if one.member != caller.id]
        tone = "bad" if late else "warn"
        yield Waiting(mark("Broken glass to review"), "/people/break-glass", len(others), tone)


async def _retention(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if not caller.may(Action.READ_RETENTION):
        return
    stands = await calendar.overview(custody, caller)
    failed = stands.failed.parts if stands.failed else 0
    yield Waiting(mark("Parts whose destruction failed; it is tried again"), "/retention", failed, "bad")
    if stands.alarm:
        parts = stands.overdue.parts
        yield Waiting(mark("Parts that are past their day and still stand"), "/retention", parts, "bad")


async def _support(custody: Custody, caller: Caller) -> AsyncIterator[Waiting]:
    if caller.may(Action.READ_SUPPORT):
        live = [one for one in await support_reading.listed(custody, caller) if one.live]
    elif caller.may(Action.LEAVE_SUPPORT):
        live = [one for one in await support_reading.own(custody, caller) if one.live]
    else:
        return
    by = _first(one.until for one in live)
    yield Waiting(mark("Support from outside of the EEA that is let in now"), "/people/support", len(live), "warn", by)


def _first(moments: Iterable[datetime | None]) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


ASKED: Final[tuple[Asked, ...]] = (
    _proposals,
    _disclosures,
    _received,
    _subjects,
    _glass,
    _unusual,
    _reviews,
    _retention,
    _notices,
    _support,
    _messages,
)
"""Asked one after the other; what does not answer is said, and hides nothing else."""

HANDLERS = [show_home]
