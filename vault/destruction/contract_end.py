"""When a contract is over everything of its controller goes, in one order, whoever is killed on the way.

    ended -> returning    where the policy promises it: exported to a key of theirs, till they confirm or waive it
    -> destroying         the contract says since when, the destruction is written down; what was approved ends
    what is held          stays, exactly that, until its last reason ends; all else goes (`vault.destruction.blocked`)
    the tenant key        nothing of the controller opens from here on
    inventory             what there was, and that it does not open: counted once, while it can still be counted
    the bucket            every version, delete marker and unfinished upload, then the bucket itself
    the rows              recordings, parts, index, uploads, accesses, members, their passwords
    verification          by other code than that which destroyed
    destroying -> destroyed: the certificate, in one transaction with the state; queued jobs are struck off

Each step may be done again and is, after a crash: what is gone already is as good as destroyed. What stays outlives
the contract as evidence: the controller's name, the contract, the published policies, certificates and the audit log;
and digests of tokens, so that whoever comes with one is told what happened.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import structlog
from msgspec import structs

from tenants.contracts import Contract, ContractState
from vault.custody import audit, barrier
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, KeyMissing
from vault.custody.objects import BucketNotEmpty, ObjectError, ObjectMissing
from vault.custody.register import Tenancy, tenancy
from vault.custody.verification import Question
from vault.destruction import blocked, certifying, inventory, journal, verifying
from vault.destruction.certificates import Method, Reason
from vault.destruction.journal import Numbers, Opened, Progress, Stored, Superseded
from vault.destruction.verifying import NotDestroyed
from vault.proposals.carrying import end_with_contract
from vault.returning import exporting
from vault.returning.recipients import promised

BATCH = 5000
"""Rows deleted in one transaction."""

EMPTYING_TRIES = 5
"""How often a bucket is emptied again because an upload that was under way put something into it."""

log = structlog.get_logger()


async def is_due(tenant: UUID, contract: Contract, now: datetime) -> bool:
    """Whether `advance` has something to do, and does not wait for a person; in the controller's open scope."""
    state = contract.state_on(now)
    if state is ContractState.RETURNING:
        return contract.returned_at is not None or not await exporting.is_waiting(tenant, now)
    if state is ContractState.DESTROYING:
        return not await blocked.is_waiting(tenant)
    return state is ContractState.ENDED


async def advance(custody: Custody, tenant: UUID, now: datetime) -> ContractState:
    """Bring a contract to the state that its date asks for: all returned where that is promised, and destroyed.

    Art. 28(3)(g). May be killed anywhere, run again and run twice at once.

    Returns:
        The state reached: `destroyed`; `returning` or `destroying` where a person has to decide; or what it was.

    Raises:
        ObjectError, NotDestroyed: something would not go; the next run continues.
    """
    again = await asyncio.to_thread(is_tenant_destroyed, custody, tenant)
    opened, state = await _open(tenant, now, again=again)
    if state is ContractState.RETURNING:
        await exporting.carry_on(custody, tenant)
    if opened is None:
        return state
    try:
        return await _carry_out(custody, opened)
    except Superseded:
        log.info("destruction.superseded", tenant=str(tenant), destruction=str(opened.id))
    except (ObjectError, NotDestroyed) as error:
        await _tell(custody, opened, type(error).__name__)
        raise
    return ContractState.DESTROYED


def is_tenant_destroyed(custody: Custody, tenant: UUID) -> bool:
    """Whether the controller's own key was destroyed, whatever the catalogue says; blocks on the disk."""
    try:
        custody.keyring.tenant_index(tenant, "contract-end", "")
    except KeyDestroyed:
        return True
    except KeyMissing:
        return False
    return False


async def _tell(custody: Custody, opened: Opened, why: str) -> None:
    """Say that something would not go, where it is seen: in the destruction, and once in the log."""
    opened = await journal.note(opened, Progress())
    found, told = opened.progress.inventory, opened.progress.numbers or Numbers()
    parts = found.parts if found else 0
    log.error("contract.unfinished", tenant=str(opened.tenant), destruction=str(opened.id), why=why)
    if why in told.failures:
        return
    await journal.note(opened, Progress(numbers=Numbers(due=parts, failed=parts, failures={why: parts})))
    event = audit.Event(act="contract.unfinished", actor=None, object_id=opened.id, details={"why": why})
    async with tenant_scope(opened.tenant):
        await audit.record(opened.tenant, event, now=custody.clock.now())


async def _lock(tenant: UUID) -> None:
    """Whoever changes a contract holds it first and the log after it: in this order, nobody waits in a circle."""
    await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", tenant)


async def _open(tenant: UUID, now: datetime, *, again: bool) -> tuple[Opened | None, ContractState]:
    """The destruction under way or begun now; `again`: where none is, a backup has brought back what one took."""
    async with tenant_scope(tenant):
        await _lock(tenant)
        held = await tenancy(tenant, at=now)
        state = held.contract.state_on(now)
        if state not in (ContractState.ENDED, ContractState.RETURNING, ContractState.DESTROYING):
            return None, state
        if (under_way := await _under_way(tenant)) is not None:
            return under_way, ContractState.DESTROYING
        returns = promised(held.policy, held.contract)
        if returns and held.contract.returned_at is None:
            await _begin_return(held, now)
            return None, ContractState.RETURNING
        destroying = held.contract.begin_destruction(now, returns=returns)
        await end_with_contract(tenant, now)
        reason = Reason.RESTORED if again else Reason.CONTRACT_END
        opened = await journal.begin(tenant, reason, Progress(), now=now)
        await DB.fetch(
            "UPDATE contract SET destroying_since = $3, destruction_id = $4 WHERE tenant_id = $1 AND id = $2",
            tenant,
            held.contract_id,
            destroying.destroying_since,
            opened.id,
        )
    return opened, ContractState.DESTROYING


async def _under_way(tenant: UUID) -> Opened | None:
    """The destruction of everything that was begun, in the open scope; one of an instant is an expiry's own."""
    begun = await journal.started(tenant, Reason.CONTRACT_END, Reason.RESTORED)
    return next((one for one in begun if one.progress.until is None), None)


async def _begin_return(held: Tenancy, now: datetime) -> None:
    if held.contract.returning_since is not None:
        return
    since = held.contract.begin_return(now).returning_since
    await barrier.alone(held.tenant)
    await DB.fetch("UPDATE contract SET returning_since = $2 WHERE tenant_id = $1", held.tenant, since)
    event = audit.Event(act="return.started", actor=None, object_id=held.contract_id)
    await audit.record(held.tenant, event, now=now)


async def _carry_out(custody: Custody, opened: Opened) -> ContractState:
    async with tenant_scope(opened.tenant):
        held = await tenancy(opened.tenant, at=opened.started_at)
        is_held = await blocked.is_held(opened.tenant)
    if is_held:
        await _take_in_others(custody, opened)
        await blocked.destroy_the_rest(custody, opened, held.bucket)
        return ContractState.DESTROYING
    await asyncio.to_thread(custody.keyring.destroy_tenant, opened.tenant)
    opened = await journal.note_once(opened, Progress(keys_destroyed_at=custody.clock.now()))
    if opened.progress.inventory is None:
        opened = await _take_inventory(custody, opened, held)
    await _remove_bucket(custody, held.bucket)
    opened = await journal.note_once(opened, Progress(ciphertext_removed_at=custody.clock.now()))
    await _remove_rows(opened.tenant)
    await _certify(custody, opened, held)
    return ContractState.DESTROYED


async def _take_inventory(custody: Custody, opened: Opened, held: Tenancy) -> Opened:
    """Count what there is, before anything but the key is gone."""
    taken_in = await _take_in_others(custody, opened)
    stored = opened.progress.stored or await _stored(custody, held.bucket)
    async with tenant_scope(opened.tenant):
        # What was destroyed while something was held has its rows still, under this destruction's id.
        found = await inventory.take(opened.tenant, opened.id, inventory.uncertified([opened.id, *taken_in]))
        return await journal.note_inventory(opened, structs.replace(found, **structs.asdict(stored)))


async def _take_in_others(custody: Custody, opened: Opened) -> list[UUID]:
    """Close the destructions that were under way: what they have destroyed is certified with the rest."""
    async with tenant_scope(opened.tenant):
        for other in await journal.started(opened.tenant, *Reason):
            if other.id != opened.id:
                await journal.take_in(other, by=opened.id, now=custody.clock.now())
        return await journal.taken_in_by(opened)


async def _stored(custody: Custody, bucket: str) -> Stored:
    try:
        return await blocked.stored(custody, bucket)
    except ObjectMissing:
        log.error("bucket.missing", bucket=bucket)  # it was lost beforehand; what it held is gone with it
        return Stored(0, 0, 0)


async def _remove_bucket(custody: Custody, bucket: str) -> None:
    """Empty and remove it, again when an upload that was under way has put something in between the two.

    Raises:
        BucketNotEmpty: it fills as fast as it is emptied.
    """
    for _ in range(EMPTYING_TRIES - 1):
        with suppress(BucketNotEmpty):
            return await _remove_bucket_once(custody, bucket)
    return await _remove_bucket_once(custody, bucket)


async def _remove_bucket_once(custody: Custody, bucket: str) -> None:
    async for _ in custody.objects.empty_bucket(bucket):
        pass
    await custody.objects.delete_bucket(bucket)


async def _remove_rows(tenant: UUID) -> None:
    """Delete the controller's rows in batches; digests of tokens stay, to answer late comers."""
    for table in verifying.HOLDS_RECORDINGS:
        removed = [True]
        while removed:
            async with tenant_scope(tenant):
                removed = await DB.fetch(
                    f"DELETE FROM {table} WHERE tenant_id = $1 AND ctid = ANY(ARRAY("  # noqa: S608 - our own names
                    f"SELECT ctid FROM {table} WHERE tenant_id = $1 LIMIT {BATCH})) RETURNING true",
                    tenant,
                )
    async with tenant_scope(tenant):
        await DB.fetch("DELETE FROM credential WHERE tenant_id = $1 AND kind IN ('password', 'invitation')", tenant)
        await DB.fetch("UPDATE proposal SET sealed = '', sealed_decision = NULL WHERE tenant_id = $1", tenant)
        await DB.fetch("UPDATE return_recipient SET sealed_credentials = NULL WHERE tenant_id = $1", tenant)
        await DB.fetch("UPDATE disclosure SET sealed = NULL WHERE tenant_id = $1", tenant)
        await DB.fetch("UPDATE disclosure_decision SET sealed_reason = '' WHERE tenant_id = $1", tenant)
        await DB.fetch("UPDATE organisation SET sealed_contact = NULL WHERE tenant_id = $1", tenant)


async def _certify(custody: Custody, opened: Opened, held: Tenancy) -> None:
    found = opened.progress.inventory
    if found is None:
        raise RuntimeError("A contract's end is certified over the inventory that was taken before.")
    question = Question(
        tenant=opened.tenant,
        destruction=opened.id,
        bucket=held.bucket,
        keys=found.shred_keys,
        tenant_key=True,
        bucket_gone=True,
        rows_gone=True,
    )
    findings = certifying.Findings(
        reason=opened.reason,
        inventory=found,
        method=Method(
            tenant_key_destroyed=True,
            shred_keys_destroyed=found.shred_keys,
            object_versions_removed=found.object_versions,
            delete_markers_removed=found.delete_markers,
            unfinished_uploads_removed=found.unfinished_uploads,
            bucket=held.bucket,
            bucket_removed=True,
        ),
        verification=await verifying.verified(custody, question),
        clauses=(certifying.clause(held.policy.cite(held.policy.contract_end.clause)),),
        root_key_gone_at=await asyncio.to_thread(custody.keyring.pending_until, opened.tenant),
    )
    async with tenant_scope(opened.tenant):
        await _lock(opened.tenant)
        await verifying.confirm_no_rows(opened.tenant)
        await certifying.certify(custody, opened, held, findings)
        destroyed = held.contract.complete_destruction(custody.clock.now())
        await DB.fetch(
            "UPDATE contract SET destroyed_at = $3 WHERE tenant_id = $1 AND id = $2",
            opened.tenant,
            held.contract_id,
            destroyed.destroyed_at,
        )
        # Not before: the schedule would ask once more for what is under way.
        await DB.fetch("DELETE FROM outbox WHERE tenant_id = $1", opened.tenant)
