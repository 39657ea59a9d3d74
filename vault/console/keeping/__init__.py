"""What keeps a recording or hides it: holds, restrictions, and the work of many at once."""

from litestar.handlers import HTTPRouteHandler

from vault.console.keeping import listing, many, noting, placing

HANDLERS: list[HTTPRouteHandler] = [*placing.HANDLERS, *noting.HANDLERS, *listing.HANDLERS, *many.HANDLERS]
