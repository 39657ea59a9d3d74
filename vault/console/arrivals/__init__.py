"""What comes in, while it comes in, and what was turned away."""

from litestar.handlers import HTTPRouteHandler

from vault.console.arrivals.showing import follow_arrivals, show_arrivals

HANDLERS: list[HTTPRouteHandler] = [show_arrivals, follow_arrivals]
