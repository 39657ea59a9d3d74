"""A folder of recordings is imported by its manifest, row by row; a bad row never stops the good ones.

The manifest is `manifest.csv` or `manifest.jsonl`. A row names a `file` of the folder and says of it what an upload
says (`tenants.recordings.Metadata`): `kind`, `source_id`, `media_type`, `started_at`, `ended_at`, `direction` and the
contact record. In CSV the contact record is one column a field, such as `contact.caller_number`, and an empty cell
says nothing; in JSON Lines it is the object `contact`. Who had a call when (`segments`) is told in JSON Lines only.

For samples and tests, which must not grow old, a time may be an ISO 8601 duration: `started_at` before the present
(`-P3DT2H`), `ended_at` after the start (`PT90S`).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import msgspec
from whenever import Instant, ItemizedDelta

from tenants.recordings import ContactField, Direction, Kind, Metadata
from vault.errors import Invalid
from vault.ingest.shape import told

CSV_NAME = "manifest.csv"
JSON_LINES_NAME = "manifest.jsonl"
LONGEST_LINE = 1 << 20

_CONTACT = "contact."
_COUNTS = frozenset({ContactField.CHAT_COUNT, ContactField.MESSAGE_COUNT, ContactField.CONTENT_LENGTH})


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One recording to import: the line of the manifest, the file (it exists), and what is said of it."""

    line: int
    file: Path = field(repr=False)
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that cannot be imported.

    `rule` is one of columns, not-utf-8, not-json, line-too-long, shape, relative-time, file-outside, file-missing,
    duplicate-source-id. `source_id` and `file` are given where the row has them.
    """

    line: int
    rule: str
    sentence: str
    source_id: str | None = None
    file: str | None = field(default=None, repr=False)


class _Refused(Exception):
    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule


def read_manifest(directory: Path, *, now: datetime) -> Iterator[ManifestRow | RowProblem]:
    """Reads the rows of a folder's manifest as they come; `now` is what relative times are counted from.

    Raises Invalid at once where the folder has no manifest, or two.
    """
    named = [name for name in (CSV_NAME, JSON_LINES_NAME) if (directory / name).is_file()]
    if len(named) != 1:
        what = "two manifests" if named else "no manifest"
        raise Invalid(f"The folder has {what}: it must hold one of {CSV_NAME} and {JSON_LINES_NAME}.")
    return _rows(directory, named[0], now)


def _rows(directory: Path, name: str, now: datetime) -> Iterator[ManifestRow | RowProblem]:
    seen: dict[str, int] = {}
    with (directory / name).open(encoding="utf-8-sig", newline="") as file:
        for line, raw in _csv_rows(file) if name == CSV_NAME else _json_rows(file):
            if isinstance(raw, _Refused):
                yield RowProblem(line, raw.rule, str(raw))
                continue
            try:
                row = _row(directory, line, raw, now)
                first = seen.setdefault(row.metadata.source_id, line)
                if first != line:
                    raise _Refused("duplicate-source-id", f"The source id stands on line {first} already.")
                yield row
            except _Refused as refused:
                yield RowProblem(line, refused.rule, str(refused), _text(raw, "source_id"), _text(raw, "file"))


def _json_rows(file: TextIO) -> Iterator[tuple[int, dict[str, Any] | _Refused]]:
    line = 0
    try:
        while text := file.readline(LONGEST_LINE):
            line += 1
            if len(text) == LONGEST_LINE:
                yield line, _Refused("line-too-long", "A line has at most a million characters; the rest was not read.")
                return
            if text.strip():
                yield line, _json_row(text)
    except UnicodeDecodeError:
        yield line + 1, _Refused("not-utf-8", "The manifest must be UTF-8; from here on it was not read.")


def _json_row(text: str) -> dict[str, Any] | _Refused:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        return _Refused("not-json", f"A line is one JSON object: {error}.")
    except RecursionError:
        return _Refused("not-json", "A line is one JSON object; this one is nested too deeply.")


def _csv_rows(file: TextIO) -> Iterator[tuple[int, dict[str, Any] | _Refused]]:
    line = 1
    try:
        header = file.readline(LONGEST_LINE)
        # Spreadsheets that write decimal commas separate columns by semicolons.
        separator = ";" if header.count(";") > header.count(",") else ","
        columns = next(csv.reader([header], delimiter=separator), [])
        if refused := _columns(columns):
            yield line, refused
            return
        reader = csv.reader(file, delimiter=separator, strict=True)
        for cells in reader:
            yield line + 1, _csv_row(columns, cells)
            line = 1 + reader.line_num
    except UnicodeDecodeError:
        yield line + 1, _Refused("not-utf-8", "The manifest must be UTF-8; from here on it was not read.")
    except csv.Error as error:
        yield line + 1, _Refused("columns", f"It cannot be read as CSV ({error}); from here on it was not read.")


def _columns(columns: list[str]) -> _Refused | None:
    known = {"file", *(name for name in Metadata.__struct_fields__ if name not in ("contact", "segments"))}
    for name in columns:
        if name not in known and not (name.startswith(_CONTACT) and len(name) > len(_CONTACT)):
            return _Refused(
                "columns", f"There is no column {name!r}; there are {', '.join(sorted(known))} and contact fields."
            )
        if columns.count(name) > 1:
            return _Refused("columns", f"The column {name!r} stands there twice.")
    return None


def _csv_row(columns: list[str], cells: list[str]) -> dict[str, Any] | _Refused:
    if len(cells) != len(columns):
        return _Refused("columns", f"The row has {len(cells)} cells under {len(columns)} columns.")
    row: dict[str, Any] = {}
    contact: dict[str, str | int] = {}
    for name, cell in zip(columns, cells, strict=True):
        value = cell.strip()
        if value and name.startswith(_CONTACT):
            word = name.removeprefix(_CONTACT)
            contact[word] = int(value) if word in _COUNTS and value.isdecimal() and len(value) < 16 else value
        elif value:
            row[name] = value
    return row | ({"contact": contact} if contact else {})


def _row(directory: Path, line: int, raw: dict[str, Any], now: datetime) -> ManifestRow:
    said = {name: value for name, value in raw.items() if name != "file"}
    _make_absolute(said, now)
    try:
        metadata = msgspec.convert(said, Metadata)
    except msgspec.ValidationError as error:
        field, sentence = told(error, {"kind": Kind, "direction": Direction})
        raise _Refused("shape", f"{field}: {sentence}") from None
    return ManifestRow(line, _file(directory, raw.get("file")), metadata)


def _make_absolute(said: dict[str, Any], now: datetime) -> None:
    """Replaces durations by the moments they mean, and leaves every other value to the shape."""
    started_at = said.get("started_at")
    if isinstance(started_at, str) and started_at.startswith("-P"):
        said["started_at"] = _moved(now, started_at, "started_at")
    ended_at = said.get("ended_at")
    if isinstance(ended_at, str) and ended_at.startswith("P"):
        said["ended_at"] = _moved(_start(said), ended_at, "ended_at")


def _moved(moment: datetime, duration: str, name: str) -> datetime:
    try:
        moved = Instant(moment.astimezone(UTC)).to_tz("UTC").add(ItemizedDelta.parse_iso(duration))
        return moved.to_instant().to_stdlib()
    except (ValueError, OverflowError):
        raise _Refused("relative-time", f"{name} is neither a time nor a duration such as P3DT2H.") from None


def _start(said: dict[str, Any]) -> datetime:
    try:
        started_at: datetime = msgspec.convert(said.get("started_at"), Annotated[datetime, msgspec.Meta(tz=True)])
    except msgspec.ValidationError:
        raise _Refused("relative-time", "ended_at is counted from started_at, which is not a time.") from None
    return started_at


def _file(directory: Path, name: Any) -> Path:
    if not isinstance(name, str) or not name:
        raise _Refused("file-missing", "The row names no file.")
    folder = directory.resolve()
    try:
        file = (folder / name).resolve()
        inside = file.is_relative_to(folder)
        there = inside and file.is_file()
    except (ValueError, OSError):
        raise _Refused("file-missing", "There is no such file.") from None
    if not inside:
        raise _Refused("file-outside", "The file stands outside the folder that is imported.")
    if not there:
        raise _Refused("file-missing", "There is no such file.")
    return file


def _text(raw: dict[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return value if isinstance(value, str) else None
