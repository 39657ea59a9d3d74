"""What is one's own: who one is here, how one signs in, where one is signed in, and tokens."""

from litestar.handlers import HTTPRouteHandler

from vault.console.account import means, overview, sessions, tokens

HANDLERS: list[HTTPRouteHandler] = [*overview.HANDLERS, *means.HANDLERS, *sessions.HANDLERS, *tokens.HANDLERS]
