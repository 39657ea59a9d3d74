"""One line a request: which route, how it ended, how long it took. No headers, no query, no body."""

import time
from uuid import uuid4

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()


class RequestLog:
    """Gives each request an id, which the log line, the audit events and the answer's `X-Request-Id` carry.

    It stands around the whole application, so that an error's answer passes through it like any other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it was answered."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        request_id = str(uuid4())
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = time.monotonic(), 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            took = round((time.monotonic() - started) * 1000)
            # Where no route took the path, anything may stand in it, a phone number too; routes have ids only.
            path = scope["path"] if scope.get("path_template") else None
            log.info("request.finished", method=scope.get("method"), path=path, status=status, ms=took)
