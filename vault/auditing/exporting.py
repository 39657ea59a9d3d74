"""The log is taken out in the form that whoever takes it can read, a page at a time: no log is too long for that."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

import msgspec

from vault.auditing.cef import as_cef
from vault.auditing.events import Told
from vault.auditing.ocsf import as_ocsf
from vault.auditing.searching import Wanted, following
from vault.custody.database import tenant_scope

PAGE: Final = 500
"""Events that are in memory at once."""

FORMULA: Final = frozenset("=+-@\t\r\n")
"""What a spreadsheet may take for the beginning of a formula (OWASP: CSV injection)."""


class Form(StrEnum):
    """What an export is written as: JSON Lines, CSV (RFC 4180), OCSF as JSON Lines, or CEF."""

    JSONL = "jsonl"
    CSV = "csv"
    OCSF = "ocsf"
    CEF = "cef"


MEDIA_TYPES: Final[Mapping[Form, str]] = MappingProxyType(
    {
        Form.JSONL: "application/jsonl",
        Form.CSV: "text/csv; charset=utf-8; header=present",
        Form.OCSF: "application/jsonl",
        Form.CEF: "text/plain; charset=utf-8",
    }
)


async def exported(tenant: UUID, form: Form, wanted: Wanted, *, after: int, through: int) -> AsyncIterator[bytes]:
    """The events after a number and up to another, as a file in pieces; each page is read in a scope of its own."""
    write = writer(tenant, form)
    if form is Form.CSV:
        yield _lines([[each.name for each in fields(Told)]])
    while True:
        async with tenant_scope(tenant):
            page = await following(tenant, wanted, after=after, through=through, limit=PAGE)
        if page:
            yield write(page)
            after = page[-1].seq
        if len(page) < PAGE:
            return


def writer(tenant: UUID, form: Form) -> Callable[[Sequence[Told]], bytes]:
    """What turns a page of events into a piece of a file."""
    match form:
        case Form.JSONL:
            return lambda page: _jsonl([_plain(event) for event in page])
        case Form.OCSF:
            return lambda page: _jsonl([as_ocsf(tenant, event) for event in page])
        case Form.CEF:
            return lambda page: "".join(f"{as_cef(tenant, event)}\n" for event in page).encode()
        case Form.CSV:
            return lambda page: _lines([[_cell(value) for value in asdict(event).values()] for event in page])


def _plain(event: Told) -> dict[str, object]:
    """Without what the body has not: so that what is left beside `seq` and `leaf` is the body that was hashed."""
    said = asdict(event)
    return {name: value for name, value in said.items() if value is not None}


def _jsonl(objects: Sequence[Mapping[str, object]]) -> bytes:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in objects)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def _cell(value: object) -> str:
    """A value as a spreadsheet shows it, and never as a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if FORMULA & {text[:1], text.lstrip()[:1]} else text
