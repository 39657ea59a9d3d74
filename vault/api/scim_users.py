"""SCIM's users: the controller's people whom its directory keeps."""

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
from vault.identity import scim_users
from vault.identity.directory import require_own
from vault.identity.scim_models import USER


@get("/Users", operation_id="list_scim_users", media_type=MEDIA, opt={"action": Action.PROVISION})
async def list_users(slug: FromPath[str], request: Asked, custody: InCustody, caller: FromCaller) -> Answer:
    """The people, or those that a filter finds; names in a filter stand better in the body of `.search`."""
    await require_own(caller, slug)
    asked = query_of(USER, request)
    return many(request, USER, asked, await scim_users.search(custody, caller, asked))


@post(
    "/Users/.search",
    operation_id="search_scim_users",
    status_code=200,
    media_type=MEDIA,
    opt={"action": Action.PROVISION},
)
async def search_users(
    slug: FromPath[str], data: Body, request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """The people that a filter finds."""
    await require_own(caller, slug)
    asked = search_of(USER, data)
    return many(request, USER, asked, await scim_users.search(custody, caller, asked))


@post("/Users", operation_id="create_scim_user", status_code=201, media_type=MEDIA, opt={"action": Action.PROVISION})
async def create_user(
    slug: FromPath[str], data: Body, request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """Let somebody in, without a role: the groups that they are put into bring those."""
    await require_own(caller, slug)
    wanted = resource_of(USER, data, Context.RESOURCE_CREATION_REQUEST)
    kept = await scim_users.create(custody, caller, wanted)
    return one(request, kept.person, status=201)


@get("/Users/{user_id:uuid}", operation_id="read_scim_user", media_type=MEDIA, opt={"action": Action.PROVISION})
async def read_user(
    slug: FromPath[str], user_id: FromPath[UUID], request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """One person."""
    await require_own(caller, slug)
    kept = await scim_users.read(custody, caller, user_id)
    return one(request, kept.person)


@put("/Users/{user_id:uuid}", operation_id="replace_scim_user", media_type=MEDIA, opt={"action": Action.PROVISION})
async def replace_user(
    slug: FromPath[str], user_id: FromPath[UUID], data: Body, request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """Say all of somebody anew."""
    await require_own(caller, slug)
    wanted = resource_of(USER, data, Context.RESOURCE_REPLACEMENT_REQUEST)
    if_match = request.headers.get("if-match")
    kept = await scim_users.replace(custody, caller, user_id, wanted, if_match=if_match)
    return one(request, kept.person)


@patch("/Users/{user_id:uuid}", operation_id="patch_scim_user", media_type=MEDIA, opt={"action": Action.PROVISION})
async def patch_user(
    slug: FromPath[str], user_id: FromPath[UUID], data: Body, request: Asked, custody: InCustody, caller: FromCaller
) -> Answer:
    """Change some of it; with `active: false` they are stopped everywhere within seconds."""
    await require_own(caller, slug)
    operations, if_match = operations_of(USER, data), request.headers.get("if-match")
    kept = await scim_users.patch(custody, caller, user_id, operations, if_match=if_match)
    return one(request, kept.person)


@delete("/Users/{user_id:uuid}", operation_id="delete_scim_user", status_code=204, opt={"action": Action.PROVISION})
async def delete_user(
    slug: FromPath[str], user_id: FromPath[UUID], request: Asked, custody: InCustody, caller: FromCaller
) -> None:
    """Let somebody go; what the directory said of them is dropped."""
    await require_own(caller, slug)
    await scim_users.delete(custody, caller, user_id, if_match=request.headers.get("if-match"))


USERS = (list_users, search_users, create_user, read_user, replace_user, patch_user, delete_user)
"""The routes below `/scim/v2/{slug}`."""
