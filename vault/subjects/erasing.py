"""Erasure and an upheld objection end in an order to destroy, which a second person approves and a worker carries out.

What only this request has restricted meanwhile is no obstacle: it was hidden for the data subject, and goes for them.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tenants.decisions import Action
from tenants.vocabulary import Right
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict
from vault.keeping.acts import End
from vault.keeping.settling import settle
from vault.orders import destroying
from vault.orders.scope import RECORDINGS, Scope, of_recordings
from vault.proposals.deciding import propose
from vault.proposals.model import Draft, Handler, Handlers, Proposal
from vault.proposals.model import State as ProposalState
from vault.subjects import rows
from vault.subjects.finding import chosen
from vault.subjects.model import Act, ActKind, SubjectRequest
from vault.subjects.rows import ERASE
from vault.subjects.steps import admit_to_act, require_open
from vault.written import refuse_identity_codes

ERASING = frozenset({Right.ERASURE, Right.OBJECTION})
"""The rights that are met by destroying."""

BATCH = 100
"""Restrictions ended in one transaction."""


async def order_erasure(
    custody: Custody, caller: Caller, request_id: UUID, *, reason: str, recordings: Sequence[UUID] | None = None
) -> Proposal:
    """Propose to destroy what a request concerns; what anything else holds is named and left out.

    Args:
        reason: why it is owed; sealed with the proposal.
        recordings: those of the candidates that are meant; None for all.

    Raises:
        NotFound, NotAllowed: as `vault.subjects.reading.find`.
        Conflict: it is not known who asks, the right is another, it is proposed already, or nothing can be destroyed.
        Refused: the notice does not grant the right, quoting it; or the contract is over.
        Invalid: a recording was not found for this request; the reason says nothing or too much.
    """
    refuse_identity_codes({"reason": reason})
    _, request = await admit_to_act(custody, caller, request_id, ERASING)
    _require_not_done(request)
    found = await chosen(custody, request, recordings)
    if not found:
        raise Conflict("Nothing is kept of this person: answer so, nothing needs to be destroyed.")
    named = sorted(one.id for one in found)
    draft = Draft(
        action=ERASE, reason=reason, object_id=request.id, terms={RECORDINGS: [str(recording) for recording in named]}
    )
    return await propose(custody, HANDLERS, caller, caller.tenant, draft)


def _require_not_done(request: SubjectRequest) -> None:
    done = [order.id for order in request.orders if order.state is ProposalState.CARRIED_OUT]
    if done:
        raise Conflict("It was ordered and destroyed already.", proposal=str(done[0]))


async def _check(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """What it would do: how much goes, and what something else than this request holds.

    Raises:
        NotFound: the request is gone.
        Conflict: it was answered or withdrawn meanwhile; nothing is left, or something else holds all of it.
    """
    request_id = request_of(proposal)
    async with tenant_scope(proposal.tenant):
        request = (await rows.fetch(proposal.tenant, request_id)).request
    require_open(request, ERASING)
    scope = await of_recordings(custody, proposal)
    freed = await _held_by_it_alone(custody, proposal, scope.held)
    if not scope.recordings and not freed:
        if scope.held:
            held = [str(recording) for recording in scope.held]
            raise Conflict("Something else holds all of it, or restricts its use: nothing is destroyed.", held=held)
        raise Conflict("Nothing of it is left to destroy.")
    return _effect(scope, freed)


def _effect(scope: Scope, freed: Iterable[UUID]) -> Mapping[str, Any]:
    ours = set(freed)
    going = sorted({*scope.recordings, *ours})
    held = [recording for recording in scope.held if recording not in ours]
    return {
        "recordings": len(going),
        "ids": [str(recording) for recording in going],
        "held": [str(recording) for recording in held],
    }


async def _carry_out(custody: Custody, proposal: Proposal) -> Mapping[str, Any] | None:
    """End this request's own restrictions and destroy; may be killed anywhere and run again."""
    scope = await of_recordings(custody, proposal)
    await _end_restrictions(custody, proposal, await _held_by_it_alone(custody, proposal, scope.held))
    done = await destroying.carry_out(custody, proposal)
    if done is not None:
        await _note(custody, proposal)
    return done


async def _held_by_it_alone(custody: Custody, proposal: Proposal, held: Sequence[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Of what is held, the recordings that nothing but this request's restrictions keep, with those."""
    async with tenant_scope(proposal.tenant):
        found = await DB.fetch(
            "SELECT r.recording_id, array_agg(r.id ORDER BY r.id) AS ids FROM restriction r"
            " WHERE r.tenant_id = $1 AND r.recording_id = ANY($2) AND r.lifted_at IS NULL GROUP BY 1"
            " HAVING bool_and(EXISTS (SELECT FROM subject_act a WHERE a.tenant_id = $1 AND a.object_id = r.id"
            " AND a.request_id = $3)) AND NOT EXISTS (SELECT FROM hold h WHERE h.tenant_id = $1"
            " AND h.recording_id = r.recording_id AND h.released_at IS NULL AND (h.until IS NULL OR h.until > $4))",
            proposal.tenant,
            list(held),
            request_of(proposal),
            custody.clock.now(),
        )
    return {row["recording_id"]: tuple(row["ids"]) for row in found}


async def _end_restrictions(
    custody: Custody, proposal: Proposal, restrictions: Mapping[UUID, tuple[UUID, ...]]
) -> None:
    """One of each recording at a time: two acts on one recording are two transactions."""
    left = dict(restrictions)
    while left:
        batch = dict(list(left.items())[:BATCH])
        acts = {recording: End(ids[0], proposal.decided_by, erased=True) for recording, ids in batch.items()}
        # What stands against it leaves the recording held, and the order names it so.
        problems = await settle(custody, proposal.tenant, acts)
        for recording, ids in batch.items():
            del left[recording]
            if ids[1:] and recording not in problems:
                left[recording] = ids[1:]


async def _note(custody: Custody, proposal: Proposal) -> None:
    """Write down, once, which recordings went for the request."""
    tenant, request_id = proposal.tenant, request_of(proposal)
    async with tenant_scope(tenant):
        request = (await rows.fetch(tenant, request_id, lock=True)).request
        gone = await DB.fetch(
            "SELECT DISTINCT p.recording_id FROM part p JOIN destruction d ON d.tenant_id = p.tenant_id"
            " AND d.id = p.destruction_id WHERE p.tenant_id = $1 AND p.recording_id = ANY($2)"
            " AND d.record->>'proposal' = $3 ORDER BY 1",
            tenant,
            [UUID(recording) for recording in proposal.terms[RECORDINGS]],
            str(proposal.id),
        )
        known = {act.recording_id for act in request.acts if act.act is ActKind.DESTRUCTION}
        acts = [
            Act(
                recording_id=row["recording_id"],
                act=ActKind.DESTRUCTION,
                object_id=proposal.id,
                done_by=proposal.decided_by or proposal.proposed_by,
                done_at=custody.clock.now(),
            )
            for row in gone
            if row["recording_id"] not in known
        ]
        await rows.note_acts(request, acts)


def request_of(proposal: Proposal) -> UUID:
    """The request that a proposal to erase is for."""
    if proposal.object_id is None:
        raise RuntimeError("A proposal to erase for a data subject names the request.")
    return proposal.object_id


HANDLERS: Handlers = MappingProxyType(
    {ERASE: Handler(Action.ORDER_DESTRUCTION, Action.DECIDE_ORDER, _check, by_job=_carry_out)}
)
"""A data subject's erasure is an order of the controller like any other, and decided on by the same persons."""
