"""Requests of data subjects are read by those who handle them, and by nobody else."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.decisions import Action
from tenants.subject_rules import RequestState
from tenants.vocabulary import Right
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.rights import decide_for
from vault.subjects import rows
from vault.subjects.model import SubjectRequest

MOST = 200
"""Requests on one page."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which requests are listed, newest first: after the one that the last page ended with."""

    state: RequestState | None = None
    invoked: Right | None = None
    open: bool = False
    after: UUID | None = None
    limit: int = 50


async def find(custody: Custody, caller: Caller, request_id: UUID) -> SubjectRequest:
    """One request with its words.

    Raises:
        NotFound: no such request here.
        NotAllowed: no role of the caller handles requests.
    """
    _, request = await admit(custody, caller, request_id)
    return request


async def admit(custody: Custody, caller: Caller, request_id: UUID) -> tuple[Tenancy, SubjectRequest]:
    """The controller as it stands, and the request. Raises as `find` does."""
    caller.require(Action.HANDLE_SUBJECT_REQUEST)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whose = await handling(caller, now)
        found = await rows.fetch(caller.tenant, request_id)
    return whose, await asyncio.to_thread(rows.opened, custody, found, now=now)


async def handling(caller: Caller, now: datetime) -> Tenancy:
    """The controller, in its open scope. Raises NotAllowed where no role of the caller handles requests."""
    whose = await tenancy(caller.tenant, at=now)
    decide_for(caller, whose, Action.HANDLE_SUBJECT_REQUEST, now=now).enforce()
    return whose


async def listed(custody: Custody, caller: Caller, wanted: Filter) -> list[SubjectRequest]:
    """The controller's requests, newest first; one more than the limit where there is another page.

    Raises:
        NotAllowed: no role of the caller handles requests.
    """
    caller.require(Action.HANDLE_SUBJECT_REQUEST)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await handling(caller, now)
        page = await DB.fetch(
            "SELECT * FROM subject_request WHERE tenant_id = $1 AND ($2::text IS NULL OR state = $2)"
            " AND ($3::text IS NULL OR invoked = $3) AND (NOT $4 OR ended_at IS NULL)"
            " AND ($5::uuid IS NULL OR (recorded_at, id) < (SELECT recorded_at, id FROM subject_request b"
            " WHERE b.tenant_id = $1 AND b.id = $5)) ORDER BY recorded_at DESC, id DESC LIMIT $6",
            caller.tenant,
            wanted.state,
            wanted.invoked,
            wanted.open,
            wanted.after,
            min(wanted.limit, MOST) + 1,
        )
        found = await rows.sealed_of(caller.tenant, page)
    return await asyncio.to_thread(_opened, custody, found, now)


def _opened(custody: Custody, found: Sequence[rows.Sealed], now: datetime) -> list[SubjectRequest]:
    return [rows.opened(custody, one, now=now) for one in found]
