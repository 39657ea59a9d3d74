"""What a bulk hold would hold is counted before it is ordered; nothing is held by that."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from tenants.keeping import is_covered
from tenants.policy import Policy
from tenants.recordings import Kind
from tenants.vocabulary import HoldReason
from vault.access.cursors import Position
from vault.access.finding import Term, find_page
from vault.access.opening import Opening
from vault.access.query import LIMIT_MOST, Query, checked
from vault.access.refusals import SEARCHED
from vault.access.search import terms_of
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.custody.register import Tenancy, tenancy
from vault.keeping.placing import checked_note, checked_until
from vault.rights import decide_for, require_wide

PAGES_MOST: Final = 10
"""Pages that are counted; whoever looks for more is told that there is more."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a search finds now, by kind; `more` says that it was not counted to its end.

    Of the kinds `not_kept` the notice in force lets nothing wait for the reason.
    """

    total: int
    more: bool
    kinds: Mapping[Kind, int] = field(default_factory=dict)
    not_kept: tuple[Kind, ...] = ()
    earliest: datetime | None = None
    latest: datetime | None = None


async def preview(
    custody: Custody,
    caller: Caller,
    query: Query,
    *,
    reason: HoldReason,
    note: str | None = None,
    until: datetime | None = None,
) -> Preview:
    """Count what a hold on all that a search finds would hold now; that it was searched for stands in the log.

    Raises:
        Invalid: the search, the note or the date cannot be.
        NotAllowed: no role of the person may hold.
        Refused: the contract is over, or the person's own searches find the calls of their teams only.
    """
    caller.require(Action.HOLD)
    now = custody.clock.now()
    query = replace(checked(query), limit=LIMIT_MOST)
    checked_note(note)
    checked_until(until, now)
    terms = await terms_of(Opening(custody), caller.tenant, query, now)
    async with tenant_scope(caller.tenant):
        whose = await tenancy(caller.tenant, at=now)
        decide_for(caller, whose, Action.HOLD, now=now).enforce()
        require_wide(caller, whose)
        found, more = await _counted(whose, query, terms, now)
        event = audit.Event(act=SEARCHED, actor=caller.id, details={"filters": query.names(), "found": len(found)})
        await audit.record(caller.tenant, event, now=now)
    kinds = Counter(Kind(row["kind"]) for row in found.values())
    started = sorted(row["started_at"] for row in found.values())
    return Preview(
        total=len(found),
        more=more,
        kinds=dict(sorted(kinds.items())),
        not_kept=tuple(kind for kind in sorted(kinds) if not _keeps(whose.policy, kind, reason)),
        earliest=started[0] if started else None,
        latest=started[-1] if started else None,
    )


async def _counted(whose: Tenancy, query: Query, terms: list[Term], now: datetime) -> tuple[dict[UUID, Record], bool]:
    """A row of each recording that is found, and whether there are more."""
    kinds = sorted(set(query.kinds) or set(whose.policy.recorded.kinds))
    counted: dict[UUID, Record] = {}
    after: Position | None = None
    for _ in range(PAGES_MOST):
        rows = await find_page(whose.tenant, query, kinds, terms, after=after, now=now)
        found = {row["id"]: row for row in rows}
        page = list(found.values())[: query.limit]
        counted |= {row["id"]: row for row in page}
        if len(found) == len(page):
            return counted, False
        after = Position(page[-1]["started_at"], page[-1]["id"])
    return counted, True


def _keeps(policy: Policy, kind: Kind, reason: HoldReason) -> bool:
    """Whether the notice in force lets any part of such a recording wait for the reason."""
    rule = policy.kind(kind)
    return rule is not None and any(
        is_covered(reason, kept.longer_while or ()) for kept in rule.retention.by_class().values()
    )
