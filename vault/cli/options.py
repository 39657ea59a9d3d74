"""What is typed after an option is read here, or refused with what would be right."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import click


class Day(click.ParamType[date]):
    """A calendar day, such as 2026-11-30."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day meant."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-11-30.", param, ctx)


class Moment(click.ParamType[datetime]):
    """A moment, such as 2026-11-30T14:00; without an offset it is in this machine's time."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment meant, with its offset."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a moment such as 2026-11-30 or 2026-11-30T14:00+02:00.", param, ctx)
        return moment.astimezone() if moment.tzinfo is None else moment


class Country(click.ParamType[str]):
    """A country by its code of ISO 3166-1 alpha-2, such as FI."""

    name = "country"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The code, in capitals."""
        if len(value) != 2 or not value.isascii() or not value.isalpha():
            self.fail(f"{value!r} is not a country's code such as FI.", param, ctx)
        return str(value).upper()


class Id(click.ParamType[str]):
    """The id of a thing or a member, a UUID."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The id, as it was typed."""
        try:
            UUID(value)
        except ValueError:
            self.fail(f"{value!r} is no id.", param, ctx)
        return str(value)


DAY, MOMENT, COUNTRY, ID = Day(), Moment(), Country(), Id()
