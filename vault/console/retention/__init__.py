"""Retention and destruction: what goes when, what did not, how contracts end, how catalogue and store agree."""

from vault.console.retention import calendar, comparing, contract

HANDLERS = [*calendar.HANDLERS, *comparing.HANDLERS, *contract.HANDLERS]
