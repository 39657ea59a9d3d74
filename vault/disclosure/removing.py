"""A package's file goes when it was fetched as often as was approved, when its time is over, or when it was revoked.

What was begun of one that nobody is to get any more goes as well; and what was approved for somebody who never came,
or named no key, ends, so that nothing is held for it forever. May be killed anywhere and run again.
"""

from datetime import datetime
from uuid import UUID

import structlog

from tenants.disclosing import NEEDS, DisclosureEvent, DisclosureState
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.register import tenancy
from vault.disclosure import package_rows, rows
from vault.disclosure.fetching import RESUMED_FOR
from vault.disclosure.model import Disclosure
from vault.disclosure.package_rows import Package
from vault.disclosure.packing import GIVE_FOR
from vault.disclosure.steps import move
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

log = structlog.get_logger()

S, E = DisclosureState, DisclosureEvent

_OVER = (
    "FROM package p JOIN disclosure d ON d.tenant_id = p.tenant_id AND d.id = p.disclosure_id"
    " WHERE p.tenant_id = $1 AND p.removed_at IS NULL AND (d.ended_at IS NOT NULL OR d.until <= $2"
    " OR p.fetches_allowed <= (SELECT count(*) FROM package_fetch f WHERE f.tenant_id = p.tenant_id"
    " AND f.package_id = p.id AND f.completed_at <= $2::timestamptz - $3::interval))"
)
"""Packages whose file nobody is to fetch any more, nor the rest of it ($3: for how long that is sent again)."""

_GIVEN_UP = (
    "FROM package_making m JOIN disclosure d ON d.tenant_id = m.tenant_id AND d.id = m.disclosure_id"
    " WHERE m.tenant_id = $1 AND d.state <> 'approved'"
)
"""What was begun for a disclosure that is not to be packed any more."""

_WAITED = (
    "FROM disclosure WHERE tenant_id = $1 AND state = 'approved' AND ended_at IS NULL AND kind = ANY($3)"
    " AND (decided_at <= $2::timestamptz - $4::interval OR (terms ->> 'give_until')::timestamptz <= $2)"
)
"""What was approved so long ago, and there was still nobody to hand it over to or no key to seal it to."""

_CONFIRMED = (
    "FROM disclosure d WHERE d.tenant_id = $1 AND d.state = 'received' AND d.ended_at IS NULL AND d.kind = ANY($2)"
    " AND d.confirmed_at IS NOT NULL AND EXISTS (SELECT FROM package p WHERE p.tenant_id = $1"
    " AND p.disclosure_id = d.id) AND NOT EXISTS (SELECT FROM package p WHERE p.tenant_id = $1"
    " AND p.disclosure_id = d.id AND p.removed_at IS NULL)"
)
"""What the second person confirmed after its file had gone."""

NOBODY_CAME = "nobody-to-hand-over-to"
"""The rule that ends it."""

_WITHOUT_DUTY = [kind.value for kind, needs in NEEDS.items() if not needs.duty]
_PACKED = [kind.value for kind, needs in NEEDS.items() if needs.gives is E.PACK]


async def is_due(tenant: UUID, now: datetime) -> bool:
    """Whether anything is to be removed; in the controller's open scope."""
    sql = f"SELECT EXISTS (SELECT {_OVER}) OR EXISTS (SELECT {_GIVEN_UP})"
    waited = await DB.fetch(f"SELECT 1 {_WAITED} LIMIT 1", tenant, now, _PACKED, GIVE_FOR)
    confirmed = await DB.fetch(f"SELECT 1 {_CONFIRMED} LIMIT 1", tenant, _WITHOUT_DUTY)
    return bool(waited or confirmed or (await DB.fetch(sql, tenant, now, RESUMED_FOR))[0][0])


async def remove(custody: Custody, tenant: UUID) -> bool:
    """Remove what is due, and take the steps that follow.

    Returns:
        Whether nothing is left to do now.
    """
    async with tenant_scope(tenant):
        await _end_waiting(tenant, custody.clock.now())
        await _end_confirmed(tenant, custody.clock.now())
        bucket = (await tenancy(tenant, at=custody.clock.now())).bucket
        over = await DB.fetch(f"SELECT p.id {_OVER} ORDER BY p.id", tenant, custody.clock.now(), RESUMED_FOR)
        begun = await DB.fetch(f"SELECT m.disclosure_id, m.object_key {_GIVEN_UP}", tenant)
    finished = True
    for row in over:
        try:
            await _remove(custody, tenant, bucket, row["id"])
        except Exception as error:  # one whose file does not go is tried again; the next one's goes all the same
            log.error("package.not_removed", tenant=str(tenant), package=str(row["id"]), error=type(error).__name__)
            finished = False
    for row in begun:
        await custody.objects.discard(bucket, row["object_key"])
        await _forget(tenant, row["disclosure_id"])
    return finished


async def _remove(custody: Custody, tenant: UUID, bucket: str, package_id: UUID) -> None:
    """The step first: from then on nobody begins to fetch it. Then the file, and last that it has gone."""
    async with tenant_scope(tenant):
        package = await package_rows.find(tenant, package_id, lock=True)
        disclosure = (await rows.fetch(tenant, package.disclosure_id, lock=True)).disclosure
        await _step(disclosure, custody.clock.now())
    await custody.objects.discard(bucket, package.object_key)
    now = custody.clock.now()
    async with tenant_scope(tenant):
        gone = await DB.fetch(
            "UPDATE package SET removed_at = $3 WHERE tenant_id = $1 AND id = $2 AND removed_at IS NULL RETURNING true",
            *(tenant, package.id, now),
        )
        if gone:
            await audit.record(tenant, _removed(package), now=now)


async def _end_waiting(tenant: UUID, now: datetime) -> None:
    """In the open scope."""
    for row in await DB.fetch(f"SELECT id {_WAITED}", tenant, now, _PACKED, GIVE_FOR):
        disclosure = (await rows.fetch(tenant, row["id"], lock=True)).disclosure
        if disclosure.state is S.APPROVED:
            await move(disclosure, E.STOP, actor=None, now=now, ended_rule=NOBODY_CAME)


async def _end_confirmed(tenant: UUID, now: datetime) -> None:
    """In the open scope."""
    for row in await DB.fetch(f"SELECT d.id {_CONFIRMED}", tenant, _WITHOUT_DUTY):
        disclosure = (await rows.fetch(tenant, row["id"], lock=True)).disclosure
        if disclosure.state is S.RECEIVED:
            await move(disclosure, E.FULFIL, actor=None, now=now)


async def _step(disclosure: Disclosure, now: datetime) -> None:
    if disclosure.state is S.READY:
        await move(disclosure, E.EXPIRE, actor=None, now=now, ended_rule="not-fetched")
        await tell(disclosure.tenant, Topic.PACKAGE_EXPIRED, disclosure.id, audience=Audience.DPO, now=now)
    elif disclosure.state is S.RECEIVED and not disclosure.needs.duty and not disclosure.unconfirmed:
        # Nothing is owed for it any more; where something is, whoever confirms it ends the disclosure. An emergency
        # that nobody has confirmed yet stays open, but for its file.
        await move(disclosure, E.FULFIL, actor=None, now=now)


def _removed(package: Package) -> audit.Event:
    details = {"package": str(package.id), "bytes": package.size}
    return audit.Event(act="package.removed", actor=None, object_id=package.disclosure_id, details=details)


async def _forget(tenant: UUID, disclosure_id: UUID) -> None:
    async with tenant_scope(tenant):
        await DB.fetch(
            "DELETE FROM package_making m USING disclosure d WHERE m.tenant_id = $1 AND m.disclosure_id = $2"
            " AND d.tenant_id = m.tenant_id AND d.id = m.disclosure_id AND d.state <> 'approved'",
            *(tenant, disclosure_id),
        )
