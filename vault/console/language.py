"""The console speaks Finnish, Swedish and English; the English of a template is the key to the other two.

Each area of the console has its words in `locale/<language>/<area>.po` (gettext); a test holds them to the templates.
Times are told in Helsinki's, whatever the language: all controllers and their notices are Finnish.
"""

import io
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from litestar import Request

LANGUAGES: Final = MappingProxyType({"fi": "Suomi", "sv": "Svenska", "en": "English"})
"""What the console speaks, each by its own name; the first where a browser prefers none of them."""

COOKIE: Final = "vault_language"
ZONE: Final = ZoneInfo("Europe/Helsinki")
LOCALE: Final = Path(__file__).with_name("locale")

_LOCALES: Final = {"en": Locale.parse("en_GB"), "fi": Locale.parse("fi_FI"), "sv": Locale.parse("sv_FI")}

LANGUAGE: ContextVar[str] = ContextVar("language", default="en")
"""The language of the request that is being answered."""

AREA: ContextVar[str] = ContextVar("area", default="frame")
"""The area of the console that answers it."""


def language_of(request: Request[Any, Any, Any]) -> str:
    """The language that is asked for in the address, else as chosen before, else as the browser prefers."""
    asked = request.query_params.get("lang", "")
    chosen = asked if asked in LANGUAGES else request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else _preferred(request.headers.get("accept-language", ""))


def _preferred(header: str) -> str:
    """The first of ours that a browser names, in its own order of preference (RFC 9110 §12.5.4)."""
    weighed = []
    for item in header.split(","):
        name, _, weight = item.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), name[:2].casefold()))
        except ValueError:
            continue
    # What is weighed as nothing is not wanted (§12.4.2).
    wanted = (name for weight, name in sorted(weighed) if weight < 0 and name in LANGUAGES)
    return next(wanted, next(iter(LANGUAGES)))


def _(message: str) -> str:
    """The message in the request's language."""
    return spoken().gettext(message)


def mark(message: str) -> str:
    """The message as it is, to be translated when it is shown; it is in the catalogues all the same."""
    return message


def framed(message: str) -> str:
    """The message in the words of what stands around each page: the same on all of them, whatever their area says."""
    return translations(LANGUAGE.get(), "frame").gettext(message)


def term(word: str) -> str:
    """A word of the policy language or of a state, such as `legal_claim`, as people say it."""
    return translations(LANGUAGE.get(), "terms").gettext(str(word).replace("_", " "))


def spoken() -> NullTranslations:
    """What the request's language says, in the words of the area that it is for."""
    return translations(LANGUAGE.get(), AREA.get())


@cache
def translations(language: str, area: str) -> NullTranslations:
    """All catalogues of a language as one, an area's own before the frame's: one English word may be several."""
    merged = Translations()
    for name in (*sorted(file.stem for file in (LOCALE / language).glob("*.po")), "frame", area):
        merged.merge(catalogue(language, name))
    return merged


@cache
def catalogue(language: str, area: str) -> Translations:
    """What an area alone says in a language."""
    compiled, file = io.BytesIO(), LOCALE / language / f"{area}.po"
    if file.exists():
        with file.open("rb") as source:
            write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled if compiled.getbuffer() else None)


def locale() -> Locale:
    """How the request's language writes numbers and dates; English as in Europe, with the day before the month."""
    return _LOCALES[LANGUAGE.get()]


def moment(at: datetime) -> str:
    """A day and a minute, in Helsinki."""
    return dates.format_datetime(at.astimezone(ZONE), _short(locale()), locale=locale())


@cache
def _short(spoken: Locale) -> str:
    """The pattern of a short day and time, put together once: it stands in every line of every table."""
    both, on = dates.get_datetime_format("short", spoken), dates.get_date_format("short", spoken)
    return str(both).replace("{1}", on.pattern).replace("{0}", dates.get_time_format("short", spoken).pattern)


def day(at: datetime | date) -> str:
    """A day in Helsinki, in words."""
    when = at.astimezone(ZONE).date() if isinstance(at, datetime) else at
    return dates.format_date(when, "long", locale=locale())


def clock(seconds: float | None) -> str:
    """A length as minutes and seconds, such as 3:07; nothing where there is none."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def span(seconds: int) -> str:
    """How long, in the largest unit that tells it: 40 seconds, 3 minutes."""
    return str(dates.format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=locale()))


def count(number: float) -> str:
    """A number, grouped as the language groups it."""
    return numbers.format_decimal(number, locale=locale())


def size(number: int) -> str:
    """So many bytes, in kB or MB."""
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if number >= unit:
            return f"{numbers.format_decimal(number / unit, format='#,##0.0', locale=locale())} {name}"
    return f"{count(number)} B"


def words_of(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Each word of a closed list with what people call it, for a select."""
    return [(str(word), term(word)) for word in enum]
