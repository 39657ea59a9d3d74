"""A file that a form brings is read in memory, and lies on no disk before it is sealed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from multipart import (  # type: ignore[import-untyped] # it brings no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from vault.errors import TooLarge

FIELDS_MOST: Final = 100
TEXT_MOST: Final = 64 * 1024
"""Bytes of all fields together that are no files."""

FRAME_MOST: Final = 64 * 1024
"""Bytes of what stands around the fields and the file, and of what writing them down adds."""


def largest(most: int) -> int:
    """How many bytes a body may have that brings a file of at most so many; the route says the same."""
    return most + TEXT_MOST + FRAME_MOST


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
    """A form with a file (`multipart/form-data`), or one without. The body of anything else is not read at all.

    What is too large is refused before all of it has come.

    Args:
        most: how many bytes its file may have.

    Raises:
        TooLarge: the file, the rest of the form, or all of the body is larger than it may be, or there is another file.
    """
    content_type, options = request.content_type
    if content_type == RequestEncodingType.URL_ENCODED:
        return _plain(b"".join([chunk async for chunk in _coming(request, largest(0))]))
    if content_type != RequestEncodingType.MULTI_PART:
        return Form()
    boundary = options.get("boundary")
    if not boundary:
        raise ClientException("The form has no boundary.")
    reader = _Reader(most)
    try:
        with PushMultipartParser(boundary.encode(), max_segment_count=FIELDS_MOST) as parser:
            async for chunk in _coming(request, largest(most)):
                for part in parser.parse(chunk):
                    reader.take(part)
            for part in parser.parse(b""):
                reader.take(part)
    except MultipartError:
        raise ClientException("The form cannot be read.") from None
    return reader.form


async def _coming(request: Request[Any, Any, Any], most: int) -> AsyncIterator[bytes]:
    """The body as it comes, for as far as it may go. Raises TooLarge."""
    if (request.content_length or 0) > most:
        raise TooLarge(f"The form has at most {most} bytes.")
    come = 0
    try:
        async for chunk in request.stream():
            come += len(chunk)
            if come > most:
                raise TooLarge(f"The form has at most {most} bytes.")
            yield chunk
    except ClientException as error:
        # The route's own limit, which may be lower.
        if error.status_code != HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            raise
        raise TooLarge("The form is too large.") from None


def _plain(body: bytes) -> Form:
    """A form without a file. Raises ClientException where it has too many fields."""
    try:
        found = parse_qsl(body.decode(errors="replace"), max_num_fields=FIELDS_MOST)
    except ValueError:
        raise ClientException("The form cannot be read.") from None
    return Form({name: value.strip() for name, value in found if value.strip()})


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
            if part.filename and self.form.files:
                raise TooLarge("A form has one file.")
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
