"""What is asked of the controller and given: requests, decisions, packages, receipts."""

from litestar.handlers import HTTPRouteHandler

from vault.console.disclosures import asking, deciding, groups, handing, hearing, inbox, matter, organisations, scope

HANDLERS: list[HTTPRouteHandler] = [
    *inbox.HANDLERS,
    *asking.HANDLERS,
    *matter.HANDLERS,
    *deciding.HANDLERS,
    *scope.HANDLERS,
    *handing.HANDLERS,
    *hearing.HANDLERS,
    *organisations.HANDLERS,
    *groups.HANDLERS,
]
"""Its pages."""
