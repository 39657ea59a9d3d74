"""A letter says again what was answered then, also later; nobody's name stands in it, since none is kept."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from reportlab.platypus import Flowable, Paragraph, Spacer

from tenants.policy import Citation
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import Tenancy, policies
from vault.errors import NotFound
from vault.printing import HEADING, QUOTE, Sheet, count, day_in, head, line, print_pdf, section, text
from vault.subjects.letters.words import LETTERS, Words
from vault.subjects.model import ActKind, Answer, LetterKind, SubjectRequest
from vault.subjects.reading import admit

LAW: Final = "GDPR Art. "
"""How an article is named by the rules; a letter names it in its own language."""


async def letter(custody: Custody, caller: Caller, request_id: UUID, *, extension: bool = False) -> bytes:
    """The letter to the data subject, as PDF in the language of the request.

    Args:
        extension: the one that says that it takes longer, rather than the answer.

    Raises:
        NotFound: no such request here, or no such letter of it; or its words went with the contract's key.
        NotAllowed: no role of the caller handles requests.
    """
    whose, request = await admit(custody, caller, request_id)
    told = request.extension if extension else request.answer
    if told is None:
        raise NotFound("No such letter was written for this request.")
    zone = ZoneInfo(whose.contract.time_zone)
    at = request.extended_at if extension else request.ended_at
    written = (at or custody.clock.now()).astimezone(zone).date()
    clause = await _clause(request.tenant, told)
    return await asyncio.to_thread(Letter(whose, request, told, clause, written).pdf)


async def _clause(tenant: UUID, told: Answer) -> Citation | None:
    """The clause that a refusal rests on, in the words that it had then."""
    if told.clause is None or told.policy_version is None:
        return None
    async with tenant_scope(tenant):
        policy = (await policies(tenant, [told.policy_version]))[told.policy_version]
    return policy.cite(told.clause)


@dataclass(frozen=True)
class Letter:
    """One letter before it is set."""

    whose: Tenancy
    request: SubjectRequest
    told: Answer
    clause: Citation | None
    written: date

    @property
    def words(self) -> Words:
        """What is said in the language of the request."""
        return LETTERS[self.request.language]

    def pdf(self) -> bytes:
        """The letter, set."""
        words = self.words
        sheet = Sheet(
            title=words[f"{self.told.kind}.title"],
            subject=words["lead"],
            language=self.request.language,
            foot=words["foot"].format(id=self.request.id),
            page=words["page"],
        )
        return print_pdf(sheet, self.story)

    def story(self) -> Iterator[Flowable]:
        """Who writes about which request, what was done or why not, and what can be done then."""
        words, request = self.words, self.request
        controller = self.whose.policy.controller
        yield from head(words[f"{self.told.kind}.title"], words["lead"])
        rows = [
            (words["controller"], controller.name),
            (words["contact"], controller.contact),
            (words["dpo"], self.whose.policy.dpo.contact),
            (words["number"], str(request.id)),
            (words["right"], words[f"right.{request.invoked}"]),
            (words["received"], day_in(request.received_on, request.language)),
            (words["written"], day_in(self.written, request.language)),
        ]
        yield from section(words["request"], rows)
        yield from {
            LetterKind.EXTENSION: self._extension,
            LetterKind.ANSWER: self._answer,
            LetterKind.REFUSAL: self._refusal,
        }[self.told.kind]()
        yield from self._titled(words["remedies"], words["complaint"])

    def _extension(self) -> Iterator[Flowable]:
        due = day_in(self.request.due_on, self.request.language)
        yield from self._titled(self.words["why"], self.words["extended"].format(due=due), self.told.reason)

    def _answer(self) -> Iterator[Flowable]:
        words, told = self.words, self.told
        sentences = [words["nothing_found"]] if told.nothing_found else []
        if told.given is not None:
            sentences.append(words[f"given.{told.given}"])
        for act in ActKind:
            if act in told.acts:
                sentences.append(words[f"acts.{act}"].format(count=count(told.acts[act])))
        yield from self._titled(words["done"], *sentences, told.reason)

    def _refusal(self) -> Iterator[Flowable]:
        words, told = self.words, self.told
        article = words["article"].format(number=(told.article or "").removeprefix(LAW))
        restricted = words["restriction_ends"] if ActKind.RESTRICTION in told.acts else None
        yield from self._titled(words["why"], words["refused"], told.reason, restricted)
        yield from self._titled(words["ground"], f"{words[f'ground.{self.request.ground}']} ({article})")
        if self.clause is not None:
            yield from self._titled(words["clause"], self.clause.section)
            yield text(self.clause.text, QUOTE)

    def _titled(self, title: str, *paragraphs: str | None) -> Iterator[Flowable]:
        yield text(title, HEADING)
        yield line()
        for words in paragraphs:
            if words is not None:
                yield from _paragraphs(words)


def _paragraphs(words: str) -> Iterator[Paragraph | Spacer]:
    """As somebody wrote them: each line is one."""
    for each in words.splitlines():
        if each.strip():
            yield text(each)
            yield Spacer(1, 3)
