"""Recordings come in by tus 1.0.0 (https://tus.io): in one request, or in several that resume each other."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, delete, head, patch, post, route
from litestar.enums import HttpMethod, ScopeType
from litestar.exceptions import InternalServerException, MethodNotAllowedException
from litestar.middleware import ASGIMiddleware
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec import Struct

from tenants.decisions import Action
from vault.accounts import Caller
from vault.api import tus
from vault.api.dependencies import FromCaller, InCustody
from vault.custody.custody import Custody
from vault.errors import TooSlow
from vault.ingest.incoming import ALGORITHMS, BrokenOff, Incoming
from vault.ingest.receiving import MOST_BYTES, Progress, append, begin, status, terminate

Anyone = Request[Any, Any, Any]

Version = Annotated[str | None, HeaderParameter(name="Tus-Resumable", description="1.0.0")]
Length = Annotated[
    str | None, HeaderParameter(name="Upload-Length", description="The bytes of the whole recording, at most 2 GiB.")
]
Deferred = Annotated[
    str | None, HeaderParameter(name="Upload-Defer-Length", description="Not supported: the length is told first.")
]
Said = Annotated[
    str | None,
    HeaderParameter(
        name="Upload-Metadata",
        description="`recording` and, in base64, a JSON object: kind, source_id, media_type, started_at, ended_at,"
        " direction, contact. Other keys are taken and not stored.",
    ),
]
Offset = Annotated[
    str | None, HeaderParameter(name="Upload-Offset", description="Where in the recording the body begins.")
]
Digest = Annotated[
    str | None,
    HeaderParameter(
        name="Upload-Checksum",
        description="`sha1` or `sha256` and the body's digest in base64. A body that differs is discarded whole (460).",
    ),
]
ContentType = Annotated[str | None, HeaderParameter(name="Content-Type", description=tus.CONTENT_TYPE)]
Method = Annotated[
    str | None, HeaderParameter(name="X-HTTP-Method-Override", description="PATCH or DELETE, for who can only POST.")
]


class Begun(Struct, frozen=True, kw_only=True):
    """What came of beginning an upload.

    `recording_id` is there once the recording is durable; `duplicate` says that its source id was here before, and
    that nothing was stored again.
    """

    recording_id: UUID | None
    duplicate: bool


class TusHeaders(ASGIMiddleware):
    """Every answer, also one that refuses, says which version of the protocol it is of."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def speaking(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_spoken(message["status"])]
            await send(message)

        await next_app(scope, receive, speaking)


def _spoken(status: int) -> list[tuple[bytes, bytes]]:
    version = tus.VERSION.encode()
    return [(b"tus-resumable", version)] + ([(b"tus-version", version)] if status == 412 else [])


@route(
    ["/", "/{upload_id:uuid}"],
    http_method=[HttpMethod.OPTIONS],
    status_code=204,
    operation_id=lambda _, __, path: "discover_uploads" if len(path) < 3 else "discover_upload",
    exclude_from_auth=True,
    opt={"action": "public"},
)
async def discover() -> Response[None]:
    """What the vault can do of tus."""
    headers = {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": ",".join(tus.EXTENSIONS),
        "Tus-Max-Size": str(MOST_BYTES),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }
    return Response(None, status_code=204, headers=headers)


@post(
    "/",
    operation_id="begin_upload",
    request_max_body_size=None,
    responses={201: ResponseSpec(Begun, description="Begun; the whole recording is durable if it came with it.")},
    opt={"action": Action.INGEST},
)
async def begin_upload(
    request: Anyone,
    custody: InCustody,
    caller: FromCaller,
    tus_resumable: Version = None,
    upload_length: Length = None,
    upload_defer_length: Deferred = None,
    upload_metadata: Said = None,
    upload_checksum: Digest = None,
) -> Response[Begun]:
    """Begin an upload, with as many of its bytes as the body holds: none, some or all."""
    tus.require_version(tus_resumable)
    length = tus.read_length(upload_length, upload_defer_length)
    said = tus.read_metadata(upload_metadata)
    incoming = _body(request, upload_checksum, optional=True)
    progress = await begin(custody, caller, length=length, said=said, incoming=incoming)
    begun = Begun(recording_id=progress.recording, duplicate=progress.again)
    return Response(begun, status_code=201, headers=_location(progress) | _headers(progress))


@head("/{upload_id:uuid}", operation_id="read_upload", opt={"action": Action.INGEST})
async def read_upload(
    upload_id: FromPath[UUID], custody: InCustody, caller: FromCaller, tus_resumable: Version = None
) -> Response[None]:
    """How many bytes of an upload are durable; a full offset means that the recording is."""
    tus.require_version(tus_resumable)
    progress = await status(custody, caller, upload_id)
    headers = _headers(progress) | {"Upload-Length": str(progress.length), "Cache-Control": "no-store"}
    if progress.said is not None:
        headers["Upload-Metadata"] = tus.write_metadata(progress.said)
    return Response(None, status_code=200, headers=headers)


@patch(
    "/{upload_id:uuid}",
    operation_id="continue_upload",
    status_code=204,
    request_max_body_size=None,
    opt={"action": Action.INGEST},
)
async def continue_upload(
    request: Anyone,
    upload_id: FromPath[UUID],
    custody: InCustody,
    caller: FromCaller,
    tus_resumable: Version = None,
    upload_offset: Offset = None,
    upload_checksum: Digest = None,
    content_type: ContentType = None,
) -> Response[None]:
    """Send the next bytes. With the last one the answer names the recording, which is then durable."""
    tus.require_version(tus_resumable)
    tus.require_body_type(content_type)
    return await _continue(request, custody, caller, upload_id, tus.read_offset(upload_offset), upload_checksum)


@delete("/{upload_id:uuid}", operation_id="terminate_upload", status_code=204, opt={"action": Action.INGEST})
async def terminate_upload(
    upload_id: FromPath[UUID], custody: InCustody, caller: FromCaller, tus_resumable: Version = None
) -> None:
    """End an upload that is not a recording yet; nothing of it is kept."""
    tus.require_version(tus_resumable)
    await terminate(custody, caller, upload_id)


@post(
    "/{upload_id:uuid}",
    operation_id="override_upload_method",
    status_code=204,
    request_max_body_size=None,
    opt={"action": Action.INGEST},
)
async def override_method(
    request: Anyone,
    upload_id: FromPath[UUID],
    custody: InCustody,
    caller: FromCaller,
    method: Method = None,
    tus_resumable: Version = None,
    upload_offset: Offset = None,
    upload_checksum: Digest = None,
    content_type: ContentType = None,
) -> Response[None]:
    """PATCH or DELETE, by a client that can send neither."""
    tus.require_version(tus_resumable)
    if method == "DELETE":
        await terminate(custody, caller, upload_id)
        return Response(None, status_code=204)
    if method != "PATCH":
        raise MethodNotAllowedException("Say in X-HTTP-Method-Override whether PATCH or DELETE is meant.")
    tus.require_body_type(content_type)
    return await _continue(request, custody, caller, upload_id, tus.read_offset(upload_offset), upload_checksum)


async def _continue(
    request: Anyone, custody: Custody, caller: Caller, upload_id: UUID, offset: int, upload_checksum: str | None
) -> Response[None]:
    incoming = _body(request, upload_checksum)
    progress = await append(custody, caller, upload_id, offset=offset, incoming=incoming)
    return Response(None, status_code=204, headers=_headers(progress))


def _body(request: Anyone, upload_checksum: str | None, *, optional: bool = False) -> Incoming:
    """The request's body as it comes; `optional`: a request without one need not say what it would be."""
    checksum = tus.read_checksum(upload_checksum)
    chunked = "transfer-encoding" in request.headers
    size = None if chunked else request.content_length or 0
    if optional and size != 0:
        tus.require_body_type(request.headers.get("content-type"))
    return Incoming(_pieces(request), size, checksum)


async def _pieces(request: Anyone) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except (InternalServerException, TooSlow) as error:  # the first is how Litestar says that the client has gone
        raise BrokenOff from error


def _location(progress: Progress) -> dict[str, str]:
    return {"Location": f"{router.path}/{progress.upload}"}


def _headers(progress: Progress) -> dict[str, str]:
    headers = {"Upload-Offset": str(progress.received)}
    if progress.expires_at is not None:
        headers["Upload-Expires"] = tus.write_moment(progress.expires_at)
    if progress.recording is not None:
        headers["Vault-Recording"] = str(progress.recording)
        headers["Vault-Duplicate"] = "true" if progress.again else "false"
    return headers


router = Router(
    path="/v1/uploads",
    tags=["uploads"],
    middleware=[TusHeaders()],
    route_handlers=[
        discover,
        begin_upload,
        read_upload,
        continue_upload,
        terminate_upload,
        override_method,
    ],
)
