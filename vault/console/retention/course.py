"""A contract as a page shows it: its dates, what was told, its return, what stops its end, and how far it has come."""

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tenants.contracts import ContractState
from tenants.decisions import Action
from tenants.notices import Notice as Coming
from tenants.notices import before_end
from vault.accounts import Caller
from vault.colleagues import names
from vault.console.language import mark
from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.destruction.contracts import Agreement, contracts
from vault.destruction.following import Course, course
from vault.destruction.reading import certificate
from vault.errors import NotFound
from vault.handlers import HANDLERS
from vault.keeping.explaining import live_holds, live_restrictions
from vault.keeping.placing import Known
from vault.notices import Notice, notices
from vault.proposals.model import Proposal, State
from vault.proposals.reading import proposals
from vault.returning.receipts import Return, look

HELD_SHOWN = 10
"""Of the holds and restrictions that stop the end, so many are named."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the end: what is done, how it stands (`done`, `now`, `failed` or nothing yet), when, how much."""

    name: str
    state: str
    at: datetime | None = None
    numbers: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Everything of a contract that this person may see."""

    agreement: Agreement
    state: ContractState
    now: datetime
    is_own: bool
    course: Course | None
    steps: list[Step]
    returned: Return | None
    notices: list[Notice]
    coming: list[Coming]
    waiting: list[Proposal]
    names: dict[UUID, str]
    certificate: str | None
    held: list[Known]

    @property
    def is_over(self) -> bool:
        """Whether nothing more of it will change."""
        return self.state is ContractState.DESTROYED

    @property
    def moves(self) -> bool:
        """Whether it is worth looking at it while it changes: it is over, or will be within the day."""
        ends_soon = (self.agreement.term.ends_at - self.now).total_seconds() < 24 * 3600
        return not self.is_over and (self.state.over or ends_soon)

    @property
    def file(self) -> str:
        """The certificate as an address that needs no vault: afterwards its own people can ask for it no more."""
        return "data:application/json;base64," + base64.b64encode((self.certificate or "").encode()).decode()


async def gather(custody: Custody, caller: Caller, agreement: Agreement) -> Shown:
    """What this person may see of a contract.

    Raises:
        NotAllowed: the caller's roles do not read contracts.
    """
    now = custody.clock.now()
    found = await course(custody, caller, agreement.id) if caller.may(Action.READ_CERTIFICATE) else None
    told = await notices(caller) if caller.may(Action.READ_NOTICE) else []
    told = [one for one in told if one.contract == agreement.id]
    given = {(one.kind, one.days) for one in told if one.superseded_at is None}
    state = agreement.term.state_on(now)
    ended_by = agreement.destruction if state is ContractState.DESTROYED and found else None
    return Shown(
        agreement=agreement,
        state=state,
        now=now,
        is_own=caller.tenant == agreement.controller,
        course=found,
        steps=steps(found) if found else [],
        returned=await look(custody, caller, agreement.id) if caller.may(Action.READ_RETURN) else None,
        notices=told,
        coming=[] if state.over else [one for one in before_end(agreement.term) if one.key not in given],
        waiting=await _waiting(custody, caller, agreement),
        names=await _names(caller, found, told),
        certificate=await certificate(caller, ended_by) if ended_by else None,
        held=await _held(custody, caller, agreement, found),
    )


async def find(caller: Caller, contract: UUID | None = None) -> Agreement:
    """One contract of those that the caller may see; the caller's own where none is named.

    Raises:
        NotAllowed: the caller's roles do not read contracts.
        NotFound: there is no such contract, or an operator names none.
    """
    for agreement in await contracts(caller):
        if agreement.id == contract or (contract is None and caller.tenant != PLATFORM):
            return agreement
    raise NotFound


def steps(found: Course) -> list[Step]:
    """The destruction, step by step; the first that is not done is under way, has failed, or waits for a decision."""
    began, destroyed, removed = found.began_at, found.keys_destroyed_at, found.ciphertext_removed_at
    rest = began if found.rest_destroyed else None
    emptied = mark("Every version, marker and unfinished upload leaves the store, then the bucket")
    told = [
        _step(mark("The vault stops: nobody searches or listens, and what was proposed has ended"), began),
        *([_step(mark("All that is not held is destroyed"), rest)] if found.held else []),
        _step(mark("The controller's own key is destroyed in the keyring"), destroyed),
        _step(mark("No process remembers a key"), found.caches_empty_by),
        _step(mark("What was there is counted"), destroyed if found.parts is not None else None, _counted(found)),
        _step(emptied, removed, _stored(found)),
        _step(mark("The rows leave the catalogue"), removed if found.rows_removed else None),
        _step(mark("Another process verifies it, and the certificate is signed"), found.certified_at),
    ]
    reached = next((place for place, step in enumerate(told) if not step.state), None)
    if reached is not None and began is not None:
        told[reached] = replace(told[reached], state="failed" if found.failures else "now")
    return told


def _step(name: str, at: datetime | None, numbers: tuple[tuple[str, int], ...] = ()) -> Step:
    return Step(name=name, state="done" if at else "", at=at, numbers=numbers)


def _counted(found: Course) -> tuple[tuple[str, int], ...]:
    if found.parts is None or found.recordings is None:
        return ()
    return (mark("recordings"), found.recordings), (mark("parts"), found.parts)


def _stored(found: Course) -> tuple[tuple[str, int], ...]:
    stored = found.stored
    if stored is None:
        return ()
    return (
        (mark("object versions"), stored.object_versions),
        (mark("delete markers"), stored.delete_markers),
        (mark("unfinished uploads"), stored.unfinished_uploads),
    )


async def _waiting(custody: Custody, caller: Caller, agreement: Agreement) -> list[Proposal]:
    """What waits for a second person and concerns this contract."""
    if not caller.may(Action.READ_PROPOSALS):
        return []
    asked = await proposals(custody, HANDLERS, caller, state=State.PROPOSED)
    return [one for one in asked if one.object_id == agreement.id]


async def _held(custody: Custody, caller: Caller, agreement: Agreement, found: Course | None) -> list[Known]:
    """The first holds and restrictions that stop it, for the controller's own people who may end them."""
    is_own = caller.tenant == agreement.controller
    if found is None or found.held is None or not is_own or not caller.may(Action.LIFT):
        return []
    holds = await live_holds(custody, caller, limit=HELD_SHOWN)
    restrictions = await live_restrictions(custody, caller, limit=HELD_SHOWN)
    return (holds + restrictions)[:HELD_SHOWN]


async def _names(caller: Caller, found: Course | None, told: list[Notice]) -> dict[UUID, str]:
    """Who is told of, by name: who may end what stops the destruction, and who took note of what."""
    ids = {one.acknowledged_by for one in told if one.acknowledged_by}
    if found is not None and found.held is not None:
        ids |= set(found.held.decided_by)
    return await names(caller, ids, reading=Action.READ_AUDIT) if caller.may(Action.READ_AUDIT) else {}
