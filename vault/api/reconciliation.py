"""How catalogue and store agree: what was compared, what was found, and what was done about it."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from litestar import Router, get, post
from msgspec import Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.reconciliation.reading import ask_for_round, summaries


class FindingView(Struct, frozen=True, kw_only=True):
    """One thing in which catalogue, store and keyring differed."""

    kind: str
    explanation: str
    action: str
    at: datetime
    recording: UUID | None
    object_key: str | None


class ReconciliationView(Struct, frozen=True, kw_only=True):
    """One controller's newest comparison, and how far the copies of its rows are behind."""

    tenant: UUID
    slug: str
    round: UUID | None
    started_at: datetime | None
    completed_at: datetime | None
    objects: int
    parts: int
    opened: int
    counts: dict[str, int]
    to_copy: int
    to_copy_since: datetime | None
    findings: list[FindingView]


class ReconciliationList(Struct, frozen=True, kw_only=True):
    """The caller's own controller; for an operator all of them, in numbers."""

    items: list[ReconciliationView]


@get("/reconciliation", operation_id="read_reconciliation", opt={"action": Action.READ_RECONCILIATION})
async def read_reconciliation(caller: FromCaller) -> ReconciliationList:
    """What the newest comparison of catalogue and store found, for administrators, DPOs and operators."""
    return ReconciliationList(items=[_view(asdict(item)) for item in await summaries(caller)])


@post(
    "/reconciliation",
    operation_id="ask_for_reconciliation",
    status_code=202,
    opt={"action": Action.READ_RECONCILIATION},
)
async def ask_for_reconciliation(custody: InCustody, caller: FromCaller) -> None:
    """Have the controller's catalogue and store compared from one end to the other, now."""
    await ask_for_round(custody, caller)


def _view(item: dict[str, object]) -> ReconciliationView:
    findings = [FindingView(**found) for found in item.pop("findings")]  # type: ignore[attr-defined] # a list of them
    return ReconciliationView(**item, findings=findings)  # type: ignore[arg-type] # the fields of the summary


router = Router(path="/v1", tags=["reconciliation"], route_handlers=[read_reconciliation, ask_for_reconciliation])
