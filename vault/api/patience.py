"""Nobody is waited for without end: not for the rest of a body, nor for an answer that does not begin."""

import asyncio

from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send

from vault.errors import TooSlow, Unavailable
from vault.web_settings import WebSettings

OVERDUE = "The answer took too long and was given up. Nothing was half done; try again."
STALLED = "The rest of the request's body did not come."


class Patience(ASGIMiddleware):
    """Gives up a request whose body stalls, or whose answer does not begin in time.

    A route without a limit to its body (an upload) takes as long as its bytes keep coming, and as it then needs.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, web: WebSettings) -> None:
        self.web = web

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, with an eye on the clock."""
        handler = scope["route_handler"]
        unlimited = isinstance(handler, HTTPRouteHandler) and handler.resolve_request_max_body_size() is None
        all_here = False

        async def coming() -> ReceiveMessage:
            nonlocal all_here
            if all_here:  # what follows is that the client goes, which may take as long as the answer
                return await receive()
            try:
                async with asyncio.timeout(self.web.body_seconds):
                    message = await receive()
            except TimeoutError:
                raise TooSlow(STALLED) from None
            all_here = not message.get("more_body", False)
            return message

        async def begun(message: Message) -> None:
            deadline.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(None if unlimited else self.web.handler_seconds) as deadline:
                await next_app(scope, coming, begun)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Unavailable(OVERDUE) from None
