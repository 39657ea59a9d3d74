"""One line a request: which route, how it ended, how long it took. No headers, no query, no body."""

import time
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()


class RequestLog(ASGIMiddleware):
    """Gives each request an id, which the log line, the audit events and the answer's `X-Request-Id` carry."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        structlog.contextvars.clear_contextvars()
        request_id = str(uuid4())
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = time.monotonic(), 500

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await next_app(scope, receive, note)
        finally:
            milliseconds = round((time.monotonic() - started) * 1000)
            log.info(
                "request.finished", method=scope["method"], path=scope["path"], status=status, milliseconds=milliseconds
            )
