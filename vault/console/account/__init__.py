"""What is one's own: passkeys, sessions, tokens, rights."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
