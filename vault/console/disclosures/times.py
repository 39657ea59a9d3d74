"""Days of a form are those of Helsinki, as pages show them."""

from datetime import datetime, time
from typing import Any

from vault.console.forms import day
from vault.console.language import ZONE


def end_of_day(given: dict[str, Any], name: str) -> datetime | None:
    """The last second of a day; None where it was left empty. Raises Invalid."""
    found = day(given, name)
    return None if found is None else datetime.combine(found, time(23, 59, 59), tzinfo=ZONE)
