"""How the vault itself is."""

from litestar.handlers import HTTPRouteHandler

from vault.console.health.showing import show_health

HANDLERS: list[HTTPRouteHandler] = [show_health]
