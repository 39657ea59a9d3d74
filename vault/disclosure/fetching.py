"""A package is fetched by a person who was named, so often and so long as was approved; each fetch is a receipt."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from tenants.decisions import Action, Decision, Refused
from tenants.disclosing import DisclosureEvent, DisclosureState
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.objects import ObjectError
from vault.custody.register import Tenancy, tenancy
from vault.disclosure import checking, package_rows, rows, scoping
from vault.disclosure.carrying import ITEMS_GONE
from vault.disclosure.model import Disclosure
from vault.disclosure.package_rows import Fetch, Package
from vault.disclosure.recipients import may_receive
from vault.disclosure.sent import Sent
from vault.disclosure.steps import move
from vault.errors import AccessOver, Conflict, NotFound, Unavailable
from vault.rights import decide_for
from vault.telling.telling import Detail, tell
from vault.telling.topics import Audience, Topic

HANDED_OVER = (DisclosureState.READY, DisclosureState.RECEIVED)

NOTED: Final = 16 << 20
"""After how many bytes it is written down that they went; a download that breaks off repeats no more."""


RESUMED_FOR: Final = timedelta(minutes=15)
"""How long the rest of a complete fetch is sent again: its last bytes may have gone and never arrived."""


@dataclass(frozen=True)
class _Handing:
    """A package that the caller may have, with all that says so."""

    whose: Tenancy
    disclosure: Disclosure
    package: Package


async def begin_fetch(custody: Custody, caller: Caller, package_id: UUID) -> tuple[Fetch, Package]:
    """Begin to fetch a package, or go on with what the caller has begun. It counts as one of those allowed.

    Raises:
        NotAllowed: the caller's roles receive nothing.
        NotFound: no such package that the caller was named for.
        Refused: the contract is over, what allowed it does not hold any more, or something in it was restricted or
            destroyed since it was made: the disclosure is stopped.
        Conflict: it was fetched as often as was approved, or a second person has not confirmed it in time.
        AccessOver: its time is over, or it was revoked.
    """
    caller.require(Action.RECEIVE_DISCLOSURE)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        handing = await _handing(caller, package_id, now)
        refusal = await _refusal(handing, now)
        if refusal is None:
            return await _begun(caller, handing, now), handing.package
    # Outside of the scope: raised inside, it would undo the stop.
    raise Refused(refusal)


@dataclass(frozen=True)
class Download:
    """One fetch under way; nobody here can open what is sent."""

    custody: Custody
    caller: Caller
    bucket: str
    package: Package
    fetch: Fetch

    @property
    def etag(self) -> str:
        """Another file has another."""
        return f'"{self.package.sha256.hex()}"'

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but not including `stop`, written down as they are taken.

        Raises:
            AccessOver: it is complete, and this is no rest of a download that broke off.
            Unavailable: the store does not give them now.
        """
        if self.fetch.completed_at is not None and start == 0:
            raise AccessOver("Every byte of this fetch was sent: it is complete.")
        package = self.package
        pieces = self.custody.objects.get(self.bucket, package.object_key, package.object_version, start, stop)
        try:
            first = await anext(pieces, b"")
        except ObjectError as error:
            raise Unavailable("The store does not give the package now; try again.") from error
        return self._counted(start, stop, first, pieces)

    async def _counted(
        self, start: int, stop: int, first: bytes, rest: AsyncIterator[bytes]
    ) -> AsyncGenerator[bytes, None]:
        noted = at = start
        try:
            async with aclosing(_all(first, rest)) as pieces:
                async for piece in pieces:
                    # Counted before it goes: of what breaks off nobody knows how much arrived, and whoever resumes
                    # may go on from anywhere in it.
                    at += len(piece)
                    yield piece
                    if at - noted >= NOTED and at < stop:
                        await note(self.custody, self.caller, self.fetch.id, noted, at)
                        noted = at
            await note(self.custody, self.caller, self.fetch.id, noted, at)
            noted = at
        finally:
            if at > noted:
                # Whoever hangs up ends this generator wherever it waits; what went until then went all the same.
                writing = asyncio.ensure_future(note(self.custody, self.caller, self.fetch.id, noted, at))
                _NOTES.add(writing)
                writing.add_done_callback(_NOTES.discard)


_NOTES: Final[set["asyncio.Future[None]"]] = set()
"""What is being written down of downloads that broke off; an event loop alone would forget it."""


async def download(custody: Custody, caller: Caller, fetch_id: UUID) -> Download:
    """What is still to be sent of a fetch.

    Raises:
        NotAllowed, Refused, Conflict: as for `begin_fetch`.
        NotFound: no such fetch of the caller's.
        AccessOver: it is complete since a while, its time is over, or it was revoked.
    """
    caller.require(Action.RECEIVE_DISCLOSURE)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        fetch = await package_rows.find_fetch(caller.tenant, fetch_id, caller.id)
        handing = await _handing(caller, fetch.package_id, now)
        refusal = await _refusal(handing, now)
    if refusal is not None:
        raise Refused(refusal)
    if fetch.completed_at is not None and fetch.completed_at + RESUMED_FOR <= now:
        raise AccessOver("Every byte of this fetch was sent: it is complete.")
    if fetch.sent.is_spent(handing.package.size):
        raise AccessOver("So much was sent again in this fetch that no more is; ask whoever gave it for another.")
    return Download(custody, caller, handing.whose.bucket, handing.package, fetch)


async def note(custody: Custody, caller: Caller, fetch_id: UUID, start: int, stop: int) -> None:
    """Write down that these bytes were sent; with the last of them the fetch is a receipt."""
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        fetch = await package_rows.find_fetch(caller.tenant, fetch_id, caller.id)
        package = await package_rows.find(caller.tenant, fetch.package_id, lock=True)
        # Read once more under the lock: two ranges of one fetch may end at the same time.
        fetch = await package_rows.find_fetch(caller.tenant, fetch_id, caller.id)
        sent = fetch.sent.add(start, stop)
        completes = fetch.completed_at is None and sent.is_whole(package.size)
        fetch = replace(fetch, sent=sent, completed_at=now if completes else fetch.completed_at)
        await package_rows.note_sent(caller.tenant, fetch)
        if completes:
            await _receipt(caller, package, fetch, now)


async def _receipt(caller: Caller, package: Package, fetch: Fetch, now: datetime) -> None:
    details = {"package": str(package.id), "fetch": str(fetch.id), "bytes": package.size}
    event = audit.Event(act="package.fetched", actor=caller.id, object_id=package.disclosure_id, details=details)
    await audit.record(caller.tenant, event, now=now)
    disclosure = (await rows.fetch(caller.tenant, package.disclosure_id, lock=True)).disclosure
    received_at = disclosure.received_at or now
    if disclosure.state in HANDED_OVER:
        await move(disclosure, DisclosureEvent.FETCH, actor=caller.id, now=now, received_at=received_at)
    else:
        # What was revoked while the last bytes went was received all the same, and owes what it owes.
        await DB.fetch(
            "UPDATE disclosure SET received_at = $3 WHERE tenant_id = $1 AND id = $2",
            *(caller.tenant, disclosure.id, received_at),
        )
    told: dict[str, Detail] = {"disclosure": disclosure.id, "kind": disclosure.kind}
    await tell(caller.tenant, Topic.PACKAGE_FETCHED, package.id, audience=Audience.DPO, now=now, details=told)


async def _handing(caller: Caller, package_id: UUID, now: datetime) -> _Handing:
    package = await package_rows.find(caller.tenant, package_id, lock=True)
    disclosure = (await rows.fetch(caller.tenant, package.disclosure_id, lock=True)).disclosure
    if not await may_receive(disclosure, caller.id):
        raise NotFound
    whose = await tenancy(caller.tenant, at=now)
    decide_for(caller, whose, Action.RECEIVE_DISCLOSURE, now=now).enforce()
    _require_handed_over(disclosure, package, now)
    return _Handing(whose, disclosure, package)


def _require_handed_over(disclosure: Disclosure, package: Package, now: datetime) -> None:
    if disclosure.state not in HANDED_OVER:
        raise AccessOver(f"The disclosure is {disclosure.state.value.replace('_', ' ')}: nothing is given any more.")
    if disclosure.until is not None and disclosure.until <= now:
        raise AccessOver("The time in which it could be fetched is over.")
    if package.removed_at is not None:
        raise AccessOver("It was fetched as often as was approved, and removed.")
    if disclosure.is_blocked(now):
        raise Conflict("A second person has not confirmed this in time: nothing is given before they do.")


async def _begun(caller: Caller, handing: _Handing, now: datetime) -> Fetch:
    package, fetches = handing.package, await package_rows.fetches_of(handing.package)
    for fetch in fetches:
        if fetch.member_id == caller.id and fetch.is_open(package.size):
            return fetch
    if package.fetches_allowed is not None and len(fetches) >= package.fetches_allowed:
        raise Conflict("It was fetched as often as was approved.")
    until = handing.disclosure.until or now
    fetch = Fetch(id=uuid4(), package_id=package.id, member_id=caller.id, begun_at=now, expires_at=until, sent=Sent())
    await package_rows.insert_fetch(caller.tenant, fetch)
    details = {"package": str(package.id), "fetch": str(fetch.id)}
    event = audit.Event(act="package.fetch_begun", actor=caller.id, object_id=package.disclosure_id, details=details)
    await audit.record(caller.tenant, event, now=now)
    return fetch


async def _refusal(handing: _Handing, now: datetime) -> Decision | None:
    """Why it may not be handed over any more: then nobody gets it, until it is asked for and decided anew."""
    disclosure = handing.disclosure
    decision = await checking.asked(handing.whose, disclosure, now=now)
    if decision.permitted and await scoping.drifted(disclosure, now=now):
        reason = "Something in it may not be given any more: ask for what may, once more."
        decision = Decision.refuse(ITEMS_GONE, reason)
    if decision.permitted:
        return None
    clause = decision.clause.id if decision.clause else None
    if disclosure.state is DisclosureState.READY:
        await move(disclosure, DisclosureEvent.STOP, actor=None, now=now, clause=clause, ended_rule=decision.rule)
    return decision


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in rest:
        yield piece
