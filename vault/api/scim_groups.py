"""SCIM's groups: what they stand for is an administrator's to say, at `/v1/directory/groups`."""

from uuid import UUID

from litestar import delete, get, patch, post, put
from litestar.params import FromPath
from scim2_models import Context

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.api.scim_answers import (
    Answer,
    Asked,
    Body,
    many,
    one,
    operations_of,
    query_of,
    resource_of,
    search_of,
)
from vault.api.scim_problems import MEDIA
from vault.identity import scim_groups
from vault.identity.directory import require_own
from vault.identity.scim_models import Group


@get("/Groups", operation_id="list_scim_groups", media_type=MEDIA, opt={"action": Action.PROVISION})
async def list_groups(slug: FromPath[str], request: Asked, custody: InCustody, caller: FromCaller) -> Answer:
    """The groups, or those that a filter finds; names in a filter stand better in the body of `.search`."""
    await require_own(caller, slug)
    asked = query_of(Group, request)
    return many(request, Group, asked, await scim_groups.search(custody, caller, asked))


@post(
    "/Groups/.search",
    operation_id="search_scim_groups",
    status_code=200,
    media_type=MEDIA,
    opt={"action": Action.PROVISION},
)
async def search_groups(
    slug: FromPath[str], data: Body, request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """The groups that a filter finds."""
    await require_own(caller, slug)
    asked = search_of(Group, data)
    return many(request, Group, asked, await scim_groups.search(custody, caller, asked))


@post("/Groups", operation_id="create_scim_group", status_code=201, media_type=MEDIA, opt={"action": Action.PROVISION})
async def create_group(
    slug: FromPath[str], data: Body, request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """Make a group; it stands for no role until an administrator says so."""
    await require_own(caller, slug)
    wanted = resource_of(Group, data, Context.RESOURCE_CREATION_REQUEST)
    kept = await scim_groups.create(custody, caller, wanted)
    return one(request, kept.group, status=201)


@get("/Groups/{group_id:uuid}", operation_id="read_scim_group", media_type=MEDIA, opt={"action": Action.PROVISION})
async def read_group(
    slug: FromPath[str], group_id: FromPath[UUID], request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """One group, and who is in it."""
    await require_own(caller, slug)
    kept = await scim_groups.read(custody, caller, group_id)
    return one(request, kept.group)


@put("/Groups/{group_id:uuid}", operation_id="replace_scim_group", media_type=MEDIA, opt={"action": Action.PROVISION})
async def replace_group(
    slug: FromPath[str], group_id: FromPath[UUID], data: Body, request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """Say all of a group anew."""
    await require_own(caller, slug)
    wanted = resource_of(Group, data, Context.RESOURCE_REPLACEMENT_REQUEST)
    if_match = request.headers.get("if-match")
    kept = await scim_groups.replace(custody, caller, group_id, wanted, if_match=if_match)
    return one(request, kept.group)


@patch("/Groups/{group_id:uuid}", operation_id="patch_scim_group", media_type=MEDIA, opt={"action": Action.PROVISION})
async def patch_group(
    slug: FromPath[str], group_id: FromPath[UUID], data: Body, request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """Change a group; whoever comes or goes has other roles at once."""
    await require_own(caller, slug)
    operations, if_match = operations_of(Group, data), request.headers.get("if-match")
    kept = await scim_groups.patch(custody, caller, group_id, operations, if_match=if_match)
    return one(request, kept.group)


@delete("/Groups/{group_id:uuid}", operation_id="delete_scim_group", status_code=204, opt={"action": Action.PROVISION})
async def delete_group(
    slug: FromPath[str], group_id: FromPath[UUID], request: Asked, custody: InCustody, caller: FromCaller
) -> None:
    """Drop a group; nobody has a role by it any more."""
    await require_own(caller, slug)
    await scim_groups.delete(custody, caller, group_id, if_match=request.headers.get("if-match"))


GROUPS = (list_groups, search_groups, create_group, read_group, replace_group, patch_group, delete_group)
"""The routes below `/scim/v2/{slug}`."""
