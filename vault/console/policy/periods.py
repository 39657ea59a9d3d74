"""How long something is kept, in the words of the reader's language."""

from datetime import date
from functools import lru_cache

from babel import Locale, units
from whenever import ItemizedDelta

from tenants.retention import CONTRACT
from vault.console.language import _, day, locale
from vault.console.rendering import PAGES


def period(text: str | None) -> str:
    """`P6M` as “6 months”; what lasts as long as the contract, in a word; nothing where there is no period."""
    if text is None:
        return ""
    if text == CONTRACT:
        return _("as long as the contract lasts")
    return _spelt(text, locale())


@lru_cache(maxsize=256)
def _spelt(text: str, spoken: Locale) -> str:
    told = [(unit.removesuffix("s"), many) for unit, many in ItemizedDelta.parse_iso(text).items()]
    return " ".join(units.format_unit(many, f"duration-{unit}", locale=spoken) for unit, many in told if many)


PAGES.filters["period"] = period


def iso_day(text: str) -> str:
    """A day as a proposal tells it, such as 2026-01-31, in words."""
    return day(date.fromisoformat(text[:10]))


PAGES.filters["iso_day"] = iso_day
