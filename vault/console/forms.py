"""What a form brings, read into the same shapes that the API's routes take, with the same rules."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict

from vault.console.language import ZONE
from vault.errors import FieldProblem, Invalid

FIRST: Final = date(1970, 1, 1)
FURTHEST: Final = date(2999, 12, 31)
"""The days that a form takes; with the very last of the calendar nothing could be reckoned any more."""

Shape = TypeVar("Shape")


async def read(request: Request[Any, Any, Any], shape: type[Shape], *, lists: frozenset[str] = frozenset()) -> Shape:
    """The form as this shape; fields that were left empty are left out, spaces around them too.

    Args:
        lists: the fields of which there may be several, such as checkboxes of one name.

    Raises:
        Invalid: a field is not of its form; which, and why.
    """
    return shaped(fields(await request.form(), lists), shape)


def fields(form: FormMultiDict, lists: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What was filled in, as text; files are left to whoever takes them."""
    found: dict[str, Any] = {name: form.getall(name, []) for name in lists}
    for name, value in form.multi_items():
        if name not in lists and isinstance(value, str) and value.strip():
            found[name] = value.strip()
    return found


def shaped(given: dict[str, Any], shape: type[Shape]) -> Shape:
    """Raises Invalid, naming the field."""
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        field = path.strip("`.") or (detail.partition("field `")[2].partition("`")[0])
        raise Invalid("The form is not complete.", [FieldProblem(field, "form", detail)]) from None


def instant(given: dict[str, Any], name: str) -> datetime | None:
    """A moment as `<input type="datetime-local">` writes it, meant in Helsinki's time; None where nothing stands.

    Raises:
        Invalid: it is none, or further away than a form takes.
    """
    text = given.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _unreadable(name) from None
    return datetime.combine(_near(found.date(), name), found.time(), ZONE)


def day(given: dict[str, Any], name: str) -> date | None:
    """A day as `<input type="date">` writes it; None where nothing stands. Raises Invalid as `instant`."""
    text = given.get(name)
    if not text:
        return None
    try:
        return _near(date.fromisoformat(text), name)
    except ValueError:
        raise _unreadable(name) from None


def end_of(day: date, name: str) -> datetime:
    """The moment at which a day is over, in Helsinki.

    Raises:
        Invalid: it is further away than a form takes.
    """
    return datetime.combine(_near(day, name) + timedelta(days=1), time(), ZONE)


def _near(day: date, name: str) -> date:
    if not FIRST <= day <= FURTHEST:
        sentence = f"Give a day from {FIRST} until {FURTHEST}."
        raise Invalid(sentence, [FieldProblem(name, "day", sentence)])
    return day


def _unreadable(name: str) -> Invalid:
    sentence = "Write a day as year-month-day, such as 2026-11-02, and a time as 13:45."
    return Invalid("The form is not complete.", [FieldProblem(name, "date", sentence)])
