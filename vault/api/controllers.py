"""Onboarding and the register, for the outsourcing firm's operators; the policy, for everyone whom it binds."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.enums import MediaType
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tenants.bounds import MOST_CHARACTERS
from tenants.contracts import ContractState
from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.api.accounts import Email, Short
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.api.unprintable import Unprintable
from vault.controllers import Ingest, Keys, Retention, Standing, standings
from vault.members import NewMember
from vault.onboarding import controllers, onboard, policy_source
from vault.outlook import Outlook, foresee


class Administrator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first administrator, who is invited."""

    email: Email
    name: Short


class Term(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contract's first and last day."""

    starts_on: date
    ends_on: date


class Onboarding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A controller to bring in: its policy file, its contract and its first administrator."""

    policy: Annotated[str, Meta(max_length=MOST_CHARACTERS)]
    contract: Term
    administrator: Administrator


class OnboardedView(Unprintable, frozen=True, kw_only=True):
    """What was made, and the invitation to hand to the administrator; it is shown only now.

    Where a mail server is set up there is none here: it goes by e-mail to the administrator alone.
    """

    id: UUID
    slug: str
    bucket: str
    contract: UUID
    administrator: UUID
    invitation: str | None


class Preview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy file, and the contract if its dates are known yet."""

    policy: Annotated[str, Meta(max_length=MOST_CHARACTERS)]
    contract: Term | None = None


class ProblemView(Struct, frozen=True, kw_only=True):
    """One mistake in a policy file: where, what is wrong, what would be right."""

    line: int | None
    path: str
    problem: str
    remedy: str


class NoticeAhead(Struct, frozen=True, kw_only=True):
    """A notice of the contract's end that the vault will give by itself: so many days before the last day."""

    days: int
    due_at: datetime


class PreviewView(Struct, frozen=True, kw_only=True):
    """What an onboarding would make, or every mistake that keeps it from being done; nothing is made.

    `taken`: a controller of this slug is here already. The rest is null as long as the file or the dates are not good.
    """

    problems: list[ProblemView]
    taken: bool
    slug: str | None
    name: str | None
    version: int | None
    region: str | None
    kinds: list[str]
    controller: UUID | None
    bucket: str | None
    notices: list[NoticeAhead]


class StandingView(Struct, frozen=True, kw_only=True):
    """One controller at a glance.

    `newest_at` is when its newest recording came, `delivered_at` when its machines last called, to a minute.
    `overdue`, `failed` and `kept` are parts whose day has come and that stand; `done` went in the last seven days.
    `to_copy` recordings are not copied beside their objects yet. `differences` is what the last comparison found.
    """

    id: UUID
    slug: str
    name: str
    contract: UUID
    ends_on: date
    state: ContractState
    ingest: Ingest
    newest_at: datetime | None
    delivered_at: datetime | None
    retention: Retention
    overdue: int
    overdue_since: datetime | None
    failed: int
    failed_since: datetime | None
    kept: int
    done: int
    keys: Keys
    keys_pending_until: datetime | None
    to_copy: int
    to_copy_since: datetime | None
    compared_at: datetime | None
    differences: int
    notices: int


class ControllerView(Struct, frozen=True, kw_only=True):
    """A controller at a glance: never anything of its content."""

    id: UUID
    slug: str
    name: str
    region: str
    contract: UUID
    starts_on: date
    ends_on: date
    state: str
    destruction: UUID | None


@post(
    "/controllers", operation_id="onboard_controller", request_max_body_size=LARGE_BODY, opt={"action": Action.ONBOARD}
)
async def onboard_controller(data: JSONBody[Onboarding], custody: InCustody, caller: FromCaller) -> OnboardedView:
    """Bring a controller in from its policy file."""
    made = await onboard(
        custody,
        caller,
        policy_file=data.policy,
        starts_on=data.contract.starts_on,
        ends_on=data.contract.ends_on,
        administrator=NewMember(
            email=data.administrator.email, name=data.administrator.name, roles=(Role.ADMINISTRATOR,)
        ),
    )
    return OnboardedView(
        id=made.tenant,
        slug=made.slug,
        bucket=made.bucket,
        contract=made.contract,
        administrator=made.administrator,
        invitation=made.invitation.secret if made.invitation else None,
    )


@get("/controllers", operation_id="list_controllers", opt={"action": Action.ONBOARD})
async def list_controllers(custody: InCustody, caller: FromCaller) -> list[ControllerView]:
    """All controllers with the state of their contracts, for operators."""
    now = custody.clock.now()
    return [
        ControllerView(
            id=row.tenant,
            slug=row.slug,
            name=row.name,
            region=row.region,
            contract=row.contract_id,
            starts_on=row.contract.starts_on,
            ends_on=row.contract.ends_on,
            state=row.contract.state_on(now).value,
            destruction=row.destruction,
        )
        for row in await controllers(caller)
    ]


@get("/controllers/standing", operation_id="read_standings", opt={"action": Action.ONBOARD})
async def read_standings(custody: InCustody, caller: FromCaller) -> list[StandingView]:
    """Whether each controller is alive and healthy, for operators: numbers and moments, never its content."""
    now = custody.clock.now()
    return [_standing(one, now) for one in await standings(custody, caller)]


@post(
    "/controllers/preview",
    operation_id="preview_onboarding",
    status_code=200,
    request_max_body_size=LARGE_BODY,
    opt={"action": Action.ONBOARD},
)
async def preview_onboarding(data: JSONBody[Preview], custody: InCustody, caller: FromCaller) -> PreviewView:
    """Check a policy file and say what an onboarding would make; nothing is made."""
    starts_on, ends_on = (data.contract.starts_on, data.contract.ends_on) if data.contract else (None, None)
    return _preview(await foresee(custody, caller, policy_file=data.policy, starts_on=starts_on, ends_on=ends_on))


@get(
    "/policy",
    operation_id="read_policy",
    media_type=MediaType.TEXT,
    opt={"action": Action.READ_POLICY, "file": "application/toml"},
)
async def read_policy(custody: InCustody, caller: FromCaller) -> Response[str]:
    """The policy in force for the caller's controller: the file as it was onboarded."""
    return Response(await policy_source(custody, caller), media_type="application/toml")


def _standing(one: Standing, now: datetime) -> StandingView:
    derived: dict[str, Any] = {"id": one.tenant, "contract": one.contract_id, "ends_on": one.contract.ends_on}
    derived |= {"state": one.contract.state_on(now), "ingest": one.ingest(now), "retention": one.retention(now)}
    same = {name: getattr(one, name) for name in StandingView.__struct_fields__ if name not in derived}
    return StandingView(**derived, **same)


def _preview(seen: Outlook) -> PreviewView:
    policy = seen.policy
    return PreviewView(
        problems=[
            ProblemView(line=one.line, path=one.path, problem=one.problem, remedy=one.remedy) for one in seen.problems
        ],
        taken=seen.taken,
        slug=policy.slug if policy else None,
        name=policy.controller.name if policy else None,
        version=policy.version if policy else None,
        region=policy.transfer.region if policy else None,
        kinds=[kind.value for kind in policy.recorded.kinds] if policy else [],
        controller=seen.tenant,
        bucket=seen.bucket,
        notices=[NoticeAhead(days=notice.days, due_at=notice.due_at) for notice in seen.notices],
    )


router = Router(
    path="/v1",
    tags=["controllers"],
    route_handlers=[onboard_controller, list_controllers, read_standings, preview_onboarding, read_policy],
)
