"""An access is asked at each request whether it still holds, with the roles, teams and glass of that moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Person, RecordingFacts
from tenants.vocabulary import RestrictedUse, Role
from vault.access.accesses import Access, decided, record
from vault.access.alarms import alarmed
from vault.access.glass import carrying
from vault.access.granted import AskGrant, Granted
from vault.access.kept import CONTACT, CONTENT, RECORDING_COLUMNS, Kept, KeptRecording, as_kept, part_columns
from vault.access.leads import leading
from vault.access.opening import Opening
from vault.access.refusals import enforce
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.errors import NotFound, Unauthenticated

USED = "access.used"


async def resume(
    custody: Custody, caller: Caller, access_id: UUID, *opened: str, ask: AskGrant | None = None
) -> Access:
    """The access, if it still holds: everything that was asked when it was opened is asked again.

    Args:
        opened: the small parts that are to be opened under it.
        ask: what a disclosure lets somebody hear; without it, nothing.

    Raises:
        NotFound: no such access of this person.
        AccessOver: its time is up, or it was ended.
        Destroyed, Refused, NotAllowed: the content has gone, or may no longer be listened to for this.
        Unauthenticated: the person was stopped.
    """
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        rows = await _load(caller, access_id, opened)
        if not rows:
            raise NotFound
        row = rows[0]
        whose = await tenancy(caller.tenant, at=now)
        recording = (await as_kept(whose, rows, now=now))[0]
        caller = _as_now(caller, row)
        if row["glass_id"] is not None:
            caller = await carrying(caller, now, only=row["glass_id"])
        caller = await leading(caller, whose.policy, now)
        granted = await _granted(caller, whose, row, recording, ask)
    use = None if row["restricted_use"] is None else RestrictedUse(row["restricted_use"])
    kept = Kept(whose, recording, None)
    access = Access(
        access_id, kept, row["purpose"], row["granted_at"], row["expires_at"], use, granted, caller.person.glass
    )
    access.require(custody)
    if granted is None:
        facts = await _facts(custody, caller, recording)
        decision = decided(caller, whose, facts, access.purpose if use is None else None, use, now)
        access = replace(access, excerpts=decision.excerpts)
    else:
        decision = granted.decision
        access = replace(access, excerpts=granted.excerpts)
    await enforce(caller, USED, decision, access.held, part=CONTENT, purpose=access.purpose)
    if row["used_at"] is None:
        await _note_first_use(caller, access, now)
    return access


async def _granted(
    caller: Caller, whose: Tenancy, row: Record, recording: KeptRecording, ask: AskGrant | None
) -> Granted | None:
    if row["disclosure_id"] is None:
        return None
    if ask is None:
        raise NotFound
    return await ask(caller, whose, row["disclosure_id"], recording, row["purpose"])


async def _facts(custody: Custody, caller: Caller, recording: KeptRecording) -> RecordingFacts:
    """What is decided on; whose call it was is looked up for those alone to whom it makes a difference."""
    if caller.person.agent_id is None and not caller.person.leads:
        return recording.facts_for(CONTENT, agent_id=None)
    async with alarmed(custody, caller, recording, CONTACT):
        contact = Opening(custody).contact(recording)
    if contact is None:
        return recording.facts_for(CONTENT, agent_id=None)
    return recording.facts_for(CONTENT, agent_id=contact.agent_id, segments=contact.segments)


async def _load(caller: Caller, access_id: UUID, opened: Sequence[str]) -> list[Record]:
    return await DB.fetch(
        "SELECT a.purpose, a.granted_at, a.expires_at, a.used_at, a.restricted_use, a.disclosure_id, a.glass_id,"  # noqa: S608 - ours
        f" m.roles, m.agent_id, m.active, {RECORDING_COLUMNS}, {part_columns(*opened)}"
        " FROM access a JOIN member m ON m.tenant_id = a.tenant_id AND m.id = a.member_id"
        " JOIN recording r ON r.tenant_id = a.tenant_id AND r.id = a.recording_id"
        " LEFT JOIN part p ON p.tenant_id = r.tenant_id AND p.recording_id = r.id"
        " WHERE a.tenant_id = $1 AND a.id = $2 AND a.member_id = $3 ORDER BY p.name",
        caller.tenant,
        access_id,
        caller.id,
    )


def _as_now(caller: Caller, row: Record) -> Caller:
    """The caller with the roles held at this moment, not those remembered since an earlier request.

    Raises:
        Unauthenticated: the member was stopped.
    """
    if not row["active"]:
        raise Unauthenticated("This account is no longer active.")
    roles = frozenset(Role(role) for role in row["roles"])
    return replace(
        caller, person=Person(id=caller.id, tenant=caller.person.tenant, roles=roles, agent_id=row["agent_id"])
    )


async def _note_first_use(caller: Caller, access: Access, now: datetime) -> None:
    async with tenant_scope(caller.tenant):
        noted = await DB.fetch(
            "UPDATE access SET used_at = $3 WHERE tenant_id = $1 AND id = $2 AND used_at IS NULL RETURNING 1",
            caller.tenant,
            access.id,
            now,
        )
        if noted:
            await record(caller, USED, access, now=now)
