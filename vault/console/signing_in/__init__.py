"""The door: in with a password and a code, a passkey or the organisation's provider; and out again."""

from litestar.handlers import HTTPRouteHandler

from vault.console.signing_in import door, invitations, provider

HANDLERS: list[HTTPRouteHandler] = [*door.HANDLERS, *provider.HANDLERS, *invitations.HANDLERS]
