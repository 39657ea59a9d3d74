"""What an order concerns: one recording, or all that are found by a number or an agent's id; and what of it is held."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tenants.recordings import ContactField, PhoneNumberInvalid, normalise_number
from vault.custody.contacts import label
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.errors import Conflict, FieldProblem, Invalid, NotFound
from vault.proposals.model import Proposal

FINDS = ("contact", "hold_index")
"""The classes of keys under which numbers are digested, by day and for what is held beyond it."""

RECORDINGS = "recordings"
"""Among a proposal's terms: the ids of several recordings that it is about."""

TOLD = 1000
"""So many ids are told of an order's recordings; all of them are counted."""


@dataclass(frozen=True)
class Scope:
    """Recordings that an order destroys, with how many parts, and those that it leaves since something holds them."""

    recordings: tuple[UUID, ...]
    parts: int
    held: tuple[UUID, ...]

    def effect(self) -> dict[str, Any]:
        """The same as a proposal tells it."""
        return {
            "recordings": len(self.recordings),
            "parts": self.parts,
            "ids": [str(recording) for recording in self.recordings[:TOLD]],
            "held": [str(recording) for recording in self.held[:TOLD]],
        }


async def check_recording(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """What the destruction of one recording would do.

    Raises:
        NotFound: no such recording of this controller.
        Conflict: nothing of it is left, or it is held.
    """
    recording = recording_of(proposal)
    async with tenant_scope(proposal.tenant):
        if not await DB.fetch("SELECT 1 FROM recording WHERE tenant_id = $1 AND id = $2", proposal.tenant, recording):
            raise NotFound
        scope = await standing(custody, proposal.tenant, [recording])
    if scope.held:
        raise Conflict(
            "Something holds the recording, or restricts its use: it is not destroyed.", held=[str(recording)]
        )
    if not scope.recordings:
        raise Conflict("Nothing of the recording is left to destroy.")
    return scope.effect()


async def check_subject(custody: Custody, proposal: Proposal) -> Mapping[str, Any]:
    """What the destruction of all of one data subject would do; what is held is named and left out.

    Raises:
        Conflict: nothing is found, or all that is found is held.
    """
    scope = await of_subject(custody, proposal)
    if not scope.recordings and scope.held:
        raise Conflict("All of it is held, or its use restricted: nothing is destroyed.", held=scope.effect()["held"])
    if not scope.recordings:
        raise Conflict("Nothing is found of this data subject.")
    return scope.effect()


async def concerned(custody: Custody, proposal: Proposal) -> Scope:
    """What the order of a proposal concerns as things stand."""
    if proposal.sealed_terms:
        return await of_subject(custody, proposal)
    if RECORDINGS in proposal.terms:
        return await of_recordings(custody, proposal)
    async with tenant_scope(proposal.tenant):
        return await standing(custody, proposal.tenant, [recording_of(proposal)])


async def of_subject(custody: Custody, proposal: Proposal) -> Scope:
    """All recordings in whose contact record the value stands, under every key that lives."""
    digests = await asyncio.to_thread(_digests, custody, proposal)
    async with tenant_scope(proposal.tenant):
        rows = await DB.fetch(
            "SELECT DISTINCT recording_id FROM blind_index WHERE tenant_id = $1 AND digest = ANY($2)"
            " AND ($3::text IS NULL OR field = $3)",
            proposal.tenant,
            digests,
            None if "number" in proposal.sealed_terms else ContactField.AGENT_ID.value,
        )
        return await standing(custody, proposal.tenant, sorted(row["recording_id"] for row in rows))


async def standing(custody: Custody, tenant: UUID, recordings: Sequence[UUID]) -> Scope:
    """Those of the recordings of which something stands, in the controller's open scope."""
    rows = await DB.fetch(
        "SELECT p.recording_id, count(*) AS parts, bool_or(p.hold_key_id IS NOT NULL) AS held FROM part p"
        " WHERE p.tenant_id = $1 AND p.recording_id = ANY($2) AND p.destroyed_at IS NULL"
        " AND (p.destroy_at IS NULL OR p.destroy_at > $3 OR p.hold_key_id IS NOT NULL) GROUP BY 1 ORDER BY 1",
        tenant,
        recordings,
        custody.clock.now(),
    )
    free = [row for row in rows if not row["held"]]
    return Scope(
        recordings=tuple(row["recording_id"] for row in free),
        parts=sum(row["parts"] for row in free),
        held=tuple(row["recording_id"] for row in rows if row["held"]),
    )


async def of_recordings(custody: Custody, proposal: Proposal) -> Scope:
    """The recordings that a proposal names one by one."""
    named = sorted(UUID(recording) for recording in proposal.terms[RECORDINGS])
    async with tenant_scope(proposal.tenant):
        return await standing(custody, proposal.tenant, named)


def recording_of(proposal: Proposal) -> UUID:
    """The one recording that an order is about."""
    if proposal.object_id is None:
        raise NotFound
    return proposal.object_id


def checked_subject(number: str | None, agent_id: str | None) -> dict[str, str]:
    """A data subject as an order names it: by a phone number in whatever spelling, or as an agent.

    Raises:
        Invalid: neither or both are given, or it is not a number.
    """
    if (number is None) == (agent_id is None):
        sentence = "Name a data subject by a number or by an agent's id, and by one of them."
        raise Invalid(sentence, [FieldProblem("subject", "one", sentence)])
    if agent_id is not None:
        return {"agent_id": agent_id}
    try:
        return {"number": normalise_number(number or "")}
    except PhoneNumberInvalid as error:
        raise Invalid(
            f"The number is refused: {error}.", [FieldProblem("subject.number", "number", str(error))]
        ) from None


def _digests(custody: Custody, proposal: Proposal) -> Collection[bytes]:
    """The value's digest under each key that lives; waits for the disk."""
    said = proposal.sealed_terms
    value = said.get("number") or said["agent_id"]
    kind = label(ContactField.CALLER_NUMBER if "number" in said else ContactField.AGENT_ID)
    now = custody.clock.now()
    keys = [key for each in FINDS for key in custody.keyring.live_keys(proposal.tenant, each, now=now)]
    return [key.blind_index(kind, value) for key in keys]
