"""What is one's own: passkeys, sessions, tokens, rights."""

from litestar.handlers import HTTPRouteHandler

from vault.console.account import overview

HANDLERS: list[HTTPRouteHandler] = [*overview.HANDLERS]
