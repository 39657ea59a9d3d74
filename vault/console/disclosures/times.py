"""Days and minutes of a form are those of Helsinki, as pages show them."""

from datetime import date, datetime, time

from vault.console.language import ZONE
from vault.errors import FieldProblem, Invalid


def minute(fields: dict[str, str], name: str) -> datetime | None:
    """A moment from a field with day and time; None where it was left empty. Raises Invalid."""
    text = fields.get(name, "")
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)
    except ValueError:
        raise _unreadable(name) from None


def end_of_day(fields: dict[str, str], name: str) -> datetime | None:
    """The last second of a day; None where it was left empty. Raises Invalid."""
    found = day(fields, name)
    return None if found is None else datetime.combine(found, time(23, 59, 59), tzinfo=ZONE)


def day(fields: dict[str, str], name: str) -> date | None:
    """A day; None where it was left empty. Raises Invalid."""
    text = fields.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _unreadable(name) from None


def _unreadable(name: str) -> Invalid:
    rule = "Write a day as year-month-day, such as 2026-11-02, and a time as 13:45."
    return Invalid("The form is not complete.", [FieldProblem(name, "date", rule)])
