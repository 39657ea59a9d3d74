"""What is heard under an access, in single ranges: as a browser's own audio element asks for it."""

from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, Router, delete, get, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from tenants.decisions import Action
from vault.access.ending import end_access
from vault.access.listening import content, peaks
from vault.access.streaming import Content
from vault.access.transcripts import Form
from vault.accounts import Caller
from vault.api.dependencies import FromCaller, InCustody
from vault.api.ranges import is_unchanged, parse_range, range_applies
from vault.grants.excerpts import GRANTS
from vault.ingest.audio import MEDIA_TYPES

EXTENSIONS = MEDIA_TYPES | {"application/json": "json", "text/plain": "txt"}
"""What a saved file is called after its id, where the media type is one of these."""

ANSWERS = {
    206: ResponseSpec(
        bytes, description="One range of it", media_type="application/octet-stream", generate_examples=False
    ),
    304: ResponseSpec(None, description="The client holds it already"),
}

# Nothing of it is to stay in a shared cache, or in a browser's after the access.
PRIVATE = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}


@route(
    "/accesses/{access_id:uuid}/content",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    operation_id=lambda _, method, __: "read_content" if method == "GET" else "measure_content",
    media_type="application/octet-stream",
    response_description="All of it, as the media type it was delivered in, or that was asked for",
    responses=ANSWERS,
    opt={
        "action": (Action.LISTEN, Action.RECEIVE_DISCLOSURE, Action.SUPERVISE_REVIEW),
        "file": ("application/octet-stream", *EXTENSIONS),
    },
)
async def read_content(
    access_id: FromPath[UUID],
    request: Request[Caller, Any, Any],
    custody: InCustody,
    caller: FromCaller,
    form: Annotated[Form | None, QueryParameter(name="as")] = None,
    excerpt: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1,
) -> Response[Any]:
    """What was recorded: sound as delivered or as a browser plays it, a transcript as JSON or as text.

    Without `as`, a transcript comes as the client's `Accept` prefers it. `Range` gives one range, also `bytes=0-1`.
    Of what a disclosure limits to excerpts, `excerpt` is the number of one.
    """
    found = await content(
        custody, caller, access_id, form, reads_text=_prefers_text(request), excerpt=excerpt, grants=GRANTS
    )
    return await _answer(found, request)


@get(
    "/accesses/{access_id:uuid}/peaks",
    operation_id="read_peaks",
    opt={"action": (Action.LISTEN, Action.RECEIVE_DISCLOSURE, Action.SUPERVISE_REVIEW)},
)
async def read_peaks(access_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> Response[dict[str, Any]]:
    """The waveform as audiowaveform's JSON, which wavesurfer.js and peaks.js draw; `duration` is in seconds."""
    return Response(await peaks(custody, caller, access_id, grants=GRANTS), headers=PRIVATE)


@delete(
    "/accesses/{access_id:uuid}",
    operation_id="end_access",
    status_code=204,
    opt={"action": (Action.LISTEN, Action.RECEIVE_DISCLOSURE, Action.SUPERVISE_REVIEW)},
)
async def remove_access(access_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> None:
    """End one's own access before its time."""
    await end_access(custody, caller, access_id)


def _prefers_text(request: Request[Caller, Any, Any]) -> bool:
    return request.accept.best_match(["application/json", "text/plain"]) == "text/plain"


async def _answer(found: Content, request: Request[Caller, Any, Any]) -> Response[Any]:
    asked = request.headers
    headers = PRIVATE | {"etag": found.etag, "accept-ranges": "bytes", "content-type": found.media_type}
    headers["vary"] = "accept"
    if is_unchanged(asked.get("if-none-match"), found.etag):
        return Response(b"", status_code=304, headers=headers)
    headers["content-disposition"] = f'inline; filename="{_filename(found)}"'
    if request.method == HttpMethod.HEAD:
        # RFC 9110 §14.2: Range has a meaning for GET only.
        return Response(b"", headers=headers | {"content-length": str(found.size)})
    part = parse_range(asked.get("range"), found.size) if range_applies(asked.get("if-range"), found.etag) else None
    start, stop = part or (0, found.size)
    headers["content-length"] = str(stop - start)
    if part:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{found.size}"
    # The first chunk is opened before the answer begins: after that, an altered one can only break it off.
    return Stream(await found.read(start, stop), status_code=206 if part else 200, headers=headers)


def _filename(found: Content) -> str:
    extension = EXTENSIONS.get(found.media_type.partition(";")[0].strip().lower(), "")
    return f"{found.recording}.{extension}" if extension else str(found.recording)


router = Router(path="/v1", tags=["accesses"], route_handlers=[read_content, read_peaks, remove_access])
