"""What is asked of the controller and given: requests, decisions, packages, receipts."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
