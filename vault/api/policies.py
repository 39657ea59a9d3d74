"""A controller's policy by its versions; another one is proposed with a preview of what it would do."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from tenants.bounds import MOST_CHARACTERS
from tenants.decisions import Action
from vault.api.dependencies import LARGE_BODY, FromCaller, InCustody
from vault.api.proposals import ProposalView, Why, view
from vault.policies.changing import change_policy, preview_policy, proposed_source
from vault.policies.versions import Standing, purposes, source_of, versions

File = Annotated[str, Meta(max_length=MOST_CHARACTERS)]


class PolicyPreview(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy file, and for an operator the controller whose next version it is."""

    policy: File
    controller: UUID | None = None


class PolicyChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy file that is to be the next version, and why; for an operator, of which controller."""

    policy: File
    reason: Why
    controller: UUID | None = None


class VersionView(Struct, frozen=True, kw_only=True):
    """One published version; `standing` is past, in_force or to_come."""

    version: int
    effective_from: date
    sha256: str
    standing: Standing


class PurposeView(Struct, frozen=True, kw_only=True):
    """One purpose: the name by which requests state it, and its title in the notice."""

    name: str
    title: str


@get("/policies", operation_id="list_policies", opt={"action": Action.READ_POLICY})
async def list_policies(
    custody: InCustody, caller: FromCaller, controller: FromQuery[UUID | None] = None
) -> list[VersionView]:
    """The published versions of the caller's controller, or of the one that an operator names, newest first."""
    return [
        VersionView(version=one.version, effective_from=one.effective_from, sha256=one.sha256, standing=one.standing)
        for one in await versions(custody, caller, controller)
    ]


@get("/policies/purposes", operation_id="list_purposes", opt={"action": Action.REQUEST_DISCLOSURE})
async def list_purposes(custody: InCustody, caller: FromCaller) -> list[PurposeView]:
    """The purposes of the notice in force, for whoever states one when asking for a disclosure."""
    return [PurposeView(name=name, title=title) for name, title in (await purposes(custody, caller)).items()]


@get(
    "/policies/file",
    operation_id="read_policy_version",
    media_type=MediaType.TEXT,
    opt={"action": Action.READ_POLICY, "file": "application/toml"},
)
async def read_policy_version(
    version: FromQuery[int], caller: FromCaller, controller: FromQuery[UUID | None] = None
) -> Response[str]:
    """The file of one version, as it was published; an operator names the controller."""
    return Response(await source_of(caller, version, controller), media_type="application/toml")


@get(
    "/policies/proposed/{proposal_id:uuid}",
    operation_id="read_proposed_policy",
    media_type=MediaType.TEXT,
    opt={"action": Action.READ_PROPOSALS, "file": "application/toml"},
)
async def read_proposed_policy(proposal_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[str]:
    """The file that a proposal would publish."""
    return Response(await proposed_source(custody, caller, proposal_id), media_type="application/toml")


@post(
    "/policies/preview",
    operation_id="preview_policy",
    status_code=200,
    request_max_body_size=LARGE_BODY,
    opt={"action": Action.CHANGE_POLICY},
)
async def read_preview(data: JSONBody[PolicyPreview], custody: InCustody, caller: FromCaller) -> dict[str, Any]:
    """What a version would do to what is stored: counts by kind, class and day; nothing is changed."""
    return dict(await preview_policy(custody, caller, data.policy, data.controller))


@post("/policies", operation_id="change_policy", request_max_body_size=LARGE_BODY, opt={"action": Action.CHANGE_POLICY})
async def propose_change(data: JSONBody[PolicyChange], custody: InCustody, caller: FromCaller) -> ProposalView:
    """Propose the next version; a person of the controller confirms it, and `outcome` then tells the progress."""
    changed = await change_policy(custody, caller, data.policy, controller=data.controller, reason=data.reason)
    return view(changed)


router = Router(
    path="/v1",
    tags=["policies"],
    route_handlers=[
        list_policies,
        list_purposes,
        read_policy_version,
        read_proposed_policy,
        read_preview,
        propose_change,
    ],
)
