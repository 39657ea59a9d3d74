"""A restriction that a data subject is owed hides what it concerns from every other use (Art. 18)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from tenants.decisions import Action
from tenants.keeping import Reason
from tenants.vocabulary import RestrictionGround, Right
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy
from vault.errors import Conflict, Destroyed, FieldProblem, Invalid
from vault.keeping.acts import Place
from vault.keeping.placing import checked_note
from vault.keeping.settling import Problem, settle
from vault.keeping.standing import Standing
from vault.rights import decide_for
from vault.subjects import rows
from vault.subjects.finding import chosen
from vault.subjects.model import Act, ActKind, SubjectRequest
from vault.subjects.steps import admit_to_act, reloaded
from vault.written import refuse_identity_codes

G = RestrictionGround

GROUNDS: Mapping[Right, frozenset[RestrictionGround]] = {
    Right.RESTRICTION: frozenset({G.ACCURACY_CONTESTED, G.UNLAWFUL_PROCESSING, G.NEEDED_FOR_CLAIMS}),
    Right.RECTIFICATION: frozenset({G.ACCURACY_CONTESTED}),
    Right.OBJECTION: frozenset({G.OBJECTION_PENDING}),
}
"""On which grounds (Art. 18(1)) a request leads to a restriction, by the right that it asks for."""

BATCH = 100
"""Recordings restricted in one transaction."""


@dataclass(frozen=True)
class PlaceFor(Place):
    """A restriction begins because of a request; that it does is written down with it."""

    request: SubjectRequest | None = None

    async def write(self, standing: Standing, note: bytes | None, now: datetime) -> None:
        """The restriction's row, its event, and what was done for the request, in the open scope."""
        await super().write(standing, note, now)
        if self.request is not None:
            act = Act(
                recording_id=standing.id,
                act=ActKind.RESTRICTION,
                object_id=self.reason.id,
                done_by=self.reason.by,
                done_at=now,
            )
            await rows.note_acts(self.request, [act])


async def restrict_for(
    custody: Custody,
    caller: Caller,
    request_id: UUID,
    *,
    ground: RestrictionGround,
    recordings: Sequence[UUID] | None = None,
    note: str | None = None,
) -> SubjectRequest:
    """Restrict what a request concerns; lifting goes the way of every restriction, after the data subject was told.

    May be asked for again where it stopped midway: what is restricted for this request already stays as it is.

    Args:
        recordings: those of the candidates that are meant; None for all.

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: it is not known who asks, the right is another, or there is nothing to restrict.
        Refused: the notice does not grant the right, or the contract is over.
        Invalid: the ground is none of this right; a recording was not found for this request; the note cannot be.
    """
    refuse_identity_codes({"note": note})
    note = checked_note(note)
    _, request = await admit_to_act(custody, caller, request_id, frozenset(GROUNDS))
    if ground not in GROUNDS[request.invoked]:
        sentence = f"For {request.invoked.value}: {', '.join(sorted(GROUNDS[request.invoked]))}."
        raise Invalid("That is no ground for this request.", [FieldProblem("ground", "ground", sentence)])
    await _require_may_restrict(custody, caller)
    found = await chosen(custody, request, recordings)
    done = {act.recording_id for act in request.acts if act.act is ActKind.RESTRICTION}
    left = [one.id for one in found if one.id not in done]
    if not left:
        raise Conflict("There is nothing left to restrict for this request.")
    for start in range(0, len(left), BATCH):
        await _restrict(custody, caller, request, left[start : start + BATCH], ground, note)
    return await reloaded(custody, request)


async def _require_may_restrict(custody: Custody, caller: Caller) -> None:
    caller.require(Action.RESTRICT)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
    decide_for(caller, whose, Action.RESTRICT, now=now).enforce()


async def _restrict(
    custody: Custody,
    caller: Caller,
    request: SubjectRequest,
    recordings: Sequence[UUID],
    ground: RestrictionGround,
    note: str | None,
) -> None:
    now = custody.clock.now()
    acts = {
        id: PlaceFor(Reason(id=uuid4(), ground=ground, by=caller.id, since=now), note, request=request)
        for id in recordings
    }
    problems: dict[UUID, Problem] = await settle(custody, caller.tenant, acts)
    for problem in problems.values():
        # What goes meanwhile is not used any more, which is what was asked for.
        if not isinstance(problem, Destroyed):
            raise problem
