"""SCIM 2.0 (RFC 7644): a controller's own directory says who is here, with the token of its provisioning machine."""

from typing import Any

from litestar import Response, Router, get
from litestar.params import FromPath
from scim2_models import ListResponse

from tenants.decisions import Action
from vault.api.dependencies import FromCaller
from vault.api.scim_answers import Answer
from vault.api.scim_groups import GROUPS
from vault.api.scim_problems import HANDLERS, MEDIA
from vault.api.scim_users import USERS
from vault.errors import NotFound
from vault.identity.directory import require_own
from vault.identity.scim_models import CONFIG, PROVIDER

MOST_BYTES = 2_000_000
"""Of a body: a group of some ten thousand people."""


@get("/ServiceProviderConfig", operation_id="read_scim_config", media_type=MEDIA, opt={"action": Action.PROVISION})
async def read_config(slug: FromPath[str], caller: FromCaller) -> Answer:
    """What of SCIM the vault serves."""
    await require_own(caller, slug)
    return Response(CONFIG.model_dump(), media_type=MEDIA)


@get("/ResourceTypes", operation_id="list_scim_resource_types", media_type=MEDIA, opt={"action": Action.PROVISION})
async def list_resource_types(slug: FromPath[str], caller: FromCaller) -> Answer:
    """Users and groups."""
    await require_own(caller, slug)
    return _all(PROVIDER.resource_types)


@get(
    "/ResourceTypes/{name:str}",
    operation_id="read_scim_resource_type",
    media_type=MEDIA,
    opt={"action": Action.PROVISION},
)
async def read_resource_type(slug: FromPath[str], name: FromPath[str], caller: FromCaller) -> Answer:
    """One of the two."""
    await require_own(caller, slug)
    return _one(PROVIDER.resource_types, name)


@get("/Schemas", operation_id="list_scim_schemas", media_type=MEDIA, opt={"action": Action.PROVISION})
async def list_schemas(slug: FromPath[str], caller: FromCaller) -> Answer:
    """Which attributes the vault keeps; it drops all others."""
    await require_own(caller, slug)
    return _all(PROVIDER.schemas)


@get("/Schemas/{name:str}", operation_id="read_scim_schema", media_type=MEDIA, opt={"action": Action.PROVISION})
async def read_schema(slug: FromPath[str], name: FromPath[str], caller: FromCaller) -> Answer:
    """One schema by its URN."""
    await require_own(caller, slug)
    return _one(PROVIDER.schemas, name)


def _all(resources: tuple[Any, ...]) -> Answer:
    body = {
        "schemas": [str(ListResponse.__schema__)],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": [resource.model_dump() for resource in resources],
    }
    return Response(body, media_type=MEDIA)


def _one(resources: tuple[Any, ...], name: str) -> Answer:
    found = next((resource for resource in resources if resource.id == name), None)
    if found is None:
        raise NotFound
    return Response(found.model_dump(), media_type=MEDIA)


router = Router(
    path="/scim/v2/{slug:str}",
    tags=["scim"],
    exception_handlers=HANDLERS,
    request_max_body_size=MOST_BYTES,
    route_handlers=[
        read_config,
        list_resource_types,
        read_resource_type,
        list_schemas,
        read_schema,
        *USERS,
        *GROUPS,
    ],
)
