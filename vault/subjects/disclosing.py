"""A copy is given as every other disclosure is: its recordings reviewed for what they say of others, decided by two."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tenants.subject_rules import GIVES_A_COPY, Asker
from tenants.vocabulary import DisclosureKind
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.disclosure.model import Details, Disclosure, Terms
from vault.disclosure.requesting import request as request_disclosure
from vault.disclosure.wanted import Wanted
from vault.errors import Conflict, FieldProblem, Invalid
from vault.subjects.finding import chosen
from vault.subjects.model import SubjectRequest
from vault.subjects.steps import admit_to_act
from vault.written import refuse_identity_codes

KINDS = {Asker.DATA_SUBJECT: DisclosureKind.SUBJECT_ACCESS, Asker.AGENT: DisclosureKind.AGENT_ACCESS}
"""As what a copy is given, by who asks for it."""


@dataclass(frozen=True, kw_only=True)
class Giving:
    """How a request for access is met: by a copy, or (with a place and a time) also by listening on site.

    `recordings` are those of the candidates that are the data subject's; None for all. `fetches` is how often a copy
    may be fetched; None for as often as wanted.
    """

    recordings: tuple[UUID, ...] | None = None
    place: str | None = field(default=None, repr=False)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    give_until: datetime | None = None
    fetches: int | None = 1

    @property
    def on_site(self) -> bool:
        """Whether it is listened to at a place."""
        return self.place is not None


async def disclose(custody: Custody, caller: Caller, request_id: UUID, giving: Giving) -> Disclosure:
    """Ask for the disclosure that meets a request for access; two other persons decide on it.

    A session on site is offered beside the copy, never in its place: it can be asked for where a copy was asked for
    already, and the other way round.

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: it is not known who asks, the same is under way, or there is nothing to give.
        Refused: the notice does not grant it, or the contract is over.
        Invalid: a recording was not found for this request; a field breaks a rule of the disclosure.
    """
    refuse_identity_codes({"place": giving.place})
    _, request = await admit_to_act(custody, caller, request_id, GIVES_A_COPY)
    kind = _kind(request, giving)
    _require_none_under_way(request, kind)
    found = await chosen(custody, request, giving.recordings)
    if not found:
        raise Conflict("Nothing is kept of this person: answer so, nothing needs to be given.")
    terms = Terms(
        recordings=tuple(sorted(one.id for one in found)),
        valid_from=giving.valid_from,
        valid_until=giving.valid_until,
        give_until=giving.give_until,
        fetches=None if giving.on_site else giving.fetches,
    )
    words = f"Request {request.id} of a data subject, received on {request.received_on}."
    wanted = Wanted(
        kind=kind, terms=terms, details=Details(reason=words, place=giving.place), subject_request_id=request.id
    )
    return await request_disclosure(custody, caller, wanted)


def _kind(request: SubjectRequest, giving: Giving) -> DisclosureKind:
    if not giving.on_site:
        return KINDS[request.asker]
    if request.asker is Asker.AGENT:
        sentence = "An agent is given a copy; a session on site is for the other party."
        raise Invalid(sentence, [FieldProblem("place", "asker", sentence)])
    return DisclosureKind.ON_SITE_REVIEW


def _require_none_under_way(request: SubjectRequest, kind: DisclosureKind) -> None:
    living: Sequence[UUID] = [one.id for one in request.disclosures if one.kind is kind and not one.state.over]
    if living:
        raise Conflict("That is asked for already.", disclosure=str(living[0]))
