"""What an operator from outside of the EEA asks reaches those who let them in alone, and is shown to them."""

from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import REACH
from vault.oversight.support import note_acts, reach_of


class Overseen(ASGIMiddleware):
    """Narrows a request of such an operator, and notes it where it was answered from a controller's things."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let everybody else's request pass as it is."""
        caller: Any = scope.get("user")
        if not isinstance(caller, Caller):
            return await next_app(scope, receive, send)
        custody: Custody = scope["litestar_app"].state.custody
        caller, reach = await reach_of(custody, caller)
        if reach is None:
            return await next_app(scope, receive, send)
        scope["user"] = caller
        operation = str(getattr(scope["route_handler"], "operation_id", None) or "unknown")

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start" and reach.touched:
                await note_acts(custody, caller, set(reach.touched), operation=operation, status=message["status"])
            await send(message)

        token = REACH.set(reach)
        try:
            await next_app(scope, receive, noted)
        finally:
            REACH.reset(token)
