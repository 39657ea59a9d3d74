"""A contract: when it ends, in which state it is, and moving its end by two persons."""

from datetime import date, datetime
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct, structs

from tenants.contracts import ContractState
from tenants.decisions import Action
from tenants.notices import NoticeKind, upcoming
from tenants.vocabulary import Role
from vault.api.dependencies import FromCaller, InCustody
from vault.api.proposals import ProposalView, Why, view
from vault.destruction.blocked import DECIDING, Blocked
from vault.destruction.contract_change import propose_change
from vault.destruction.contracts import Agreement, contracts
from vault.destruction.following import Course, course


class Change(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contract's new last day, and why. Yesterday ends it at once: nothing more is taken in, and all of it goes."""

    last_day: date
    reason: Why


class NextNotice(Struct, frozen=True, kw_only=True):
    """What is told next: `days` before or after the contract's last day, at `due_at`."""

    kind: NoticeKind
    days: int
    due_at: datetime


class BlockedView(Struct, frozen=True, kw_only=True):
    """What is held beyond the contract's end: recordings by reason; the roles and members who may end the reasons."""

    recordings: int
    reasons: dict[str, int]
    decided_by_roles: list[Role]
    decided_by: list[UUID]


class ContractView(Struct, frozen=True, kw_only=True):
    """A contract and where it stands; its days are days of `time_zone`.

    `destruction` names the certificate once everything is destroyed; `next_notice` is what the vault tells by itself.
    """

    id: UUID
    controller: UUID
    slug: str
    name: str
    starts_on: date
    ends_on: date
    time_zone: str
    state: ContractState
    ends_at: datetime
    destroying_since: datetime | None
    destroyed_at: datetime | None
    destruction: UUID | None
    next_notice: NextNotice | None
    returning_since: datetime | None
    returned_at: datetime | None
    blocked: BlockedView | None


class StoredView(Struct, frozen=True, kw_only=True):
    """What the store held of a controller before anything of it was removed."""

    object_versions: int
    delete_markers: int
    unfinished_uploads: int


class CourseView(Struct, frozen=True, kw_only=True):
    """How far the destruction at a contract's end has come: the moment of each step, null where it is still to come.

    `standing` recordings are here; `held` tells which of them stay beyond the end and who may end the reasons; an
    operator is told once the destruction has begun. At `root_key_gone_at` a KMS deletes a root key pending there;
    `root_key_unknown` says that it does not answer now. `rest_destroyed` tells, while something is held, that all else
    is gone. `failures` are of the newest try.
    """

    contract: UUID
    state: ContractState
    standing: int
    held: BlockedView | None
    destruction: UUID | None
    began_at: datetime | None
    keys_destroyed_at: datetime | None
    caches_empty_by: datetime | None
    root_key_gone_at: datetime | None
    root_key_unknown: bool
    recordings: int | None
    parts: int | None
    stored: StoredView | None
    ciphertext_removed_at: datetime | None
    rows_removed: bool
    certified_at: datetime | None
    rest_destroyed: bool
    failures: dict[str, int]


@get("/contracts", operation_id="list_contracts", opt={"action": Action.READ_CONTRACT})
async def list_contracts(custody: InCustody, caller: FromCaller) -> list[ContractView]:
    """The caller's contract; every controller's for an operator."""
    now = custody.clock.now()
    return [_view(agreement, now) for agreement in await contracts(caller)]


@post(
    "/contracts/{contract_id:uuid}/changes",
    operation_id="change_contract",
    status_code=202,
    opt={"action": Action.END_CONTRACT},
)
async def change_contract(
    contract_id: FromPath[UUID], data: JSONBody[Change], custody: InCustody, caller: FromCaller
) -> ProposalView:
    """Propose another last day, later or earlier; a second person decides on it at `/v1/proposals/{id}/decision`."""
    return view(await propose_change(custody, caller, contract_id, last_day=data.last_day, reason=data.reason))


@get(
    "/contracts/{contract_id:uuid}/destruction",
    operation_id="read_contract_destruction",
    opt={"action": Action.READ_CERTIFICATE},
)
async def read_destruction(contract_id: FromPath[UUID], custody: InCustody, caller: FromCaller) -> CourseView:
    """How far the destruction at the contract's end has come, and what is held beyond it."""
    return _course(await course(custody, caller, contract_id))


def _course(found: Course) -> CourseView:
    stored = found.stored
    return CourseView(
        contract=found.contract,
        state=found.state,
        standing=found.standing,
        held=_blocked(found.held),
        destruction=found.destruction,
        began_at=found.began_at,
        keys_destroyed_at=found.keys_destroyed_at,
        caches_empty_by=found.caches_empty_by,
        root_key_gone_at=found.root_key_gone_at,
        root_key_unknown=found.root_key_unknown,
        recordings=found.recordings,
        parts=found.parts,
        stored=None if stored is None else StoredView(**structs.asdict(stored)),
        ciphertext_removed_at=found.ciphertext_removed_at,
        rows_removed=found.rows_removed,
        certified_at=found.certified_at,
        rest_destroyed=found.rest_destroyed,
        failures=found.failures,
    )


def _view(agreement: Agreement, now: datetime) -> ContractView:
    term, told = agreement.term, upcoming(agreement.term, now, agreement.given)
    return ContractView(
        id=agreement.id,
        controller=agreement.controller,
        slug=agreement.slug,
        name=agreement.name,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        time_zone=term.time_zone,
        state=term.state_on(now),
        ends_at=term.ends_at,
        destroying_since=term.destroying_since,
        destroyed_at=term.destroyed_at,
        destruction=agreement.destruction,
        next_notice=None if told is None else NextNotice(kind=told.kind, days=told.days, due_at=told.due_at),
        returning_since=term.returning_since,
        returned_at=term.returned_at,
        blocked=_blocked(agreement.blocked),
    )


def _blocked(blocked: Blocked | None) -> BlockedView | None:
    if blocked is None:
        return None
    return BlockedView(
        recordings=blocked.recordings,
        reasons=blocked.reasons,
        decided_by_roles=sorted(DECIDING),
        decided_by=list(blocked.decided_by),
    )


router = Router(path="/v1", tags=["contracts"], route_handlers=[list_contracts, change_contract, read_destruction])
