"""An order is carried out: rows are struck, the keys that opened them left and destroyed, objects removed, and proved.

The transaction that strikes the rows decides: a hold that was placed before it leaves the recording out, and one that
comes after it finds nothing to hold. From then on nothing reads it. The day's keys are renewed for whatever else stands
under them and destroyed, so that no backup of rows and objects opens what was ordered destroyed.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog

from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyState, ShredKeyId
from vault.custody.objects import ObjectError
from vault.custody.register import tenancy
from vault.custody.verification import Question, Verification
from vault.destruction import certifying, inventory, journal, verifying
from vault.destruction.certificates import Clause, Decided, Method, Person, Reason
from vault.destruction.inventory import Inventory
from vault.destruction.journal import Opened, Progress, Superseded
from vault.destruction.striking import strike_parts
from vault.orders.scope import TOLD, concerned
from vault.proposals.model import Proposal
from vault.rewrapping.retiring import begun, leave, retire

BATCH = 200
"""Recordings struck in one transaction."""

log = structlog.get_logger()


async def carry_out(custody: Custody, proposal: Proposal) -> Mapping[str, Any] | None:
    """Destroy what an approved order concerns; may be killed anywhere and run again.

    Returns:
        What was done; None while something is waited for, and then it is run again.
    """
    scope = await concerned(custody, proposal)
    held = set(scope.held)
    for batch in _batches(scope.recordings):
        held |= await _strike(custody, proposal, batch)
    done: dict[str, Any] = {"held": [str(recording) for recording in sorted(held)[:TOLD]]}
    opened = await _opened(proposal)
    if opened is None:
        return done | await _numbers(proposal)
    try:
        if not await _destroy_keys(custody, proposal, opened):
            return None
        opened = await journal.note_once(opened, Progress(keys_destroyed_at=custody.clock.now()))
        await _remove_objects(custody, opened)
        opened = await journal.note_once(opened, Progress(ciphertext_removed_at=custody.clock.now()))
        await _certify(custody, proposal, opened)
    except ObjectError as error:
        log.error("order.unfinished", tenant=str(proposal.tenant), proposal=str(proposal.id), why=type(error).__name__)
        return None
    except Superseded:
        log.info("destruction.superseded", tenant=str(proposal.tenant), destruction=str(opened.id))
    return done | await _numbers(proposal)


def _batches(recordings: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(recordings), BATCH):
        yield recordings[start : start + BATCH]


async def _strike(custody: Custody, proposal: Proposal, recordings: Sequence[UUID]) -> set[UUID]:
    """Take out of the rows what opens, finds and tells of these recordings; gives those that are held by now."""
    now, tenant = custody.clock.now(), proposal.tenant
    async with tenant_scope(tenant):
        contract = await DB.fetch("SELECT destroying_since FROM contract WHERE tenant_id = $1 FOR SHARE", tenant)
        if contract[0]["destroying_since"]:
            return set()  # the contract's end destroys it, and certifies what this order had begun
        rows = await DB.fetch(
            "SELECT id, recording_id, hold_key_id FROM part WHERE tenant_id = $1 AND recording_id = ANY($2)"
            " AND destroyed_at IS NULL ORDER BY recording_id, id FOR UPDATE",
            tenant,
            recordings,
        )
        held = {row["recording_id"] for row in rows if row["hold_key_id"]}
        free = [row["id"] for row in rows if row["recording_id"] not in held]
        if free:
            opened = await _find(proposal) or await journal.begin(
                tenant, Reason.ORDER, Progress(proposal=proposal.id), now=now
            )
            await strike_parts(opened, free, now)
    return held


async def _find(proposal: Proposal) -> Opened | None:
    started = await journal.started(proposal.tenant, Reason.ORDER)
    return next((opened for opened in started if opened.progress.proposal == proposal.id), None)


async def _opened(proposal: Proposal) -> Opened | None:
    async with tenant_scope(proposal.tenant):
        return await _find(proposal)


async def _destroy_keys(custody: Custody, proposal: Proposal, opened: Opened) -> bool:
    """Leave and destroy each key that opened any of it; False while uploads that began under one are waited for."""
    tenant = proposal.tenant
    async with tenant_scope(tenant):
        texts = await inventory.keys(tenant, inventory.destroyed_by(opened.id))
    key_ids = [ShredKeyId.parse(tenant, text) for text in texts]
    states = await asyncio.to_thread(lambda: [custody.keyring.state(key_id) for key_id in key_ids])
    live = [key_id for key_id, state in zip(key_ids, states, strict=True) if state is KeyState.LIVE]
    await retire(custody, tenant, live, cause=proposal.id)
    going = {*live, *await begun(tenant, cause=proposal.id)}
    left = [await leave(custody, tenant, key_id) for key_id in sorted(going, key=str)]
    return all(left)


async def _remove_objects(custody: Custody, opened: Opened) -> None:
    """Remove every version of everything that lies with these recordings, copies of their rows among it."""
    async with tenant_scope(opened.tenant):
        bucket = (await tenancy(opened.tenant, at=custody.clock.now())).bucket
        rows = await DB.fetch(
            "SELECT DISTINCT regexp_replace(object_key, '[^/]*$', '') AS folder FROM part"
            " WHERE tenant_id = $1 AND destruction_id = $2"
            " UNION SELECT DISTINCT shred_key_id || '/' || recording_id || '/' FROM part"
            " WHERE tenant_id = $1 AND destruction_id = $2 ORDER BY 1",
            opened.tenant,
            opened.id,
        )
        copied = await DB.fetch(
            "SELECT copies FROM recording WHERE tenant_id = $1 AND destruction_id = $2 AND copies <> '[]'",
            opened.tenant,
            opened.id,
        )
    for row in rows:
        found = [(entry.key, entry.version_id) async for entry in custody.objects.versions(bucket, row["folder"])]
        await custody.objects.delete_versions(bucket, found)
    for row in copied:
        await custody.objects.delete_versions(bucket, [(key, version) for key, version in json.loads(row["copies"])])


async def _certify(custody: Custody, proposal: Proposal, opened: Opened) -> None:
    which = inventory.destroyed_by(opened.id)
    async with tenant_scope(opened.tenant):
        keys = await inventory.keys(opened.tenant, which)
        bucket = (await tenancy(opened.tenant, at=custody.clock.now())).bucket
    question = Question(tenant=opened.tenant, destruction=opened.id, bucket=bucket, keys=keys)
    verification = await verifying.verified(custody, question)
    async with tenant_scope(opened.tenant):
        found = await inventory.take(opened.tenant, opened.id, which)
        opened = await journal.note_inventory(opened, found)
        held = await tenancy(opened.tenant, at=custody.clock.now())
        clauses = await certifying.clauses_of(opened.tenant, found)
        findings = _findings(proposal, bucket, found, verification, clauses)
        await certifying.certify(custody, opened, held, findings)


def _findings(
    proposal: Proposal,
    bucket: str,
    found: Inventory,
    verification: Verification,
    clauses: Sequence[Clause],
) -> certifying.Findings:
    return certifying.Findings(
        reason=Reason.ORDER,
        inventory=found,
        method=Method(
            tenant_key_destroyed=False,
            shred_keys_destroyed=found.shred_keys,
            object_versions_removed=found.object_versions,
            delete_markers_removed=0,
            unfinished_uploads_removed=0,
            bucket=bucket,
            bucket_removed=False,
        ),
        verification=verification,
        clauses=tuple(clauses),
        decided=Decided(by="persons", proposal=proposal.id, persons=persons(proposal)),
    )


def persons(proposal: Proposal) -> tuple[Person, ...]:
    """The two who decided, as a certificate names them."""
    if proposal.decided_by is None:
        raise RuntimeError("Nothing is carried out that nobody decided.")
    return (
        Person(id=proposal.proposed_by, roles=tuple(proposal.proposed_as), act="proposed"),
        Person(id=proposal.decided_by, roles=tuple(proposal.decided_as), act="approved"),
    )


async def _numbers(proposal: Proposal) -> dict[str, Any]:
    """What was destroyed in all, also by a run that was killed after the certificate."""
    async with tenant_scope(proposal.tenant):
        rows = await DB.fetch(
            "SELECT d.id, count(p.id) AS parts, count(DISTINCT p.recording_id) AS recordings FROM destruction d"
            " JOIN part p ON p.tenant_id = d.tenant_id AND p.destruction_id = d.id"
            " WHERE d.tenant_id = $1 AND d.reason = $2 AND d.record->>'proposal' = $3 GROUP BY 1",
            proposal.tenant,
            Reason.ORDER,
            str(proposal.id),
        )
    if not rows:
        return {"destruction": None, "recordings": 0, "parts": 0}
    return {"destruction": str(rows[0]["id"]), "recordings": rows[0]["recordings"], "parts": rows[0]["parts"]}
