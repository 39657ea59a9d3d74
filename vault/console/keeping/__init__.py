"""What keeps a recording or hides it: holds, restrictions, and the work of many at once."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
