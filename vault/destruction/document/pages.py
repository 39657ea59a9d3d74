"""The certificate as one to three pages that a person reads, in the language of the controller's notice."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, HRFlowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from vault.destruction.certificates import Certificate
from vault.destruction.document.words import Words, words

INK, PALE, LINE = HexColor("#1a1a1a"), HexColor("#5a5a5a"), HexColor("#b8b8b8")
MARGIN, LABEL = 22 * mm, 50 * mm
PADDING = 6
"""What reportlab's frame keeps free inside of the margin, in points."""
TEXT = A4[0] - 2 * MARGIN - 2 * PADDING
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
KEYS_SHOWN = 6

PLAIN = ParagraphStyle("plain", fontName="Vera", fontSize=8.5, leading=12, textColor=INK)
SMALL = ParagraphStyle("small", parent=PLAIN, fontSize=7, leading=10, textColor=PALE)
LABELS = ParagraphStyle("label", parent=PLAIN, textColor=PALE)
HEADING = ParagraphStyle("heading", parent=PLAIN, fontName="VeraBd", fontSize=10, leading=14, spaceBefore=9)
TITLE = ParagraphStyle("title", parent=PLAIN, fontName="VeraBd", fontSize=17, leading=22)
HASH = ParagraphStyle("hash", parent=PLAIN, fontSize=7.5)
QUOTE = ParagraphStyle("quote", parent=PLAIN, fontName="VeraIt", leftIndent=4 * mm, rightIndent=4 * mm)
NUMBER_LABELS = ParagraphStyle("number label", parent=LABELS, alignment=TA_RIGHT)
NUMBER = ParagraphStyle("number", parent=PLAIN, alignment=TA_RIGHT)


def pages(certificate: Certificate, *, language: str, time_zone: str, attachment: str) -> bytes:
    """The document without its attachment and signature, as PDF.

    Args:
        language: an ISO 639-1 code; English where we have no words for it.
        time_zone: in whose days and hours instants are told.
        attachment: the name under which the signed JSON will be attached.
    """
    for name in ("Vera", "VeraBd", "VeraIt"):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, Path(reportlab.__file__).parent / "fonts" / f"{name}.ttf"))
    told = _Told(certificate, words(language), language, ZoneInfo(time_zone))
    # Set once to learn how many pages there are, and again to say so on each.
    total = told.set(attachment, BytesIO(), pages=0)
    out = BytesIO()
    told.set(attachment, out, pages=total)
    return out.getvalue()


class _Told:
    """One certificate, told in one language."""

    def __init__(self, certificate: Certificate, words: Words, language: str, zone: ZoneInfo) -> None:
        self.certificate, self.words, self.language, self.zone = certificate, words, language, zone

    def set(self, attachment: str, out: BytesIO, *, pages: int) -> int:
        """Write the document, at the foot of each page of how many it is one; the answer is how many there are."""
        document = SimpleDocTemplate(
            out,
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=20 * mm,
            bottomMargin=20 * mm,
            title=f"{self.words['title']} {self.certificate.id}",
            subject=self.words["lead"],
            author="Recording Vault",
            lang=self.language,
            creator="Recording Vault",
        )

        def foot(canvas: Any, _: Any) -> None:
            canvas.setFont("Vera", 7)
            canvas.setFillColor(PALE)
            canvas.drawString(MARGIN + PADDING, 11 * mm, f"{self.words['certificate']} {self.certificate.id}")
            number = self.words["page"].format(page=canvas.getPageNumber(), pages=pages)
            canvas.drawRightString(A4[0] - MARGIN - PADDING, 11 * mm, number)

        document.build(list(self.story(attachment)), onFirstPage=foot, onLaterPages=foot)
        return int(document.page)

    def story(self, attachment: str) -> Iterator[Flowable]:
        """The sections, in the order in which somebody asks."""
        w = self.words
        yield from self._head()
        yield from self._section("whose", self._whose())
        yield from self._what()
        yield from self._why()
        yield from self._section("who", self._who())
        yield from self._section("how", self._how())
        yield from self._section("verified", self._verified())
        yield from self._section("when", self._when())
        yield from self._section("log", self._log())
        text = Paragraph(escape(w["check_text"].format(file=attachment)), PLAIN)
        closing = Paragraph(escape(w["no_personal_data"]), SMALL)
        yield KeepTogether([Paragraph(escape(w["check"]), HEADING), _rule(), text, Spacer(1, 4), closing])

    def moment(self, instant: datetime) -> str:
        """An instant as people of this language write it, with its offset from UTC."""
        local = instant.astimezone(self.zone)
        offset = local.strftime("%z")
        hours = f"UTC{int(offset[:3]):+d}" + (f":{offset[3:]}" if offset[3:] != "00" else "")
        if self.language == "fi":
            return f"{self._day(local)} klo {local.hour}.{local:%M.%S} ({hours})"
        if self.language == "sv":
            return f"{self._day(local)} kl. {local:%H.%M.%S} ({hours})"
        return f"{self._day(local)}, {local:%H:%M:%S} ({hours})"

    def _day(self, day: date) -> str:
        if self.language in ("fi", "sv"):
            return f"{day.day}.{day.month}.{day.year}"
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

    def _head(self) -> Iterator[Flowable]:
        c, w = self.certificate, self.words
        yield Paragraph(escape(w["title"]), TITLE)
        yield Paragraph(escape(w["lead"]), SMALL)
        yield Spacer(1, 5)
        yield HRFlowable(width="100%", thickness=1.2, color=INK, spaceAfter=6)
        summary = w["summary"].format(
            parts=self._count(c.destroyed.parts),
            recordings=self._count(c.destroyed.recordings),
            key_at=self.moment(c.key_destroyed_at),
            gone_at=self.moment(c.last_backup_copy_gone_at),
        )
        yield Paragraph(escape(summary), PLAIN)

    def _section(self, heading: str, rows: Sequence[tuple[str, str]]) -> Iterator[Flowable]:
        cells = [
            [Paragraph(escape(label), LABELS), Paragraph(escape(value), HASH if _is_hash(value) else PLAIN)]
            for label, value in rows
        ]
        table = Table(cells, colWidths=[LABEL, TEXT - LABEL], style=_rows())
        yield KeepTogether([Paragraph(escape(self.words[heading]), HEADING), _rule(), table])

    def _whose(self) -> list[tuple[str, str]]:
        c, w = self.certificate, self.words
        first, last = self._day(c.contract.starts_on), self._day(c.contract.ends_on)
        return [
            (w["certificate"], str(c.id)),
            (w["controller"], f"{c.controller.name} ({c.controller.slug})"),
            (w["contract"], str(c.contract.id)),
            (w["term"], f"{first} \N{EN DASH} {last}"),
        ]

    def _what(self) -> Iterator[Flowable]:
        c, w = self.certificate, self.words
        heads = [Paragraph(escape(w[name]), LABELS) for name in ("kind", "part", "rule")]
        heads += [Paragraph(escape(w[name]), NUMBER_LABELS) for name in ("count", "bytes")]
        rows: list[list[Paragraph]] = [heads]
        for tally in c.destroyed.tallies:
            rule = f"{tally.clause}, {w['version'].format(version=tally.policy_version)}"
            plain = (w[f"kind.{tally.kind}"], w[f"class.{tally.part_class}"], rule)
            rows.append([*(Paragraph(escape(text), PLAIN) for text in plain), *self._numbers(tally.parts, tally.bytes)])
        size = sum(tally.bytes for tally in c.destroyed.tallies)
        total = Paragraph(escape(w["total"]), PLAIN)
        blank = Paragraph("", PLAIN)
        rows.append([total, blank, blank, *self._numbers(c.destroyed.parts, size)])
        widths = [0.2 * TEXT, 0.18 * TEXT, 0.32 * TEXT, 0.12 * TEXT, 0.18 * TEXT]
        table = Table(rows, colWidths=widths, repeatRows=1, style=_rows())
        yield KeepTogether([Paragraph(escape(w["what"]), HEADING), _rule()])
        yield table
        yield Spacer(1, 3)
        yield Paragraph(escape(w["root"]), LABELS)
        yield Paragraph(c.destroyed.merkle_root, HASH)

    def _why(self) -> Iterator[Flowable]:
        c, w = self.certificate, self.words
        yield from self._section("why", [(w["reason"], w[f"reason.{c.reason.value}"])])
        for clause in c.clauses:
            where = f"{clause.policy}, {w['version'].format(version=clause.version)}: {clause.section}"
            yield KeepTogether(
                [
                    Paragraph(escape(f"{w['clauses']}: {where}"), LABELS),
                    Paragraph(escape(w["quote"].format(text=clause.text)), QUOTE),
                    Spacer(1, 3),
                ]
            )

    def _who(self) -> list[tuple[str, str]]:
        decided, w = self.certificate.decided, self.words
        versions = ", ".join(str(version) for version in decided.policy_versions)
        rows = [(w["decision"], w[f"decided.{decided.by}"].format(versions=versions))]
        if decided.proposal:
            rows.append((w["proposal"], str(decided.proposal)))
        for person in decided.persons:
            roles = ", ".join(w.get(f"role.{role}", role) for role in person.roles)
            rows.append((w[f"act.{person.act}"], f"{person.id} ({roles})"))
        if decided.return_waived:
            rows.append((w["return_waived"], str(decided.return_waived)))
        return rows

    def _how(self) -> list[tuple[str, str]]:
        m, w = self.certificate.method, self.words
        keys = self._count(m.keys_destroyed)
        if m.tenant_key_destroyed:
            keys = w["tenant_key"].format(keys=keys)
        named = ", ".join(m.shred_keys_destroyed[:KEYS_SHOWN]) + (", …" if m.keys_destroyed > KEYS_SHOWN else "")
        removed = w["removed_counts"].format(
            versions=self._count(m.object_versions_removed),
            markers=self._count(m.delete_markers_removed),
            uploads=self._count(m.unfinished_uploads_removed),
        )
        return [
            (w["method"], w["purge"]),
            (w["keys"], f"{keys}: {named}" if named else keys),
            (w["removed"], removed),
            (w["bucket"], w["bucket_removed"].format(bucket=m.bucket) if m.bucket_removed else m.bucket),
        ]

    def _verified(self) -> list[tuple[str, str]]:
        v, w = self.certificate.verification, self.words
        openings = {"attempted": self._count(v.openings_attempted), "refused": self._count(v.openings_refused)}
        left = w["left_counts"].format(versions=v.object_versions_left, listings=v.listings, rows=v.rows_left)
        return [
            (w["verifier"], w[v.process]),
            (w["verified_at"], self.moment(v.at)),
            (w["openings"], w["openings_counts"].format(**openings)),
            (w["left"], left),
        ]

    def _when(self) -> list[tuple[str, str]]:
        c, w = self.certificate, self.words
        pending = [("root_key", c.root_key_deletion.at)] if c.root_key_deletion else []
        told = [
            ("started", c.started_at),
            ("key_destroyed", c.key_destroyed_at),
            ("caches", c.caches_empty_by),
            *pending,
            ("ciphertext", c.ciphertext_removed_at),
            ("completed", c.completed_at),
        ]
        keyring = w["keyring_gone"].format(horizon=c.backups.keyring)
        catalogue = w["catalogue_gone"].format(horizon=c.backups.catalogue)
        return [
            *((w[name], self.moment(at)) for name, at in told),
            (keyring, self.moment(c.backups.keyring_copies_gone_at)),
            (catalogue, self.moment(c.backups.catalogue_copies_gone_at)),
            (w["gone"], self.moment(c.last_backup_copy_gone_at)),
        ]

    def _log(self) -> list[tuple[str, str]]:
        log, w = self.certificate.log, self.words
        return [(w["event"], str(log.seq)), (w["hash_before"], log.previous), (w["hash_after"], log.hash)]

    def _numbers(self, *numbers: int) -> list[Paragraph]:
        return [Paragraph(self._count(number), NUMBER) for number in numbers]

    def _count(self, number: int) -> str:
        """A number with its thousands set apart by a space that does not break."""
        return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def _is_hash(value: str) -> bool:
    """A SHA-256 in hex is set smaller, so that it stays on one line."""
    return len(value) == 64 and " " not in value


def _rule() -> Flowable:
    return HRFlowable(width="100%", thickness=0.5, color=LINE, spaceBefore=1, spaceAfter=2)


def _rows() -> list[tuple[Any, ...]]:
    return [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
