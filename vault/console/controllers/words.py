"""How a controller stands, in words and tones."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from babel import dates

from tenants.contracts import ContractState
from vault.console.language import locale, mark
from vault.console.rendering import PAGES
from vault.controllers import Ingest, Keys, Retention
from vault.returning.receipts import Stage

Worded = Mapping[str, tuple[str, str]]
"""Of each state what people call it, and its tone."""

CONTRACT: Final[Worded] = MappingProxyType(
    {
        ContractState.ACTIVE: (mark("runs"), "good"),
        ContractState.ENDING: (mark("ends soon"), "warn"),
        ContractState.ENDED: (mark("has ended"), "warn"),
        ContractState.RETURNING: (mark("being returned"), "warn"),
        ContractState.DESTROYING: (mark("being destroyed"), "warn"),
        ContractState.DESTROYED: (mark("destroyed"), "off"),
    }
)
INGEST: Final[Worded] = MappingProxyType(
    {
        Ingest.ALIVE: (mark("comes in"), "good"),
        Ingest.QUIET: (mark("quiet"), "warn"),
        Ingest.NEVER: (mark("nothing came yet"), "warn"),
        Ingest.OVER: (mark("over"), "off"),
    }
)
RETENTION: Final[Worded] = MappingProxyType(
    {
        Retention.HEALTHY: (mark("healthy"), "good"),
        Retention.LATE: (mark("late"), "warn"),
        Retention.FAILED: (mark("something failed"), "bad"),
        Retention.ALARM: (mark("alarm"), "bad"),
    }
)
KEYS: Final[Worded] = MappingProxyType(
    {
        Keys.PRESENT: (mark("present"), "good"),
        Keys.PENDING: (mark("destruction pending"), "warn"),
        Keys.DESTROYED: (mark("keys destroyed"), "off"),
        Keys.MISSING: (mark("missing"), "bad"),
    }
)
RETURN: Final[Mapping[str, str]] = MappingProxyType(
    {
        Stage.NOT_PROMISED: mark("The notice promises no return: everything is destroyed."),
        Stage.NOT_BEGUN: mark("Everything is returned first, once the contract has ended."),
        Stage.NO_RECIPIENT: mark("The controller has not named a key that everything is returned to."),
        Stage.EXPORTING: mark("The archives are being made."),
        Stage.AWAITING_RECEIPT: mark("The archives are made; the controller has not confirmed the receipt."),
        Stage.CONFIRMED: mark("The controller has confirmed that it has everything."),
        Stage.WAIVED: mark("Two persons of the controller have given up the return."),
    }
)

PROPOSALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "change_contract": mark("Another last day of the contract"),
        "change_policy": mark("Another version of the policy"),
        "recover_account": mark("Give an account back to its owner"),
    }
)
"""What operators have a say in."""


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago something was, or in how long it will be, in the reader's words; nothing where it never was."""
    if at is None:
        return ""
    return str(dates.format_timedelta(at.astimezone(UTC) - now, add_direction=True, locale=locale()))


PAGES.filters["ago"] = ago

WORDS: Final = MappingProxyType(
    {
        "contract": CONTRACT,
        "ingest": INGEST,
        "retention": RETENTION,
        "keys": KEYS,
        "return": RETURN,
        "proposals": PROPOSALS,
    }
)
