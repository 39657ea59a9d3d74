"""The certificate as one to three pages that a person reads, in the language of the controller's notice."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from vault.custody.tree import hash_leaf
from vault.destruction.certificates import Certificate, checkpoint_of
from vault.destruction.document.words import words
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
    Words,
    count,
    day_in,
    head,
    line,
    moment_in,
    print_pdf,
    row_style,
    section,
)

KEYS_SHOWN = 6


def pages(certificate: Certificate, *, language: str, time_zone: str, attachment: str) -> bytes:
    """The document without its attachment and signature, as PDF.

    Args:
        language: an ISO 639-1 code; English where we have no words for it.
        time_zone: in whose days and hours instants are told.
        attachment: the name under which the signed JSON will be attached.
    """
    told = _Told(certificate, words(language), language, ZoneInfo(time_zone))
    sheet = Sheet(
        title=f"{told.words['title']} {certificate.id}",
        subject=told.words["lead"],
        language=language,
        foot=f"{told.words['certificate']} {certificate.id}",
        page=told.words["page"],
    )
    return print_pdf(sheet, lambda: told.story(attachment))


class _Told:
    """One certificate, told in one language."""

    def __init__(self, certificate: Certificate, words: Words, language: str, zone: ZoneInfo) -> None:
        self.certificate, self.words, self.language, self.zone = certificate, words, language, zone

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
        yield KeepTogether([Paragraph(escape(w["check"]), HEADING), line(), text, Spacer(1, 4), closing])

    def moment(self, instant: datetime) -> str:
        """An instant as people of this language write it, with its offset from UTC."""
        return moment_in(instant, self.language, self.zone)

    def _day(self, day: date) -> str:
        return day_in(day, self.language)

    def _head(self) -> Iterator[Flowable]:
        c, w = self.certificate, self.words
        yield from head(w["title"], w["lead"])
        summary = w["summary"].format(
            parts=self._count(c.destroyed.parts),
            recordings=self._count(c.destroyed.recordings),
            key_at=self.moment(c.key_destroyed_at),
            gone_at=self.moment(c.last_backup_copy_gone_at),
        )
        yield Paragraph(escape(summary), PLAIN)

    def _section(self, heading: str, rows: Sequence[tuple[str, str]]) -> Iterator[Flowable]:
        return section(self.words[heading], rows)

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
        table = Table(rows, colWidths=widths, repeatRows=1, style=row_style())
        yield KeepTogether([Paragraph(escape(w["what"]), HEADING), line()])
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
        signed = checkpoint_of(log).tree
        leaf = hash_leaf(log.event.encode()).hex()
        told = (
            ("event", str(log.seq)),
            ("leaf", leaf),
            ("log_size", str(signed.size)),
            ("log_root", signed.root.hex()),
        )
        return [(w[name], text) for name, text in told]

    def _numbers(self, *numbers: int) -> list[Paragraph]:
        return [Paragraph(self._count(number), NUMBER) for number in numbers]

    def _count(self, number: int) -> str:
        return count(number)
