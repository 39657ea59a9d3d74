"""To whom anything may be disclosed: organisations that two persons registered, and the persons of each."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import UNSET

from tenants.decisions import Action
from tenants.organisations import Entry, OrganisationKind
from vault.accounts import Caller
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.api.organisations import NamedPerson, NewOrganisation
from vault.console import forms
from vault.console.disclosures.frame import SEES, AnyRequest, asks, names_of, show
from vault.console.disclosures.wanting import lines
from vault.console.rendering import elsewhere
from vault.custody.custody import Custody
from vault.errors import Invalid
from vault.organisations.ending import end
from vault.organisations.memberships import memberships
from vault.organisations.persons import invite_person, persons_of
from vault.organisations.reading import organisation, organisations
from vault.organisations.registering import Changes, propose_change, propose_registration

CHANGEABLE = ("name", "statutory_right", "certificate", "age_key")


@get("/disclosures/organisations", **asks(*SEES))
async def show_organisations(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Everybody to whom anything may be, or might have been, disclosed."""
    found = await organisations(caller)
    ordered = sorted(found, key=lambda each: (each.ended_at is not None, each.entry.name.casefold()))
    return show(request, "organisations.html", custody, organisations=ordered)


@get("/disclosures/organisations/new", **asks(Action.REGISTER_ORGANISATION))
async def show_new_organisation(request: AnyRequest, custody: InCustody) -> Response[str]:
    """Where an organisation is proposed."""
    return show(request, "organisation_new.html", custody, form={}, kinds=OrganisationKind)


@post(
    "/disclosures/organisations/new",
    status_code=303,
    request_max_body_size=LARGE_BODY,
    **asks(Action.REGISTER_ORGANISATION),
)
async def propose_organisation(request: AnyRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Propose an organisation; a second person decides."""
    form = forms.fields(await request.form())
    try:
        data = forms.shaped(form | {"legal_bases": lines(form, "legal_bases")}, NewOrganisation)
        entry = Entry(**{name: getattr(data, name) for name in Entry.__struct_fields__})
        proposed = await propose_registration(custody, caller, entry, contact=data.contact, reason=data.reason)
    except Invalid as error:
        given = {"form": form, "kinds": OrganisationKind, "problems": error.problems}
        return show(request, "organisation_new.html", custody, status=422, **given)
    return elsewhere(f"/proposals/{proposed.id}", done="proposed")


@get("/disclosures/organisations/{organisation_id:uuid}", **asks(*SEES))
async def show_organisation(
    organisation_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """One organisation: by what right it may ask, to which key it is sealed, who its persons are."""
    return await _page(request, custody, caller, organisation_id)


@post(
    "/disclosures/organisations/{organisation_id:uuid}/change",
    status_code=303,
    request_max_body_size=LARGE_BODY,
    **asks(Action.REGISTER_ORGANISATION),
)
async def propose_organisation_change(
    organisation_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Propose what is to be another way; a second person decides."""
    form = forms.fields(await request.form())
    before = (await organisation(custody, caller, organisation_id)).entry
    changed: dict[str, Any] = {
        name: form.get(name) if form.get(name) != getattr(before, name) else UNSET for name in CHANGEABLE
    }
    laws = lines(form, "legal_bases")
    changed |= {"legal_bases": laws if laws != before.legal_bases else UNSET}
    if not form.get("name"):
        changed["name"] = UNSET
    try:
        contact, reason = form.get("contact"), form.get("reason", "")
        proposed = await propose_change(
            custody, caller, organisation_id, Changes(**changed), contact=contact, reason=reason
        )
    except Invalid as error:
        given: dict[str, Any] = {"form": form, "problems": error.problems, "status": 422}
        return await _page(request, custody, caller, organisation_id, **given)
    return elsewhere(f"/proposals/{proposed.id}", done="proposed")


@post("/disclosures/organisations/{organisation_id:uuid}/end", status_code=303, **asks(Action.REGISTER_ORGANISATION))
async def end_organisation_here(
    organisation_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> Response[str]:
    """End a registration at once; its persons sign in no more."""
    await end(custody, caller, organisation_id)
    return elsewhere(f"/disclosures/organisations/{organisation_id}", done="ended")


@post("/disclosures/organisations/{organisation_id:uuid}/persons", status_code=200, **asks(Action.MANAGE_MEMBERS))
async def name_person_here(
    organisation_id: FromPath[UUID], request: AnyRequest, custody: InCustody, caller: FromCaller
) -> Response[str]:
    """Let a person of it in; the invitation is on this answer alone."""
    form = forms.fields(await request.form())
    try:
        data = forms.shaped(form, NamedPerson)
    except Invalid as error:
        given: dict[str, Any] = {"form": form, "problems": error.problems, "status": 422}
        return await _page(request, custody, caller, organisation_id, **given)
    _, issued = await invite_person(custody, caller, organisation_id, email=data.email, name=data.name)
    return await _page(request, custody, caller, organisation_id, invited=issued, whom=data.name)


async def _page(
    request: AnyRequest, custody: Custody, caller: Caller, organisation_id: UUID, *, status: int = 200, **more: Any
) -> Response[str]:
    found = await organisation(custody, caller, organisation_id)
    reads = caller.may(Action.READ_DISCLOSURES)
    given = {
        "organisation": found,
        "entry": found.entry,
        "persons": await persons_of(caller, organisation_id) if reads else [],
        "memberships": await memberships(caller, organisation_id) if reads else [],
        "names": await names_of(caller, [found.registered_by, found.approved_by, found.ended_by]),
        "form": {},
    }
    return show(request, "organisation.html", custody, status=status, **(given | more))


HANDLERS = [
    show_organisations,
    show_new_organisation,
    propose_organisation,
    show_organisation,
    propose_organisation_change,
    end_organisation_here,
    name_person_here,
]
