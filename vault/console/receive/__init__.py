"""The pages of whoever is outside: ask, follow, fetch and check."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
