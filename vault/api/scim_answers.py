"""How resources and lists of SCIM are read from requests and answered, whatever they are of."""

from typing import Any, TypeAlias

from litestar import Request, Response
from litestar.datastructures import State
from litestar.params import JSONBody
from scim2_models import Context, ListResponse, PatchOp, ResponseParameters, SearchRequest

from vault.api.scim_problems import MEDIA
from vault.identity.scim_models import POLICY
from vault.identity.scim_search import Page

Body: TypeAlias = JSONBody[dict[str, Any]]
Asked: TypeAlias = Request[Any, Any, State]
Answer: TypeAlias = Response[dict[str, Any] | None]


def resource_of(model: Any, body: dict[str, Any], context: Context) -> Any:
    """The resource that a body describes. Raises ValidationError."""
    return model.model_validate(body, scim_ctx=context, scim_policy=POLICY)


def operations_of(model: Any, body: dict[str, Any]) -> Any:
    """The operations that a body asks for. Raises ValidationError."""
    kind: Any = PatchOp
    return kind[model].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY)


def query_of(model: Any, request: Asked) -> "SearchRequest[Any]":
    """What the address asks for (RFC 7644 §3.4.2). Raises ValidationError."""
    named = {name: request.query_params.get(name) for name in QUERY if name in request.query_params}
    return search_of(model, named, Context.DEFAULT)


def search_of(model: Any, body: dict[str, Any], context: Context = Context.SEARCH_REQUEST) -> "SearchRequest[Any]":
    """What a body asks for (RFC 7644 §3.4.3), or an address. Raises ValidationError."""
    kind: Any = SearchRequest
    asked: SearchRequest[Any] = kind[model].model_validate(body, scim_ctx=context, scim_policy=POLICY)
    return asked


def one(request: Asked, resource: Any, *, status: int = 200) -> Answer:
    """A resource, of which only what was asked for is told."""
    tag = resource.meta.version
    if request.method == "GET" and tag in map(str.strip, request.headers.get("if-none-match", "").split(",")):
        return Response(None, status_code=304, headers={"etag": tag}, media_type=MEDIA)
    named = {name: request.query_params.get(name) for name in SELECTING if name in request.query_params}
    selecting: Any = ResponseParameters
    chosen = selecting[type(resource)].model_validate(named)
    _locate(request, resource)
    body = resource.model_dump(scim_ctx=_CONTEXTS.get(str(request.method), _READ), response_parameters=chosen)
    headers = {"etag": tag, "location": resource.meta.location}
    return Response(body, status_code=status, media_type=MEDIA, headers=headers)


def many(request: Asked, model: Any, asked: "SearchRequest[Any]", page: Page[Any]) -> Answer:
    """A page of resources."""
    for resource in page.resources:
        _locate(request, resource)
    kind: Any = ListResponse
    listed = kind[model](
        total_results=page.total,
        start_index=page.start,
        items_per_page=len(page.resources),
        resources=list(page.resources) or None,
    )
    return Response(_listed(listed, asked), media_type=MEDIA)


def _locate(request: Asked, resource: Any) -> None:
    """Say where it is served: at the vault's own address, whatever name it was asked by."""
    base = f"{request.app.state.custody.origin}/scim/v2/{request.path_params['slug']}"
    resource.meta.location = f"{base}/{resource.meta.resource_type}s/{resource.id}"


def _listed(listed: Any, asked: "SearchRequest[Any]") -> dict[str, Any]:
    # An empty page has an empty list (RFC 7644 §3.4.2), which the models leave out.
    body: dict[str, Any] = {"Resources": []}
    if listed.total_results and not listed.resources:
        return body | {
            "schemas": [str(type(listed).__schema__)],
            "totalResults": listed.total_results,
            "startIndex": listed.start_index,
            "itemsPerPage": 0,
        }
    body |= listed.model_dump(scim_ctx=_READ, response_parameters=asked)
    return body


QUERY = ("filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "excludedAttributes")
SELECTING = ("attributes", "excludedAttributes")
_READ = Context.RESOURCE_QUERY_RESPONSE
_CONTEXTS = {
    "POST": Context.RESOURCE_CREATION_RESPONSE,
    "PUT": Context.RESOURCE_REPLACEMENT_RESPONSE,
    "PATCH": Context.RESOURCE_PATCH_RESPONSE,
}
