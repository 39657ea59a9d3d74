"""One disclosure: what is asked for, what it covers, who decided, to whom it goes, and what became of it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from tenants.decisions import Action
from tenants.disclosing import DisclosureEvent, DisclosureState
from tenants.disclosure_rules import clause_of
from tenants.vocabulary import DisclosureKind
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.disclosure_views import DisclosureView, view
from vault.console.disclosures import words
from vault.console.disclosures.frame import (
    SEES,
    AnyRequest,
    asks,
    known_organisations,
    names_of,
    recipient_of,
    show,
)
from vault.console.live import follow
from vault.console.rendering import rendered
from vault.custody.custody import Custody
from vault.disclosure import delegating, documents, fetching, notices, packages, persons, recipients, seals
from vault.disclosure.documents import DocumentPurpose
from vault.disclosure.model import Disclosure
from vault.disclosure.packages import Packed
from vault.disclosure.reading import Seen, look
from vault.errors import NotFound
from vault.organisations.persons import persons_of
from vault.policies.versions import in_force

T = TypeVar("T")

LATER = frozenset({DisclosureState.READY, DisclosureState.RECEIVED, DisclosureState.ACTIVE, DisclosureState.APPROVED})


@dataclass(frozen=True)
class Step:
    """One step on a disclosure's way: done, the one that is taken now, failed, or still to come."""

    name: str
    standing: str
    at: datetime | None = None


@get("/disclosures/{disclosure_id:uuid}", **asks(*SEES))
async def show_matter(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """A disclosure, and what this person may do about it."""
    return await matter_page(request, custody, caller, disclosure_id)


@get("/disclosures/{disclosure_id:uuid}/progress", **asks(*SEES))
async def follow_package(
    disclosure_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> ServerSentEvent:
    """How far it is with what was approved, until it is there or stopped."""

    async def shown() -> tuple[str, bool]:
        disclosure = (await look(custody, caller, disclosure_id)).disclosure
        packed = await _or_none(packages.read_package(caller, disclosure_id))
        given = {"disclosure": disclosure, "packed": packed, "say": words.say, "words": words}
        text = rendered("disclosures/_given.html", request, **given, **_making(disclosure))
        return text, disclosure.state is not DisclosureState.APPROVED

    return await follow(shown, request=request)


async def matter_page(
    request: AnyRequest, custody: Custody, caller: Caller, disclosure_id: UUID, *, status: int = 200, **more: Any
) -> Response[str]:
    """The page, also as it answers a form that was not right; raises as `look` does."""
    seen = await look(custody, caller, disclosure_id)
    disclosure = seen.disclosure
    known, policy, beside = await asyncio.gather(
        known_organisations(caller), in_force(custody, caller), _beside(custody, caller, seen)
    )
    purpose = policy.purposes.allowed.get(disclosure.terms.purpose or "")
    told = view(seen, viewer=caller.id, outside=False)
    given = {
        "seen": seen,
        "told": told,
        "disclosure": disclosure,
        "recipient": recipient_of(disclosure, known),
        "clause": clause_of(policy, disclosure.kind) or (policy.cite(purpose.clause) if purpose else None),
        "purpose": purpose.title if purpose else disclosure.terms.purpose,
        "seconds": sum(item.given_ms or 0 for item in disclosure.given) / 1000,
        "clauses": [(name, f"{each.section}: {_short(each.text)}") for name, each in policy.clauses.items()],
        "steps": _steps(disclosure),
        "purposes": list(DocumentPurpose),
        "names": await names_of(caller, _ids(told, beside)),
        "fetches_again": fetching.HANDED_OVER,
    }
    return show(
        request,
        "matter.html",
        custody,
        status=status,
        **(given | _making(disclosure) | _may(custody, caller, seen, beside) | beside | {"form": {}} | more),
    )


async def _beside(custody: Custody, caller: Caller, seen: Seen) -> dict[str, Any]:
    """What stands with it elsewhere, as far as the caller may see each."""
    disclosure, id = seen.disclosure, seen.disclosure.id
    papers, stands = documents.documents(custody, caller, id), delegating.delegations(caller)
    if not caller.may(Action.READ_DISCLOSURES):
        found = await asyncio.gather(papers, stands)
        return _NOTHING | {"papers": found[0], "delegations": found[1]}
    named, seal, packed, news, people, found_papers, found_stands = await asyncio.gather(
        recipients.named(caller, id),
        seals.read_seal(custody, caller, id),
        _or_none(packages.read_package(caller, id)),
        notices.notices(caller, id),
        _to_name(caller, disclosure),
        papers,
        stands,
    )
    told = {"named": named, "seal": seal, "packed": packed, "news": news, "to_name": people}
    return told | {"papers": found_papers, "delegations": found_stands}


_NOTHING: dict[str, Any] = {"named": [], "seal": None, "packed": None, "news": [], "to_name": []}


async def _to_name(caller: Caller, disclosure: Disclosure) -> list[tuple[str, str]]:
    """Who may be named to receive it: the organisation's own persons, or of the controller's own for evidence."""
    if disclosure.state.over:
        return []
    if disclosure.organisation_id is not None:
        of_it = await persons_of(caller, disclosure.organisation_id)
        return [(str(each.id), each.name) for each in of_it if each.active]
    if disclosure.kind is DisclosureKind.EVIDENCE:
        return [(str(each.id), each.name) for each in await persons.concerned(caller) if persons.receives(each)]
    return []


def _may(custody: Custody, caller: Caller, seen: Seen, beside: dict[str, Any]) -> dict[str, Any]:
    """What of it is offered to this person; whoever asks all the same is told why not."""
    disclosure, now = seen.disclosure, custody.clock.now()
    heard = frozenset[UUID]().union(*(one.persons for one in disclosure.approvals))
    decides = caller.may(Action.DECIDE_DISCLOSURE)
    live = [
        each.member_id
        for each in beside["delegations"]
        if each.stand_in_id == caller.id and each.revoked_at is None and each.starts_at <= now < each.ends_at
    ]
    asked_by_me = disclosure.requested_by == caller.id
    spoke = any(one.member_id == caller.id for one in disclosure.approvals)
    to_decide = disclosure.state.undecided or (disclosure.unconfirmed and not disclosure.state.over)
    # Two decisions share no person: whose will is in the first is not in the second.
    fresh = caller.id not in heard
    stands_in_for = [each for each in live if fresh and each not in heard]
    return {
        "may_decide": seen.whole and fresh and (decides or bool(stands_in_for)) and to_decide and not asked_by_me,
        "stands_in_for": stands_in_for,
        "decides_self": decides,
        "asked_by_me": asked_by_me and to_decide and seen.whole,
        "spoke": spoke and to_decide,
        "spoken_for": not fresh and not spoke and to_decide,
        "may_change": disclosure.state.undecided and (seen.whole or asked_by_me),
        "may_review": disclosure.state.undecided and seen.whole and disclosure.needs.reviewed,
        "may_withdraw": disclosure.state.undecided and (asked_by_me or decides),
        "may_revoke": decides and disclosure.state in LATER,
        "may_name": decides and not disclosure.state.over,
        "may_seal": decides
        and disclosure.state in seals.BEFORE_PACKING
        and disclosure.needs.gives is DisclosureEvent.PACK
        and not (beside["seal"] and beside["seal"].registered),
        "supervises": caller.may(Action.SUPERVISE_REVIEW) and disclosure.kind is DisclosureKind.ON_SITE_REVIEW,
    }


def _making(disclosure: Disclosure) -> dict[str, Any]:
    return {"being_made": disclosure.state is DisclosureState.APPROVED, "gives": disclosure.needs.gives}


def _steps(disclosure: Disclosure) -> list[Step]:
    """Its way so far, and what comes next."""
    approvals = sorted(disclosure.approvals, key=lambda one: one.decided_at)
    steps = [Step("requested", "done", disclosure.requested_at)]
    over, given = disclosure.state.over, disclosure.carried_out_at is not None
    for number in range(disclosure.needs.decisions):
        done = approvals[number] if number < len(approvals) else None
        name = ("first", "second")[min(number, 1)]
        steps.append(Step(name, "done" if done else "", done.decided_at if done else None))
    name = "packed" if disclosure.needs.gives is DisclosureEvent.PACK else "opened"
    steps.append(Step(name, "done" if given else "", disclosure.carried_out_at))
    if disclosure.needs.gives is DisclosureEvent.PACK:
        steps.append(Step("received", "done" if disclosure.received_at else "", disclosure.received_at))
    if disclosure.needs.duty:
        steps.append(Step("duty", "done" if disclosure.duty_done_at else "", disclosure.duty_done_at))
    if over:
        ended = "done" if disclosure.state is DisclosureState.FULFILLED else "failed"
        # What was not reached before it ended is not reached any more.
        return [*(step for step in steps if step.standing), Step(disclosure.state, ended, disclosure.ended_at)]
    first = next((number for number, step in enumerate(steps) if not step.standing), len(steps))
    return [Step(step.name, "now", step.at) if number == first else step for number, step in enumerate(steps)]


def _ids(told: DisclosureView, beside: dict[str, Any]) -> list[UUID | None]:
    decided = [each for one in told.decisions for each in (one.member, one.on_behalf_of)]
    reviewed = [item.reviewed_by for item in (told.scope.items if told.scope else ())]
    named = [each for one in beside["named"] for each in (one.named_by, one.confirmed_by)]
    added = [one.added_by for one in beside["papers"]]
    fetched = [one.member_id for one in (beside["packed"].fetches if beside["packed"] else ())]
    noted = [one.acknowledged_by for one in beside["news"]]
    stood = [one.member_id for one in beside["delegations"]]
    return [told.requested_by, *decided, *reviewed, *named, *added, *fetched, *noted, *stood]


def _short(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:69].rstrip()}…"


async def _or_none(asked: Awaitable[Packed]) -> Packed | None:
    try:
        return await asked
    except NotFound:
        return None


HANDLERS = [show_matter, follow_package]
