"""What a policy change would do is told for a million parts in about the time that counting them takes.

The peer is the bare aggregate over the same columns in the same database; ours also reckons each group's new day.
"""

import asyncio
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from msgspec.structs import replace

import tenants
from infra.embedded import Stack
from tenants.policy import Policy, RetentionRule
from tenants.reading import read_policy
from tenants.recordings import Kind
from tests.benchmarks import Row, Turns, tell
from vault.clock import SystemClock
from vault.custody.database import DB, tenant_scope
from vault.custody.migrate import migrate
from vault.policies.preview import AGGREGATE, groups, preview

RECORDINGS = 400_000
"""Each has its contact record, its content, and half of them peaks: a million parts."""

SLICE = 50_000
ROUNDS = 5

KINDS_OF_PART = (("content", "content", 180, True), ("peaks", "content", 180, False), ("contact", "contact", 365, True))
"""Name, class, how many days it is kept, and whether every recording has one."""

FILL = """
INSERT INTO recording (tenant_id, id, source_digest, kind, media_type, policy_version, started_at, facts, received_at,
    received_by)
SELECT $1, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, int8send(n), 'call', 'audio/wav', 1,
    $2::timestamptz - n * interval '38 seconds', '{}', now(), $1 FROM generate_series($3::bigint, $4::bigint) AS n
"""

PARTS = """
INSERT INTO part (tenant_id, id, recording_id, name, part_class, media_type, object_key, object_version, plain_size,
    sealed_size, sealed_sha256, shred_key_id, wrapped_key, prefix, destroy_at, promised_until, clause)
SELECT r.tenant_id, gen_random_uuid(), r.id, $2, $3, 'audio/wav', 'k/' || r.id, 'v', 1, 100, '', $3 || '/' ||
    r.started_at::date, '', '', date_trunc('day', r.started_at) + $4::interval, date_trunc('day', r.started_at)
    + $4::interval, 'retention_call' FROM recording r WHERE r.tenant_id = $1
    AND ($5 OR get_byte(r.source_digest, 7) % 2 = 0) AND r.source_digest BETWEEN $6 AND $7
"""


def rows() -> list[Row]:
    """One preview against one aggregate, by turns, on one connection each time."""
    return asyncio.run(_rows())


async def _rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="vault-bench-") as directory, Stack(Path(directory)) as stack:
        settings = stack.endpoints
        await migrate(settings.owner_database_url)
        await DB.open_pool(settings.owner_database_url)
        try:
            turns, parts = await _measured(uuid4())
        finally:
            await DB.close_pool()
    seconds = {side: turns.median(side) for side in turns.seconds}
    name = f"preview of a policy change over {parts:,} parts, against the bare aggregate"
    return [Row(name, 1 / seconds["ours"], 1 / seconds["peer"], turns.ratio("ours", "peer"), 0.8, "previews/s")]


async def _measured(tenant: UUID) -> tuple[Turns, int]:
    before = read_policy((Path(tenants.__file__).parent / "prh.toml").read_text(), source="prh.toml")
    after, turns = _shorter(before), Turns({"ours": [], "peer": []})
    await _fill(tenant)
    for turn in range(ROUNDS + 1):
        for side in turns.seconds:
            began = time.perf_counter()
            async with tenant_scope(tenant):
                found = await (
                    groups(tenant, after) if side == "ours" else DB.fetch(AGGREGATE, tenant, after.time_zone)
                )
            if side == "ours":
                told = await preview(before, after, found, now=SystemClock().now())
            if turn:
                turns.seconds[side].append(time.perf_counter() - began)
    return turns, sum(period["parts"] for period in told["periods"])


async def _fill(tenant: UUID) -> None:
    """Rows as they would be, slice by slice; what marks recordings to be copied again would only take time here."""
    now = SystemClock().now()
    async with tenant_scope(tenant):
        await DB.script("ALTER TABLE part DISABLE TRIGGER USER")
    for first in range(1, RECORDINGS, SLICE):
        async with tenant_scope(tenant):
            await DB.fetch(FILL, tenant, now, first, first + SLICE - 1)
            for name, part_class, days, every in KINDS_OF_PART:
                span = (first.to_bytes(8, "big"), (first + SLICE - 1).to_bytes(8, "big"))
                await DB.fetch(PARTS, tenant, name, part_class, timedelta(days=days), every, *span)
    async with tenant_scope(tenant):
        await DB.script("ANALYZE part; ANALYZE recording")


def _shorter(policy: Policy) -> Policy:
    call = policy.recorded.kinds[Kind.CALL]
    rule = RetentionRule(keep="P3M", clause=call.retention.content.clause)
    kinds = dict(policy.recorded.kinds) | {Kind.CALL: replace(call, retention=replace(call.retention, content=rule))}
    recorded = replace(policy.recorded, kinds=kinds)
    return replace(policy, version=2, effective_from=date(2026, 1, 1), recorded=recorded)


if __name__ == "__main__":
    tell(rows())
