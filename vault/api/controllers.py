"""Onboarding and the register, for the outsourcing firm's operators; the policy, for everyone whom it binds."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.enums import MediaType
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.api.accounts import Email, Short
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.api.unprintable import Unprintable
from vault.members import NewMember
from vault.onboarding import controllers, onboard, policy_source


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

    policy: Annotated[str, Meta(max_length=200_000)]
    contract: Term
    administrator: Administrator


class OnboardedView(Unprintable, frozen=True, kw_only=True):
    """What was made, and the invitation to hand to the administrator; it is shown only now."""

    id: UUID
    slug: str
    bucket: str
    contract: UUID
    administrator: UUID
    invitation: str


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
        invitation=made.invitation.secret,
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


@get(
    "/policy",
    operation_id="read_policy",
    media_type=MediaType.TEXT,
    opt={"action": Action.READ_POLICY, "file": "application/toml"},
)
async def read_policy(custody: InCustody, caller: FromCaller) -> Response[str]:
    """The policy in force for the caller's controller: the file as it was onboarded."""
    return Response(await policy_source(custody, caller), media_type="application/toml")


router = Router(path="/v1", tags=["controllers"], route_handlers=[onboard_controller, list_controllers, read_policy])
