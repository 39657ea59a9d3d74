"""The notice beside the rules that it becomes, and how it is changed."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
