"""To whom anything may be disclosed: organisations two persons registered, their people, and the group's companies."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from tenants.decisions import Action
from tenants.organisations import Entry, Membership, OrganisationKind
from tenants.vocabulary import Role
from vault.api.accounts import Email, Invited, Short
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import ProposalView, Why, view
from vault.errors import NotFound
from vault.organisations.ending import end
from vault.organisations.memberships import GroupMembership, end_membership, memberships, record_membership
from vault.organisations.model import Organisation
from vault.organisations.persons import invite_person, persons_of
from vault.organisations.reading import organisation, organisations, own, proposed
from vault.organisations.registering import Changes, propose_change, propose_registration

Words = Annotated[str, Meta(max_length=500)]
Pem = Annotated[str, Meta(max_length=20_000, description="an X.509 certificate of the organisation's own, PEM")]
AgeKey = Annotated[str, Meta(max_length=128, description="an X25519 recipient of age, age1…")]
Laws = Annotated[tuple[Annotated[str, Meta(max_length=120)], ...], Meta(max_length=50)]


class NewOrganisation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outside recipient (Art. 4(9)): by what right it may ask, on which laws, and whom to ask whether it did.

    `legal_bases` are short names of laws. Packages are sealed to the `certificate` or the `age_key`. The `contact` is
    not public: it is sealed, and shown to those who decide.
    """

    kind: OrganisationKind
    name: Short
    business_id: Annotated[str, Meta(max_length=20)] | None = None
    statutory_right: Words | None = None
    legal_bases: Laws = ()
    certificate: Pem | None = None
    age_key: AgeKey | None = None
    contact: Words
    reason: Why


class ChangedOrganisation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be another way, such as a new certificate; what is not named stays, and null takes it away."""

    name: Short | UnsetType = UNSET
    statutory_right: Words | UnsetType | None = UNSET
    legal_bases: Laws | UnsetType = UNSET
    certificate: Pem | UnsetType | None = UNSET
    age_key: AgeKey | UnsetType | None = UNSET
    contact: Words | None = None
    reason: Why


class OrganisationView(Struct, frozen=True, kw_only=True):
    """An organisation as it is registered; `contact` is shown, one at a time, to those who decide on disclosures."""

    id: UUID
    kind: OrganisationKind
    name: str
    business_id: str | None
    statutory_right: str | None
    legal_bases: list[str]
    certificate: str | None
    age_key: str | None
    contact: str | None
    registered_at: datetime
    registered_by: UUID
    approved_by: UUID
    ended_at: datetime | None
    ended_by: UUID | None


class OwnOrganisation(Struct, frozen=True, kw_only=True):
    """The organisation in whose name a person of outside asks: what it is registered with, and may cite."""

    id: UUID
    kind: OrganisationKind
    name: str
    business_id: str | None
    statutory_right: str | None
    legal_bases: list[str]
    certificate: str | None
    age_key: str | None
    registered_at: datetime


class ProposedContact(Struct, frozen=True, kw_only=True):
    """Whom to ask before deciding on a proposal about an organisation."""

    organisation: UUID
    contact: str | None


class NamedPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person of an organisation, to be let in to what they are named in."""

    email: Email
    name: Short


class PersonView(Struct, frozen=True, kw_only=True):
    """A named person; inactive once stopped, or once the organisation has ended."""

    id: UUID
    email: str
    name: str
    active: bool
    invited_by: UUID
    invited_at: datetime


class NewMembership(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From which day until which a company belongs to the group, both counted in; no last day while none is known."""

    organisation: UUID
    member_from: date
    member_until: date | None = None


class LastDay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last day of a membership, yesterday at the earliest; null where none is known."""

    member_until: date | None


class MembershipView(Struct, frozen=True, kw_only=True):
    """A membership of a company in the group."""

    id: UUID
    organisation: UUID
    member_from: date
    member_until: date | None
    recorded_by: UUID
    recorded_at: datetime


@get(
    "/organisations",
    operation_id="list_organisations",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE), "never": (Role.RECIPIENT,)},
)
async def list_organisations(caller: FromCaller) -> list[OrganisationView]:
    """Everybody to whom anything may be, or might have been, disclosed."""
    return [_view(each) for each in await organisations(caller)]


@post(
    "/organisations",
    operation_id="register_organisation",
    status_code=202,
    opt={"action": Action.REGISTER_ORGANISATION},
)
async def register_organisation(
    data: JSONBody[NewOrganisation], custody: InCustody, caller: FromCaller
) -> ProposalView:
    """Propose an organisation; a second person decides. The proposal's `object` is the organisation's id to be."""
    entry = Entry(**{name: getattr(data, name) for name in Entry.__struct_fields__})
    return view(await propose_registration(custody, caller, entry, contact=data.contact, reason=data.reason))


@get(
    "/organisations/{organisation_id:uuid}",
    operation_id="read_organisation",
    opt={"action": (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE), "never": (Role.RECIPIENT,)},
)
async def read_organisation(
    organisation_id: FromPath[UUID], custody: InCustody, caller: FromCaller
) -> OrganisationView:
    """One organisation, with whom to ask there for those who decide."""
    return _view(await organisation(custody, caller, organisation_id))


@patch(
    "/organisations/{organisation_id:uuid}",
    operation_id="change_organisation",
    status_code=202,
    opt={"action": Action.REGISTER_ORGANISATION},
)
async def change_organisation(
    organisation_id: FromPath[UUID], data: JSONBody[ChangedOrganisation], custody: InCustody, caller: FromCaller
) -> ProposalView:
    """Propose a change, such as a certificate in place of one that expires; a second person decides."""
    changes = Changes(**{name: getattr(data, name) for name in Changes.__struct_fields__})
    return view(
        await propose_change(custody, caller, organisation_id, changes, contact=data.contact, reason=data.reason)
    )


@get("/organisations/own", operation_id="read_own_organisation", opt={"action": Action.REQUEST_DISCLOSURE})
async def read_own(caller: FromCaller) -> OwnOrganisation:
    """The organisation in whose name the caller may ask; 404 for whoever speaks for none."""
    found = await own(caller)
    if found is None:
        raise NotFound
    entry = msgspec.structs.asdict(found.entry)
    return msgspec.convert(entry | {"id": found.id, "registered_at": found.registered_at}, OwnOrganisation)


@get(
    "/proposals/{proposal_id:uuid}/contact",
    operation_id="read_proposed_contact",
    opt={"action": Action.REGISTER_ORGANISATION},
)
async def read_proposed_contact(proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> ProposedContact:
    """The contact that a proposal about an organisation would write down, for whoever verifies before deciding."""
    found = await proposed(custody, caller, proposal_id)
    return ProposedContact(organisation=found.organisation, contact=found.contact)


@post(
    "/organisations/{organisation_id:uuid}/end",
    operation_id="end_organisation",
    status_code=200,
    opt={"action": Action.REGISTER_ORGANISATION},
)
async def end_organisation(organisation_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> OrganisationView:
    """End a registration at once: nothing more is given to it, and its people sign in no more."""
    return _view(await end(custody, caller, organisation_id))


@get(
    "/organisations/{organisation_id:uuid}/persons",
    operation_id="list_organisation_persons",
    opt={"action": Action.READ_DISCLOSURES},
)
async def list_persons(organisation_id: FromPath[UUID], caller: FromCaller) -> list[PersonView]:
    """The named persons of an organisation."""
    return msgspec.convert(await persons_of(caller, organisation_id), list[PersonView], from_attributes=True)


@post(
    "/organisations/{organisation_id:uuid}/persons",
    operation_id="name_organisation_person",
    opt={"action": Action.MANAGE_MEMBERS},
)
async def name_person(
    organisation_id: FromPath[UUID], data: JSONBody[NamedPerson], custody: InCustody, caller: FromCaller
) -> Invited:
    """Let a person of an organisation in; the answer holds the invitation to hand over. Stop them as any member."""
    member, invitation = await invite_person(custody, caller, organisation_id, email=data.email, name=data.name)
    return Invited(id=member, invitation=invitation.secret, expires_at=invitation.expires_at)


@get("/group-memberships", operation_id="list_group_memberships", opt={"action": Action.READ_DISCLOSURES})
async def list_memberships(
    caller: FromCaller, organisation_id: Annotated[UUID | None, QueryParameter(name="organisation")] = None
) -> list[MembershipView]:
    """Which companies belong to the group, and from when until when."""
    return [_membership(each) for each in await memberships(caller, organisation_id)]


@post("/group-memberships", operation_id="record_group_membership", opt={"action": Action.DECIDE_ORGANISATION})
async def create_membership(data: JSONBody[NewMembership], custody: InCustody, caller: FromCaller) -> MembershipView:
    """Record that a company belongs to the group."""
    membership = Membership(member_from=data.member_from, member_until=data.member_until)
    return _membership(await record_membership(custody, caller, data.organisation, membership))


@put(
    "/group-memberships/{membership_id:uuid}/end",
    operation_id="end_group_membership",
    opt={"action": Action.DECIDE_ORGANISATION},
)
async def put_last_day(
    membership_id: FromPath[UUID], data: JSONBody[LastDay], custody: InCustody, caller: FromCaller
) -> MembershipView:
    """Say when a membership ends. What the company may listen to ends with it."""
    return _membership(await end_membership(custody, caller, membership_id, data.member_until))


def _view(found: Organisation) -> OrganisationView:
    return OrganisationView(
        id=found.id,
        **msgspec.structs.asdict(found.entry),
        contact=found.contact,
        registered_at=found.registered_at,
        registered_by=found.registered_by,
        approved_by=found.approved_by,
        ended_at=found.ended_at,
        ended_by=found.ended_by,
    )


def _membership(found: GroupMembership) -> MembershipView:
    return MembershipView(
        id=found.id,
        organisation=found.organisation_id,
        member_from=found.membership.member_from,
        member_until=found.membership.member_until,
        recorded_by=found.recorded_by,
        recorded_at=found.recorded_at,
    )


router = Router(
    path="/v1",
    tags=["organisations"],
    route_handlers=[
        list_organisations,
        register_organisation,
        read_own,
        read_organisation,
        change_organisation,
        read_proposed_contact,
        end_organisation,
        list_persons,
        name_person,
        list_memberships,
        create_membership,
        put_last_day,
    ],
)
