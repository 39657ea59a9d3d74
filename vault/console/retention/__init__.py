"""What goes when, what is due, done, failed and blocked, and how a contract ends."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
