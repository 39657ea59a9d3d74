"""The pages of whoever is outside: ask, follow, fetch and check."""

from litestar.handlers import HTTPRouteHandler

from vault.console.receive import asking, door, matter

HANDLERS: list[HTTPRouteHandler] = [*matter.HANDLERS, *door.HANDLERS, *asking.HANDLERS]
"""Their pages."""
