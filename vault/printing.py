"""Documents that a person reads, as PDF: one look for all of them, and one way to write days, moments and counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, HRFlowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

LANGUAGES = ("fi", "sv", "en")
"""The languages that documents are written in."""

Words = Mapping[str, str]
Rows = Mapping[str, tuple[str, str, str]]
"""What is said, by a name of ours; once in each language."""

INK, PALE, LINE = HexColor("#1a1a1a"), HexColor("#5a5a5a"), HexColor("#b8b8b8")
MARGIN, LABEL = 22 * mm, 50 * mm
PADDING = 6
"""What reportlab's frame keeps free inside of the margin, in points."""
LONG, LONG_IN_CELL = 60, 30
"""From how many characters on a single word is set smaller, beside its label and in a table."""
TEXT = A4[0] - 2 * MARGIN - 2 * PADDING
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

PLAIN = ParagraphStyle("plain", fontName="Vera", fontSize=8.5, leading=12, textColor=INK)
SMALL = ParagraphStyle("small", parent=PLAIN, fontSize=7, leading=10, textColor=PALE)
LABELS = ParagraphStyle("label", parent=PLAIN, textColor=PALE)
HEADING = ParagraphStyle("heading", parent=PLAIN, fontName="VeraBd", fontSize=10, leading=14, spaceBefore=9)
TITLE = ParagraphStyle("title", parent=PLAIN, fontName="VeraBd", fontSize=17, leading=22)
HASH = ParagraphStyle("hash", parent=PLAIN, fontSize=7.5)
QUOTE = ParagraphStyle("quote", parent=PLAIN, fontName="VeraIt", leftIndent=4 * mm, rightIndent=4 * mm)
NUMBER_LABELS = ParagraphStyle("number label", parent=LABELS, alignment=TA_RIGHT)
NUMBER = ParagraphStyle("number", parent=PLAIN, alignment=TA_RIGHT)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What stands around a document's text.

    `foot` stands at the foot of each page on the left; `page`, on the right, has the places {page} and {pages}.
    `keywords` stand in the document's own properties.
    """

    title: str
    subject: str
    language: str
    foot: str
    page: str
    keywords: str = ""


def spoken(languages: Iterable[str]) -> str:
    """The first of these languages that documents are written in; English where they are written in none."""
    return next((language for language in languages if language in LANGUAGES), "en")


def words_in(language: str, rows: Rows) -> Words:
    """What is said in one of our languages."""
    column = LANGUAGES.index(language)
    return MappingProxyType({name: row[column] for name, row in rows.items()})


def print_pdf(sheet: Sheet, story: Callable[[], Iterable[Flowable]]) -> bytes:
    """Set a document.

    Args:
        story: makes what stands in it, anew each time it is asked.
    """
    for name in ("Vera", "VeraBd", "VeraIt"):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, Path(reportlab.__file__).parent / "fonts" / f"{name}.ttf"))
    # Set once to learn how many pages there are, and again to say so on each.
    total = _set(sheet, story(), BytesIO(), pages=0)
    out = BytesIO()
    _set(sheet, story(), out, pages=total)
    return out.getvalue()


def _set(sheet: Sheet, story: Iterable[Flowable], out: BytesIO, *, pages: int) -> int:
    """Write the document; the answer is how many pages it has."""
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        title=sheet.title,
        subject=sheet.subject,
        author="Recording Vault",
        lang=sheet.language,
        creator="Recording Vault",
        keywords=sheet.keywords,
    )

    def foot(canvas: Any, _: Any) -> None:
        canvas.setFont("Vera", 7)
        canvas.setFillColor(PALE)
        canvas.drawString(MARGIN + PADDING, 11 * mm, sheet.foot)
        number = sheet.page.format(page=canvas.getPageNumber(), pages=pages)
        canvas.drawRightString(A4[0] - MARGIN - PADDING, 11 * mm, number)

    document.build(list(story), onFirstPage=foot, onLaterPages=foot)
    return int(document.page)


def head(title: str, lead: str) -> Iterator[Flowable]:
    """A document's title, what it is, and a line under them."""
    yield text(title, TITLE)
    yield text(lead, SMALL)
    yield Spacer(1, 5)
    yield HRFlowable(width="100%", thickness=1.2, color=INK, spaceAfter=6)


def section(heading: str, rows: Sequence[tuple[str, str]]) -> Iterator[Flowable]:
    """A heading, and under it each label with what it tells; kept on one page."""
    cells = [[text(label, LABELS), text(value, _style(value, LONG))] for label, value in rows]
    table = Table(cells, colWidths=[LABEL, TEXT - LABEL], style=row_style())
    yield KeepTogether([text(heading, HEADING), line(), table])


def table(heading: str, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> list[Flowable]:
    """A heading, and under it a table that goes on over as many pages as it needs.

    Args:
        widths: of the columns, as parts of one.
    """
    cells = [
        [text(name, LABELS) for name in heads],
        *([text(value, _style(value, LONG_IN_CELL)) for value in row] for row in rows),
    ]
    set_ = Table(cells, colWidths=[width * TEXT for width in widths], repeatRows=1, style=row_style())
    return [KeepTogether([text(heading, HEADING), line()]), set_]


def text(words: str, style: ParagraphStyle = PLAIN) -> Paragraph:
    """A paragraph of exactly these words: nothing in them is markup."""
    return Paragraph(escape(words), style)


def line() -> Flowable:
    """The thin line under a heading."""
    return HRFlowable(width="100%", thickness=0.5, color=LINE, spaceBefore=1, spaceAfter=2)


def row_style() -> list[tuple[Any, ...]]:
    """How the rows of tables stand."""
    return [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]


def day_in(day: date, language: str) -> str:
    """A day as people of this language write it."""
    if language in ("fi", "sv"):
        return f"{day.day}.{day.month}.{day.year}"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_in(instant: datetime, language: str, zone: tzinfo) -> str:
    """An instant as people of this language write it, with its offset from UTC."""
    local = instant.astimezone(zone)
    offset = local.strftime("%z")
    hours = f"UTC{int(offset[:3]):+d}" + (f":{offset[3:]}" if offset[3:] != "00" else "")
    day = day_in(local, language)
    if language == "fi":
        return f"{day} klo {local.hour}.{local:%M.%S} ({hours})"
    if language == "sv":
        return f"{day} kl. {local:%H.%M.%S} ({hours})"
    return f"{day}, {local:%H:%M:%S} ({hours})"


def count(number: int) -> str:
    """A number with its thousands set apart by a space that does not break."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def _style(value: str, long: int) -> ParagraphStyle:
    """One long word, as a hash or a key is, is set smaller, so that it stays on one line."""
    return HASH if len(value) >= long and " " not in value else PLAIN
