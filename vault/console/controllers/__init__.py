"""The outsourcing firm takes on a controller, and sees how all of them stand; never their content."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
