"""The page that lies on top of a package: who gave what to whom, on which basis, and what is owed for it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from reportlab.platypus import Flowable, KeepTogether, Spacer

from tenants.policy import Citation, Policy
from tenants.recordings import ContactField, Kind
from tenants.vocabulary import DisclosureKind
from vault.packages.given import Limits, Making
from vault.packages.members import COVER, CUSTODY, MANIFEST, README, RECORDINGS, Member, Recipient, Scope
from vault.packages.readme_words import recipient_name
from vault.packages.words import words
from vault.printing import (
    HEADING,
    LABELS,
    QUOTE,
    SMALL,
    Sheet,
    count,
    day_in,
    head,
    line,
    moment_in,
    print_pdf,
    section,
    table,
    text,
)

MEDIA_TYPE = "application/pdf"
_UNKNOWN = "\N{EN DASH}"
_WIDTHS = (0.37, 0.12, 0.19, 0.09, 0.23)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One recording as the cover lists it."""

    id: UUID
    kind: Kind
    limits: Limits
    started_at: datetime | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Cover:
    """What a cover tells beside the terms that all of its package shares.

    Args:
        clause: the words of the notice by which it may be given, where the notice names it.
        purpose: the title of the policy's purpose.
        case_number: the recipient's own.
        certificates: of what was destroyed before it could be given.
        duty_until: by when every copy is returned or destroyed.
        secret_until: before when the data subject is not told.
        report: whether the package answers Art. 15(1) too.
    """

    making: Making
    policy: Policy
    recipient: Recipient
    scope: Scope
    recordings: Sequence[Listed]
    clause: Citation | None = None
    purpose: str | None = None
    case_number: str | None = field(default=None, repr=False)
    certificates: Sequence[UUID] = ()
    duty_until: date | None = None
    secret_until: datetime | None = None
    report: bool = False


def cover(told: Cover, *, language: str) -> Member:
    """The file `cover.pdf`.

    Args:
        language: one of `vault.printing.LANGUAGES`; `vault.printing.spoken` finds a policy's.
    """
    return Member.of(COVER, MEDIA_TYPE, pdf(told, language=language))


def pdf(told: Cover, *, language: str) -> bytes:
    """The cover as PDF, with the package's mark at the foot of each page."""
    page = _Page(told, language)
    sheet = Sheet(
        title=f"{page.words['title']} {told.making.disclosure}",
        subject=page.words["lead"],
        language=language,
        foot=told.making.mark,
        page=page.words["page"],
        keywords=told.making.mark,
    )
    return print_pdf(sheet, page.story)


class _Page:
    """One cover in one language."""

    def __init__(self, told: Cover, language: str) -> None:
        self.told, self.language, self.words = told, language, words(language)
        self.zone = ZoneInfo(told.policy.time_zone)

    def story(self) -> Iterator[Flowable]:
        """The sections, in the order in which somebody asks."""
        w = self.words
        yield from head(w["title"], w["lead"])
        yield from section(w["parties"], self._parties())
        yield from self._basis()
        yield from section(w["package"], self._package())
        yield from self._given()
        left_out = list(self._left_out())
        if left_out:
            yield from section(w["left_out"], left_out)
        yield from section(w["contents"], self._contents())
        yield KeepTogether([text(w["owed"], HEADING), line(), *self._owed()])

    def _parties(self) -> list[tuple[str, str]]:
        told, w, policy = self.told, self.words, self.told.policy
        rows = [
            (w["controller"], policy.controller.name),
            (w["contact"], policy.controller.contact),
            (w["dpo"], policy.dpo.contact),
            (w["recipient"], recipient_name(told.recipient.name, self.language)),
            (w["sealed_to"], told.recipient.key),
        ]
        return [*rows, (w["case"], told.case_number)] if told.case_number else rows

    def _basis(self) -> Iterator[Flowable]:
        told, w, basis = self.told, self.words, self.told.making.basis
        rows = [(w["disclosure"], w[f"disclosure.{told.making.kind.value}"])]
        if basis.law:
            rows.append((w["law"], basis.law))
        if told.purpose:
            rows.append((w["purpose"], told.purpose))
        yield from section(w["basis"], rows)
        if told.clause is not None:
            where = w["version"].format(section=told.clause.section, version=told.clause.version)
            quoted = text(w["quote"].format(text=told.clause.text), QUOTE)
            yield KeepTogether([text(f"{w['clause']}: {where}", LABELS), quoted, Spacer(1, 3)])

    def _package(self) -> list[tuple[str, str]]:
        making, w = self.told.making, self.words
        return [
            (w["disclosure"], str(making.disclosure)),
            (w["id"], str(making.package)),
            (w["mark"], making.mark),
            (w["made_at"], moment_in(making.made_at, self.language, self.zone)),
            (w["scope"], self.told.scope.sha256),
        ]

    def _given(self) -> Iterator[Flowable]:
        told, w = self.told, self.words
        heads = [w[name] for name in ("recording", "kind", "began", "length", "extent")]
        rows = [self._row(one) for one in told.recordings]
        yield from table(w["given"], heads, rows, _WIDTHS)
        summary = w["summary"].format(recordings=count(told.scope.recordings), minutes=_minutes(told.scope.duration_ms))
        yield Spacer(1, 3)
        yield text(summary)
        if told.making.pseudonyms is not None:
            yield text(w["pseudonyms"], SMALL)

    def _row(self, one: Listed) -> tuple[str, str, str, str, str]:
        w, making = self.words, self.told.making
        began = one.started_at if making.allows(one.limits, ContactField.START) else None
        length = None if one.duration_ms is None else w["minutes"].format(minutes=_minutes(one.duration_ms))
        return (
            str(one.id),
            w[f"kind.{one.kind.value}"],
            _UNKNOWN if began is None else self._began(began),
            length or _UNKNOWN,
            "; ".join(self._extent(one.limits)),
        )

    def _began(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        separator = ":" if self.language == "en" else "."
        return f"{day_in(local, self.language)} {local.hour}{separator}{local:%M}"

    def _extent(self, limits: Limits) -> Iterable[str]:
        w = self.words
        if not limits.content:
            yield w["no_content"]
        elif limits.excerpts:
            stretches = ", ".join(f"{_clock(start)}\N{EN DASH}{_clock(stop)}" for start, stop in limits.excerpts)
            yield w["excerpts"].format(excerpts=stretches)
        else:
            yield w["whole"]
        names = None if limits.contact_fields is None else sorted(name.value for name in limits.contact_fields)
        if names is None:
            yield w["all_fields"]
        else:
            yield w["some_fields"].format(fields=", ".join(names)) if names else w["no_fields"]

    def _left_out(self) -> Iterator[tuple[str, str]]:
        told, w = self.told, self.words
        for name in ("restricted", "destroyed", "excluded"):
            number = getattr(told.scope, name)
            if number:
                yield w[name], count(number)
        if told.certificates:
            yield w["certificates"], ", ".join(str(id) for id in told.certificates)

    def _contents(self) -> list[tuple[str, str]]:
        w = self.words
        rows = [(README, w["contents.readme"]), (RECORDINGS, w["contents.recordings"])]
        if self.told.report:
            rows.append(("access-report.pdf, access-report.json", w["contents.report"]))
        return [*rows, (CUSTODY, w["contents.custody"]), (MANIFEST, w["contents.manifest"])]

    def _owed(self) -> Iterator[Flowable]:
        told, w = self.told, self.words
        own = told.making.kind in (DisclosureKind.SUBJECT_ACCESS, DisclosureKind.AGENT_ACCESS)
        sentences = [w["owed.subject" if own else "owed.recipient"]]
        if told.duty_until is not None:
            sentences.append(w["owed.duty"].format(day=day_in(told.duty_until, self.language)))
        if told.secret_until is not None:
            day = day_in(told.secret_until.astimezone(self.zone), self.language)
            sentences.append(w["owed.secret"].format(day=day))
        if not own:
            sentences.append(w["owed.corrections"])
        for sentence in (*sentences, w["owed.mark"]):
            yield text(sentence)
            yield Spacer(1, 3)


def _minutes(milliseconds: int) -> str:
    """Whole minutes, begun ones counted: nobody is told that less is given than is."""
    return count(-(-milliseconds // 60_000))


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    part = f".{rest:03d}" if rest else ""
    return f"{seconds // 60}:{seconds % 60:02d}{part}"
