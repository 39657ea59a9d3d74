"""What a form brings is read in memory for as far as it may go: no file of it lies on a disk before it is sealed.

The framework's own reader puts a file on the disk that is longer than a megabyte, and keeps the last forms that were
read, passwords among them, to be read faster.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.plugins.htmx import HTMXRequest
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from litestar.types import Empty
from multipart import (  # type: ignore[import-untyped] # it brings no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from vault.errors import TooLarge

FIELDS_MOST: Final = 2000
"""As many as stand in the longest list that somebody chooses from, and then some."""

TEXT_MOST: Final = 64 * 1024
"""Bytes of all fields together that are no files."""

FRAME_MOST: Final = 64 * 1024
"""Bytes of what stands around the fields and the file, and of what writing them down adds."""


def largest(most: int) -> int:
    """How many bytes a body may have that brings a file of at most so many; the route says the same."""
    return most + TEXT_MOST + FRAME_MOST


@dataclass(frozen=True)
class Sent:
    """One file of a form: its type and name as the browser tells them, and its bytes."""

    media_type: str
    content: bytes = field(repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Form:
    """The fields of a form as they were typed, several of one name among them, and its files by their fields."""

    texts: list[tuple[str, str]] = field(default_factory=list, repr=False)
    files: dict[str, Sent] = field(default_factory=dict, repr=False)

    @property
    def fields(self) -> dict[str, str]:
        """What was filled in, without the spaces around it; of several of one name the last."""
        return {name: value.strip() for name, value in self.texts if value.strip()}


class FormRequest(HTMXRequest):
    """A request of a page."""

    async def form(self) -> FormMultiDict:
        """The form with its files, all of it in memory, and no larger than the route says.

        Raises:
            TooLarge: it is larger.
        """
        if self._connection_state.form is Empty:
            most = self.route_handler.resolve_request_max_body_size() or TEXT_MOST
            sent = await read_form(self, most=most, texts=most, files=FIELDS_MOST)
            found: dict[str, Any] = {}
            for name, value in sent.texts:
                found.setdefault(name, []).append(value)
            for name, each in sent.files.items():
                # With no size at which it would go to the disk.
                file = UploadFile(each.media_type, each.name, each.content, max_spool_size=0)
                found.setdefault(name, []).append(file)
            # Where the framework looks first, and finds what it closes at the end.
            self._connection_state.form = found
        return await super().form()


async def read_form(request: Request[Any, Any, Any], *, most: int, texts: int = TEXT_MOST, files: int = 1) -> Form:
    """A form with a file (`multipart/form-data`), or one without. The body of anything else is not read at all.

    What is too large is refused before all of it has come.

    Args:
        most: how many bytes a file of it may have.
        texts: how many bytes all fields together may have that are none.
        files: how many files there may be.

    Raises:
        TooLarge: a file, the rest of the form, or all of the body is larger than it may be, or there are more files.
    """
    content_type, options = request.content_type
    if content_type == RequestEncodingType.URL_ENCODED:
        return _plain(b"".join([chunk async for chunk in _coming(request, texts + FRAME_MOST)]))
    if content_type != RequestEncodingType.MULTI_PART:
        return Form()
    boundary = options.get("boundary")
    if not boundary:
        raise ClientException("The form has no boundary.")
    reader = _Reader(most, texts, files)
    try:
        with PushMultipartParser(boundary.encode(), max_segment_count=FIELDS_MOST) as parser:
            async for chunk in _coming(request, most + texts + FRAME_MOST):
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
        found = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FIELDS_MOST)
    except ValueError:
        raise ClientException("The form cannot be read.") from None
    return Form(found)


class _Reader:
    """Puts the form together from its pieces."""

    def __init__(self, most: int, texts: int, files: int) -> None:
        self.form, self.most, self.texts, self.files = Form(), most, texts, files
        self._segment: MultipartSegment | None = None
        self._content = bytearray()
        self._texts = 0

    def take(self, part: MultipartSegment | bytearray | None) -> None:
        """The beginning of a field, a piece of it, or its end. Raises TooLarge."""
        if isinstance(part, MultipartSegment):
            if part.filename and len(self.form.files) >= self.files:
                raise TooLarge(f"A form has at most {self.files} files.")
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
            if self._texts > self.texts:
                raise TooLarge("The form is too large.")

    def _keep(self, segment: MultipartSegment) -> None:
        if segment.filename:
            media_type = (segment.content_type or "").partition(";")[0].strip().lower()
            self.form.files[segment.name] = Sent(media_type, bytes(self._content), segment.filename)
        else:
            self.form.texts.append((segment.name, self._content.decode(errors="replace")))
