"""The certificate as one to three pages that a person reads, in the language of the controller's notice."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from vault.destruction.certificates import Certificate
from vault.destruction.document.told import Told
from vault.printing import (
    HASH,
    HEADING,
    LABELS,
    NUMBER,
    NUMBER_LABELS,
    PLAIN,
    QUOTE,
    SMALL,
    TEXT,
    Sheet,
    head,
    line,
    print_pdf,
    row_style,
    section,
)


def pages(certificate: Certificate, *, language: str, time_zone: str, attachment: str) -> bytes:
    """The document without its attachment and signature, as PDF.

    Args:
        language: an ISO 639-1 code; English where we have no words for it.
        time_zone: in whose days and hours instants are told.
        attachment: the name under which the signed JSON will be attached.
    """
    told = Told(certificate, language=language, time_zone=time_zone)
    sheet = Sheet(
        title=f"{told.words['title']} {certificate.id}",
        subject=told.words["lead"],
        language=language,
        foot=f"{told.words['certificate']} {certificate.id}",
        page=told.words["page"],
    )
    return print_pdf(sheet, lambda: _story(told, attachment))


def _story(told: Told, attachment: str) -> Iterator[Flowable]:
    """The sections, in the order in which somebody asks."""
    w = told.words
    yield from head(w["title"], w["lead"])
    yield Paragraph(escape(told.summary()), PLAIN)
    yield from section(w["whose"], told.whose())
    yield from _what(told)
    yield from _why(told)
    yield from section(w["who"], told.who())
    yield from section(w["how"], told.how())
    yield from section(w["verified"], told.verified())
    yield from section(w["when"], told.when())
    yield from section(w["log"], told.log())
    text = Paragraph(escape(w["check_text"].format(file=attachment)), PLAIN)
    closing = Paragraph(escape(w["no_personal_data"]), SMALL)
    yield KeepTogether([Paragraph(escape(w["check"]), HEADING), line(), text, Spacer(1, 4), closing])


def _what(told: Told) -> Iterator[Flowable]:
    w = told.words
    heads = [Paragraph(escape(w[name]), LABELS) for name in ("kind", "part", "rule")]
    heads += [Paragraph(escape(w[name]), NUMBER_LABELS) for name in ("count", "bytes")]
    rows: list[list[Paragraph]] = [heads]
    for tally in told.lines():
        plain = (tally.kind, tally.part_class, tally.rule)
        rows.append([*(Paragraph(escape(text), PLAIN) for text in plain), *_numbers(tally.parts, tally.bytes)])
    total = Paragraph(escape(w["total"]), PLAIN)
    blank = Paragraph("", PLAIN)
    rows.append([total, blank, blank, *_numbers(*told.total())])
    widths = [0.2 * TEXT, 0.18 * TEXT, 0.32 * TEXT, 0.12 * TEXT, 0.18 * TEXT]
    table = Table(rows, colWidths=widths, repeatRows=1, style=row_style())
    yield KeepTogether([Paragraph(escape(w["what"]), HEADING), line()])
    yield table
    yield Spacer(1, 3)
    yield Paragraph(escape(w["root"]), LABELS)
    yield Paragraph(told.certificate.destroyed.merkle_root, HASH)


def _why(told: Told) -> Iterator[Flowable]:
    w = told.words
    yield from section(w["why"], [(w["reason"], told.reason())])
    for clause in told.certificate.clauses:
        yield KeepTogether(
            [
                Paragraph(escape(f"{w['clauses']}: {told.where(clause)}"), LABELS),
                Paragraph(escape(w["quote"].format(text=clause.text)), QUOTE),
                Spacer(1, 3),
            ]
        )


def _numbers(*numbers: str) -> list[Paragraph]:
    return [Paragraph(number, NUMBER) for number in numbers]
