"""Which companies belong to the group and until when, what they may listen to, and who decides in whose stead."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tenants.decisions import Action
from tenants.organisations import Membership, OrganisationKind
from tenants.vocabulary import DisclosureKind, Role
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.colleagues import Colleague
from vault.console import forms
from vault.console.days import today_of
from vault.console.disclosures.frame import SEES, AnyRequest, asks, known_organisations, names_of, show
from vault.console.disclosures.times import end_of_day
from vault.console.disclosures.wanting import as_id
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.disclosure import delegating, persons
from vault.disclosure.reading import Filter, listed
from vault.errors import FieldProblem, Invalid
from vault.organisations.memberships import end_membership, memberships, record_membership


@get("/disclosures/groups", **asks(Action.READ_DISCLOSURES))
async def show_groups(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """The companies of the group, and what each may listen to."""
    return await _groups(request, custody, caller)


@post("/disclosures/groups", status_code=303, **asks(Action.DECIDE_ORGANISATION))
async def record_member(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Record from which day until which a company belongs to the group."""
    form = forms.fields(await request.form())
    try:
        since, company = forms.day(form, "member_from"), as_id("organisation", form.get("organisation", ""))
        if since is None:
            rule = "Say from which day on it belongs to the group."
            raise Invalid(rule, [FieldProblem("member_from", "missing", rule)])
        membership = Membership(member_from=since, member_until=forms.day(form, "member_until"))
        await record_membership(custody, caller, company, membership)
    except Invalid as error:
        return await _groups(request, custody, caller, form=form, problems=error.problems, status=422)
    return elsewhere("/disclosures/groups", done="recorded")


@post("/disclosures/groups/{membership_id:uuid}/end", status_code=303, **asks(Action.DECIDE_ORGANISATION))
async def end_member(
    membership_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Say when a membership ends; what the company may listen to ends with it."""
    form = forms.fields(await request.form())
    try:
        await end_membership(custody, caller, membership_id, forms.day(form, "last_day"))
    except Invalid as error:
        return await _groups(request, custody, caller, form=form, problems=error.problems, status=422)
    return elsewhere("/disclosures/groups", done="recorded")


@get("/disclosures/delegations", **asks(*SEES))
async def show_delegations(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Who decides on disclosures in whose stead."""
    return await _delegations(request, custody, caller)


@post("/disclosures/delegations", status_code=303, **asks(Action.DELEGATE))
async def make_delegation(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Let another person decide in one's own stead, or in that of somebody absent."""
    form = forms.fields(await request.form())
    try:
        until = end_of_day(form, "ends_at")
        if until is None:
            raise Invalid("It has no end.", [FieldProblem("ends_at", "missing", "Say on which day it ends.")])
        await delegating.delegate(
            custody,
            caller,
            stand_in=as_id("stand_in", form.get("stand_in", "")),
            ends_at=until,
            starts_at=forms.instant(form, "starts_at"),
            member=as_id("member", form["member"]) if "member" in form else None,
        )
    except Invalid as error:
        return await _delegations(request, custody, caller, form=form, problems=error.problems, status=422)
    return elsewhere("/disclosures/delegations", done="delegated")


@post("/disclosures/delegations/{delegation_id:uuid}/end", status_code=303, **asks(Action.DELEGATE))
async def end_delegation(delegation_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """End a delegation now."""
    await delegating.revoke(custody, caller, delegation_id)
    return elsewhere("/disclosures/delegations", done="ended")


async def _groups(
    request: AnyRequest, custody: Custody, caller: Caller, *, status: int = 200, **more: Any
) -> Response[str]:
    known = await known_organisations(caller)
    grants = await listed(custody, caller, Filter(kind=DisclosureKind.GROUP, limit=200))
    companies = [each for each in known.values() if each.entry.kind is OrganisationKind.COMPANY]
    given = {
        "memberships": await memberships(caller),
        "known": known,
        "companies": [(str(each.id), each.entry.name) for each in companies if each.ended_at is None],
        "grants": [seen.disclosure for seen in grants],
        "today": await today_of(custody, caller),
        "form": {},
    }
    return show(request, "groups.html", custody, status=status, **(given | more))


async def _delegations(
    request: AnyRequest, custody: Custody, caller: Caller, *, status: int = 200, **more: Any
) -> Response[str]:
    made = await delegating.delegations(caller)
    people = await persons.concerned(caller) if caller.may(Action.READ_DISCLOSURES) else []
    given = {
        "delegations": made,
        "names": await names_of(caller, [id for each in made for id in (each.member_id, each.stand_in_id)]),
        "deciders": [_to_choose(each) for each in people if persons.decides(each)],
        "stand_ins": [_to_choose(each) for each in people if persons.stands_in(each) and each.id != caller.id],
        "for_others": Role.ADMINISTRATOR in caller.person.roles,
        "form": {},
    }
    return show(request, "delegations.html", custody, status=status, **(given | more))


def _to_choose(one: Colleague) -> tuple[str, str]:
    """Somebody in a list to choose from, told apart from whoever is called the same."""
    return str(one.id), f"{one.name} ({one.email})"


HANDLERS = [show_groups, record_member, end_member, show_delegations, make_delegation, end_delegation]
