"""A file that a form brings is read in memory, and lies on no disk before it is sealed."""

from dataclasses import dataclass, field
from typing import Any, Final

from litestar import Request
from litestar.exceptions import ClientException
from multipart import (  # type: ignore[import-untyped] # it brings no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from vault.errors import TooLarge

FIELDS_MOST: Final = 100
TEXT_MOST: Final = 64 * 1024
"""Bytes of all fields together that are no files."""


@dataclass(frozen=True)
class Sent:
    """One file of a form: its type as the browser tells it, and its bytes."""

    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Form:
    """The fields of a form, without those that were left empty, and its files by their fields."""

    fields: dict[str, str] = field(default_factory=dict, repr=False)
    files: dict[str, Sent] = field(default_factory=dict, repr=False)


async def read_form(request: Request[Any, Any, Any], *, most: int) -> Form:
    """A form with files (`multipart/form-data`), or one without.

    The route says `request_max_body_size=None`: what is too large is refused here, before all of it has come.

    Args:
        most: how many bytes a file may have.

    Raises:
        TooLarge: a file, or the rest of the form, is larger than that.
    """
    content_type, options = request.content_type
    if content_type != "multipart/form-data":
        return Form({name: value.strip() for name, value in (await request.form()).items() if _is_filled(value)})
    boundary = options.get("boundary")
    if not boundary:
        raise ClientException("The form has no boundary.")
    reader = _Reader(most)
    try:
        with PushMultipartParser(boundary.encode(), max_segment_count=FIELDS_MOST) as parser:
            async for chunk in request.stream():
                for part in parser.parse(chunk):
                    reader.take(part)
            for part in parser.parse(b""):
                reader.take(part)
    except MultipartError:
        raise ClientException("The form cannot be read.") from None
    return reader.form


class _Reader:
    """Puts the form together from its pieces."""

    def __init__(self, most: int) -> None:
        self.form, self.most = Form(), most
        self._segment: MultipartSegment | None = None
        self._content = bytearray()
        self._texts = 0

    def take(self, part: MultipartSegment | bytearray | None) -> None:
        """The beginning of a field, a piece of it, or its end. Raises TooLarge."""
        if isinstance(part, MultipartSegment):
            self._segment, self._content = part, bytearray()
        elif part:
            self._content += part
            self._require_small(len(part))
        elif self._segment is not None:
            self._keep(self._segment)
            self._segment = None

    def _require_small(self, more: int) -> None:
        if self._segment is not None and self._segment.filename:
            if len(self._content) > self.most:
                raise TooLarge(f"A file has at most {self.most} bytes.")
        else:
            self._texts += more
            if self._texts > TEXT_MOST:
                raise TooLarge("The form is too large.")

    def _keep(self, segment: MultipartSegment) -> None:
        if segment.filename:
            media_type = (segment.content_type or "").partition(";")[0].strip().lower()
            self.form.files[segment.name] = Sent(media_type, bytes(self._content))
        elif text := self._content.decode(errors="replace").strip():
            self.form.fields[segment.name] = text


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
