"""The answer to Art. 15(1) as pages that a person reads, in the language of the controller's notice."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reportlab.platypus import Flowable, KeepTogether, Spacer

from vault.packages.report_words import words
from vault.printing import (
    HEADING,
    LABELS,
    QUOTE,
    Sheet,
    head,
    line,
    moment_in,
    print_pdf,
    section,
    table,
    text,
)

_SIMPLE = re.compile(r"P(T?)(\d+)([YMWDH])")


def pdf(report: dict[str, Any], *, language: str, time_zone: str) -> bytes:
    """The report, with the package's mark at the foot of each page.

    Args:
        report: what `access-report.json` holds.
    """
    page = _Page(report, language, time_zone)
    sheet = Sheet(
        title=page.words["title"],
        subject=page.words["lead"],
        language=language,
        foot=report["mark"],
        page=page.words["page"],
        keywords=report["mark"],
    )
    return print_pdf(sheet, page.story)


class _Page:
    """One report in one language."""

    def __init__(self, report: dict[str, Any], language: str, time_zone: str) -> None:
        self.report, self.language, self.words = report, language, words(language)
        self.zone = ZoneInfo(time_zone)

    def story(self) -> Iterator[Flowable]:
        """The sections, in the order of Art. 15(1); first of all, when and why somebody listened."""
        w, report = self.words, self.report
        yield from head(w["title"], w["lead"])
        yield from section(w["whose"], self._whose())
        yield from self._listens()
        yield from self._consultations()
        yield from self._notes()
        yield from self._purposes()
        yield from self._said(w["categories"], (one["clause"] for one in report["categories"]))
        yield from self._recipients()
        yield from self._retention()
        yield from section(w["rights"], [(w[f"right.{one['right']}"], w[one["granted"]]) for one in report["rights"]])
        yield from self._quotes(one["clause"] for one in report["rights"] if "clause" in one)
        yield from section(w["complaint"], [("", w["complaint.text"])])
        yield from section(w["source"], [("", w["source.text"])])
        automated = report["automated_decisions"]
        some = "some" if automated["decisions"] or automated["profiling"] else "none"
        yield from section(w["automated"], [("", w[f"automated.{some}"])])
        yield from self._quotes([automated["clause"]])
        yield from self._said(w["transfers"], [report["transfers"]["clause"]])

    def _whose(self) -> list[tuple[str, str]]:
        w, report = self.words, self.report
        return [
            (w["controller"], report["controller"]["name"]),
            (w["contact"], report["controller"]["contact"]),
            (w["dpo"], report["data_protection_officer"]),
            (w["written"], self._moment(report["made_at"])),
        ]

    def _listens(self) -> Iterator[Flowable]:
        w = self.words
        rows = [
            (recording["id"], self._moment(listen["at"]), self._why(listen))
            for recording in self.report["recordings"]
            for listen in recording["listens"]
        ]
        if not rows:
            yield from section(w["listens"], [("", w["not_listened"])])
            return
        yield from table(w["listens"], [w["recording"], w["when"], w["why"]], rows, (0.36, 0.28, 0.36))

    def _consultations(self) -> Iterator[Flowable]:
        w = self.words
        rows = [
            (recording["id"], self._moment(consulted["at"]), self._read(consulted))
            for recording in self.report["recordings"]
            for consulted in recording["consultations"]
        ]
        if rows:
            yield from table(w["consulted"], [w["recording"], w["when"], w["read"]], rows, (0.36, 0.28, 0.36))

    def _read(self, consulted: dict[str, Any]) -> str:
        what = self.words[f"consulted.{consulted['what']}"]
        return f"{what}: {consulted['title']}" if "title" in consulted else what

    def _notes(self) -> Iterator[Flowable]:
        w = self.words
        rows = [
            (recording["id"], "" if note["at_ms"] is None else _clock(note["at_ms"]), note["text"])
            for recording in self.report["recordings"]
            for note in recording["notes"]
        ]
        if rows:
            yield from table(w["notes"], [w["recording"], w["moment"], w["noted"]], rows, (0.36, 0.12, 0.52))

    def _why(self, listen: dict[str, Any]) -> str:
        purpose = listen.get("title") or self.words.get(f"use.{listen['purpose']}", listen["purpose"])
        return f"{purpose}: {listen['reason']}" if "reason" in listen else str(purpose)

    def _purposes(self) -> Iterator[Flowable]:
        w, purposes = self.words, self.report["purposes"]
        rows = [(one["title"], w["article"].format(article=one["legal_basis"])) for one in purposes]
        yield from table(w["purposes"], [w["purpose"], w["basis"]], rows, (0.7, 0.3))
        yield from self._quotes(one["clause"] for one in purposes)

    def _recipients(self) -> Iterator[Flowable]:
        w = self.words
        rows = [
            (w.get(f"who.{one['recipient']}", one["recipient"]), self._moment(one["at"]), one.get("basis", ""))
            for one in self.report["recipients"]
        ]
        if not rows:
            yield from section(w["recipients"], [("", w["nobody"])])
            return
        yield from table(w["recipients"], [w["recipient"], w["received"], w["basis"]], rows, (0.4, 0.3, 0.3))

    def _retention(self) -> Iterator[Flowable]:
        w, retention = self.words, self.report["retention"]
        rows = [(w[f"kind.{one['kind']}"], w[f"class.{one['part']}"], self._keep(one["keep"])) for one in retention]
        yield from table(w["retention"], [w["kind"], w["part"], w["keep"]], rows, (0.35, 0.3, 0.35))
        yield from self._quotes(one["clause"] for one in retention)

    def _keep(self, keep: str) -> str:
        """A period in words; one that is made of several, as the notice writes it."""
        simple = _SIMPLE.fullmatch(keep)
        if simple is None:
            return self.words.get(f"keep.{keep}", keep)
        unit, count = f"{simple[1]}{simple[3]}", int(simple[2])
        return self.words[f"keep.one.{unit}" if count == 1 else f"keep.{unit}"].format(count=count)

    def _said(self, heading: str, clauses: Iterable[dict[str, str]]) -> Iterator[Flowable]:
        yield KeepTogether([text(heading, HEADING), line()])
        yield from self._quotes(clauses)

    def _quotes(self, clauses: Iterable[dict[str, str]]) -> Iterator[Flowable]:
        """Each clause once, in the notice's own words."""
        for clause in {one["id"]: one for one in clauses}.values():
            quoted = text(self.words["quote"].format(text=clause["text"]), QUOTE)
            yield KeepTogether([text(clause["section"], LABELS), quoted, Spacer(1, 3)])

    def _moment(self, at: str) -> str:
        return moment_in(datetime.fromisoformat(at), self.language, self.zone)


def _clock(milliseconds: int) -> str:
    """A moment of a recording as minutes and seconds."""
    return f"{milliseconds // 60_000}:{milliseconds // 1000 % 60:02}"
