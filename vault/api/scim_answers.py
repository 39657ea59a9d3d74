"""How resources and lists of SCIM are read from requests and answered, whatever they are of."""

from typing import Any, TypeAlias

from litestar import Request, Response
from litestar.datastructures import State
from litestar.params import JSONBody
from scim2_models import Context, ListResponse, PatchOp, Resource, ResponseParameters, SearchRequest

from vault.api.scim_problems import MEDIA
from vault.identity.scim_models import POLICY, etag, meta
from vault.identity.scim_search import Page

Body: TypeAlias = JSONBody[dict[str, Any]]
Asked: TypeAlias = Request[Any, Any, State]
Answer: TypeAlias = Response[dict[str, Any]]


def resource_of(model: Any, body: dict[str, Any], context: Context) -> Any:
    """The resource that a body describes. Raises ValidationError."""
    return model.model_validate(body, scim_ctx=context, scim_policy=POLICY)


def operations_of(model: Any, body: dict[str, Any]) -> Any:
    """The operations that a body asks for. Raises ValidationError."""
    kind: Any = PatchOp
    return kind[model].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY)


def query_of(model: Any, request: Asked) -> SearchRequest[Any]:
    """What the address asks for (RFC 7644 §3.4.2). Raises ValidationError."""
    named = {name: request.query_params.get(name) for name in QUERY if name in request.query_params}
    return search_of(model, named, Context.DEFAULT)


def search_of(model: Any, body: dict[str, Any], context: Context = Context.SEARCH_REQUEST) -> SearchRequest[Any]:
    """What a body asks for (RFC 7644 §3.4.3), or an address. Raises ValidationError."""
    kind: Any = SearchRequest
    asked: SearchRequest[Any] = kind[model].model_validate(body, scim_ctx=context, scim_policy=POLICY)
    return asked


def one(request: Asked, kind: str, kept: Any, resource: Resource[Any], *, status: int = 200) -> Answer:
    """A resource, of which only what was asked for is told.

    Args:
        kind: `User` or `Group`.
        kept: the row it is from, with its id, times and version.
    """
    resource.meta = meta(kind, f"{base_of(request)}/{kind}s", kept)
    tag = etag(kept.version)
    if request.method == "GET" and tag in [
        each.strip() for each in request.headers.get("if-none-match", "").split(",")
    ]:
        return Response({}, status_code=304, headers={"etag": tag}, media_type=MEDIA)
    named = {name: request.query_params.get(name) for name in SELECTING if name in request.query_params}
    selecting: Any = ResponseParameters
    chosen = selecting[type(resource)].model_validate(named)
    body = resource.model_dump(scim_ctx=_CONTEXTS.get(str(request.method), _READ), response_parameters=chosen)
    headers = {"etag": tag, "location": str(resource.meta.location)}
    return Response(body, status_code=status, media_type=MEDIA, headers=headers)


def many(model: Any, asked: SearchRequest[Any], page: Page[Any]) -> Answer:
    """A page of resources."""
    kind: Any = ListResponse
    listed = kind[model](
        total_results=page.total,
        start_index=page.start,
        items_per_page=len(page.resources),
        resources=list(page.resources) or None,
    )
    return Response(_listed(listed, asked), media_type=MEDIA)


def base_of(request: Asked) -> str:
    """Where this controller's SCIM is served."""
    return f"{request.app.state.custody.origin}/scim/v2/{request.path_params['slug']}"


def _listed(listed: Any, asked: SearchRequest[Any]) -> dict[str, Any]:
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
