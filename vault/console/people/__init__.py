"""Who works here, in which teams, with which rights, and when those are reviewed."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
