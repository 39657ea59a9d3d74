"""Proofs of destruction: to read, to keep and to check."""

from litestar.handlers import HTTPRouteHandler

HANDLERS: list[HTTPRouteHandler] = []
