"""What was received for a time is returned or destroyed, and whoever had it shows so with a document."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from tenants.decisions import Action
from tenants.disclosing import DisclosureEvent, DisclosureState
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.disclosure import documents, rows
from vault.disclosure.documents import Document, DocumentPurpose
from vault.disclosure.model import Disclosure
from vault.disclosure.reading import look
from vault.disclosure.recipients import may_receive
from vault.disclosure.steps import move
from vault.errors import Conflict, FieldProblem, Invalid, NotAllowed
from vault.telling.telling import Detail, tell
from vault.telling.topics import Audience, Topic

DUTY_DONE = "disclosure.duty_done"


class DutyMeans(StrEnum):
    """What became of what a recipient had."""

    RETURNED = "returned"
    DESTROYED = "destroyed"


@dataclass(frozen=True, kw_only=True)
class Fulfilment:
    """What became of it on which day, and the document of the disclosure that proves it."""

    means: DutyMeans
    done_on: date
    document: UUID


async def fulfil(custody: Custody, caller: Caller, disclosure_id: UUID, done: Fulfilment) -> Disclosure:
    """Write down that a recipient returned or destroyed what it received: the disclosure is fulfilled with that.

    Where it was revoked meanwhile it stays so, and owes nothing any more.

    Raises:
        NotFound: no such disclosure that the caller may see.
        NotAllowed: the caller neither receives it nor reads disclosures.
        Conflict: nothing is owed: it was not received, has no such duty, or it is done.
        Invalid: the day cannot be, or the document proves nothing of this.
    """
    await look(custody, caller, disclosure_id)
    papers = await documents.documents(custody, caller, disclosure_id)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        disclosure = (await rows.fetch(caller.tenant, disclosure_id, lock=True)).disclosure
        if not caller.may(Action.READ_DISCLOSURES) and not await may_receive(disclosure, caller.id):
            raise NotAllowed("Whoever was named to receive it says so, or somebody who decides on disclosures.")
        if disclosure.received_at is None or not disclosure.owes_duty:
            raise Conflict("Nothing of it is to be returned or destroyed: it was not received, or owes nothing (more).")
        zone = ZoneInfo((await tenancy(caller.tenant, at=now)).policy.time_zone)
        problems = [*_of_day(done, disclosure.received_at, now, zone), *_of_proof(done, disclosure.received_at, papers)]
        if problems:
            raise Invalid("This does not show that the duty is met.", problems)
        return await _write(disclosure, caller, done, now)


def _of_day(done: Fulfilment, received_at: datetime, now: datetime, zone: ZoneInfo) -> list[FieldProblem]:
    if received_at.astimezone(zone).date() <= done.done_on <= now.astimezone(zone).date():
        return []
    return [FieldProblem("done_on", "day", "A day from the one on which it was received until today.")]


def _of_proof(done: Fulfilment, received_at: datetime, papers: list[Document]) -> list[FieldProblem]:
    proofs = [each.id for each in papers if each.purpose is DocumentPurpose.PROOF and each.added_at >= received_at]
    if done.document in proofs:
        return []
    sentence = "Add a document with the purpose `proof` after it was received, and name it by its id."
    return [FieldProblem("document", "proof", sentence)]


async def _write(disclosure: Disclosure, caller: Caller, done: Fulfilment, now: datetime) -> Disclosure:
    await DB.fetch(
        "INSERT INTO disclosure_duty (tenant_id, disclosure_id, means, done_on, document_id, told_by, told_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        disclosure.tenant,
        disclosure.id,
        done.means,
        done.done_on,
        done.document,
        caller.id,
        now,
    )
    details = {"means": done.means.value, "done_on": done.done_on.isoformat(), "document": str(done.document)}
    if disclosure.state is DisclosureState.RECEIVED:
        disclosure = await move(
            disclosure, DisclosureEvent.FULFIL, actor=caller.id, now=now, details=details, duty_done_at=now
        )
    else:
        await _note_done(disclosure, now)
    event = audit.Event(act=DUTY_DONE, actor=caller.id, object_id=disclosure.id, details=details)
    await audit.record(disclosure.tenant, event, now=now)
    about: dict[str, Detail] = {"kind": disclosure.kind, "means": done.means, "done_on": done.done_on}
    await tell(disclosure.tenant, Topic.DUTY_FULFILLED, disclosure.id, audience=Audience.DPO, now=now, details=about)
    return replace(disclosure, duty_done_at=now)


async def _note_done(disclosure: Disclosure, now: datetime) -> None:
    """It was revoked, and stays so."""
    await DB.fetch(
        "UPDATE disclosure SET duty_done_at = $3 WHERE tenant_id = $1 AND id = $2",
        disclosure.tenant,
        disclosure.id,
        now,
    )
