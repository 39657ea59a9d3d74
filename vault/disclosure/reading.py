"""Who may see a disclosure: those who decide on them, whoever asked for it, and the persons named to receive it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from tenants.decisions import Action
from tenants.disclosing import DisclosureState
from tenants.vocabulary import DisclosureKind
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, tenant_scope
from vault.disclosure import rows
from vault.disclosure.model import Disclosure
from vault.errors import NotAllowed, NotFound

MOST = 200
"""Disclosures on one page."""

SEES = (
    "($2 OR requested_by = $3 OR EXISTS (SELECT FROM disclosure_recipient n WHERE n.tenant_id = d.tenant_id"
    " AND n.disclosure_id = d.id AND n.member_id = $3 AND (n.confirmed_at IS NOT NULL OR NOT EXISTS ("
    "SELECT FROM disclosure_decision x WHERE x.tenant_id = d.tenant_id AND x.disclosure_id = d.id"
    " AND x.verdict = 'approved' AND x.decided_at <= n.named_at))))"
)
"""Whether the person sees a row `d`: all of them ($2), their own request, or one they are named in ($3).

Whoever one person alone named after an approval is not named yet.
"""

STANDS_IN = (
    "SELECT 1 FROM delegation WHERE tenant_id = $1 AND stand_in_id = $2 AND revoked_at IS NULL AND starts_at <= $3"
    " AND ends_at > $3"
)
"""Whether the person stands in for one who decides, and sees what they see."""


@dataclass(frozen=True)
class Filter:
    """Which disclosures are listed, newest first: after the one with this id, which the last page ended with.

    `open`: only those of which somebody has still to do something, the recipient's duty among it. `unconfirmed`: only
    those that one person approved in an emergency, and the second has still to confirm.
    """

    state: DisclosureState | None = None
    kind: DisclosureKind | None = None
    after: UUID | None = None
    limit: int = 50
    open: bool = False
    unconfirmed: bool = False


@dataclass(frozen=True)
class Seen:
    """A disclosure, and whether the caller sees everything of it: as somebody who decides, or stands in for one."""

    disclosure: Disclosure
    whole: bool


async def find(custody: Custody, caller: Caller, disclosure_id: UUID) -> Disclosure:
    """One disclosure that the caller may see.

    Raises:
        NotFound: no such disclosure here, or none that the caller has to do with.
        NotAllowed: the caller's roles have to do with none.
    """
    return (await look(custody, caller, disclosure_id)).disclosure


async def look(custody: Custody, caller: Caller, disclosure_id: UUID) -> Seen:
    """One disclosure, and how much of it the caller sees; raises as `find` does."""
    _require_may_see(caller)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whole = await _sees_whole(caller, now)
        seen = await DB.fetch(
            f"SELECT 1 FROM disclosure d WHERE tenant_id = $1 AND {SEES} AND id = $4",  # noqa: S608 - our own words
            caller.tenant,
            whole,
            caller.id,
            disclosure_id,
        )
        if not seen:
            raise NotFound
        found = await rows.fetch(caller.tenant, disclosure_id)
    return Seen(await asyncio.to_thread(rows.opened, custody, found, now=now), whole)


async def listed(custody: Custody, caller: Caller, wanted: Filter) -> list[Seen]:
    """The disclosures that the caller may see, newest first; one more than the limit where there is another page.

    Raises:
        NotAllowed: the caller's roles have to do with none.
    """
    _require_may_see(caller)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        whole = await _sees_whole(caller, now)
        found = await rows.stored(caller.tenant, await _page(caller, wanted, whole=whole))
    opened = await asyncio.to_thread(_opened, custody, found, now)
    return [Seen(disclosure, whole) for disclosure in opened]


def sees_all(caller: Caller) -> bool:
    """Whether the caller sees every disclosure of the controller, with all that was decided on it."""
    return caller.may(Action.READ_DISCLOSURES)


def _require_may_see(caller: Caller) -> None:
    """Raises NotAllowed for whoever can neither read, ask for nor receive any: operators and machines among them."""
    acts = (Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE, Action.RECEIVE_DISCLOSURE)
    if caller.tenant == PLATFORM or not any(caller.may(act) for act in acts):
        raise NotAllowed("None of your roles has to do with disclosures.")


async def _sees_whole(caller: Caller, now: datetime) -> bool:
    """Whether the caller sees every disclosure; in the open scope."""
    return sees_all(caller) or bool(await DB.fetch(STANDS_IN, caller.tenant, caller.id, now))


async def _page(caller: Caller, wanted: Filter, *, whole: bool) -> Sequence[Record]:
    return await DB.fetch(
        f"SELECT * FROM disclosure d WHERE tenant_id = $1 AND {SEES} AND ($4::text IS NULL OR state = $4)"  # noqa: S608 - ours
        " AND ($5::text IS NULL OR kind = $5) AND ($6::uuid IS NULL OR (requested_at, id) < ("
        "SELECT a.requested_at, a.id FROM disclosure a WHERE a.tenant_id = $1 AND a.id = $6))"
        " AND (NOT $8 OR ended_at IS NULL"
        " OR received_at IS NOT NULL AND duty_until IS NOT NULL AND duty_done_at IS NULL)"
        " AND (NOT $9 OR confirm_by IS NOT NULL AND confirmed_at IS NULL AND ended_at IS NULL)"
        " ORDER BY requested_at DESC, id DESC LIMIT $7",
        caller.tenant,
        whole,
        caller.id,
        wanted.state,
        wanted.kind,
        wanted.after,
        min(wanted.limit, MOST) + 1,
        wanted.open,
        wanted.unconfirmed,
    )


def _opened(custody: Custody, found: Sequence[rows.Stored], now: datetime) -> list[Disclosure]:
    return [rows.opened(custody, one, now=now) for one in found]
