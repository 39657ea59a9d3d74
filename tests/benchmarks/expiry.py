"""A day of recordings is unreadable as soon however many they are, and is purged about as fast as a store deletes.

How soon is measured over days of 1 000, 10 000 and 100 000 contact records, by turns: these lie in the catalogue alone,
so that their rows are written in bulk, under real keys, and nobody spends an hour on putting objects that are not
looked at before the keys have gone. Each such day is destroyed to its end: rows, verification, certificate.

How fast is measured over recordings of 1 to 4 kB that are put straight into store and catalogue, on a few days. Each is
destroyed by itself, in turn with `delete_objects` of bare boto3 on as many objects, of the same sizes, in the same
store and laid out alike. Ours is told nothing: it lists, asks the catalogue what stands, removes, lists again, strikes
rows, has all of it verified and signs the certificate.

`VAULT_BENCH_EXPIRY` names other sizes for the rate than 1 000 and 10 000, such as `1000,10000,100000`: a put takes the
embedded store about 12 ms of processors, so that two cores put the 200 000 objects of the last in twenty minutes.
`VAULT_BENCH_EXPIRY_DAYS` spreads them over other than five days.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import psutil

from infra.embedded import Endpoints
from tests.benchmarks import Row, tell
from tests.benchmarks.served import peak_memory, plain_store, served
from tests.world import World
from vault.assembly import open_custody
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.sealed import Place
from vault.destruction import expiry, purging
from vault.ingest.parts import object_key
from vault.settings import Settings

SIZES = tuple(map(int, os.environ.get("VAULT_BENCH_EXPIRY", "1000,10000").split(",")))
DAYS = int(os.environ.get("VAULT_BENCH_EXPIRY_DAYS", "5"))
RECORDS = (1_000, 10_000, 100_000)
TURNS = 5
SLICE = 20_000
"""Rows written in one statement."""

PUTS_AT_ONCE = 24
PEER_BUCKET = "bare-versions"
REGION = "eu-north-1"
MEGABYTE = 10**6
MEMORY = 60.0

RECORDINGS = """
INSERT INTO recording (tenant_id, id, source_digest, kind, media_type, policy_version, started_at, facts, received_at,
    received_by) SELECT $1, id, uuid_send(id), 'call', 'audio/wav', 1, $3, '{}', $3, $1 FROM unnest($2::uuid[]) AS id
"""
CONTACTS = """
INSERT INTO part (tenant_id, id, recording_id, name, part_class, media_type, object_key, object_version, plain_size,
    sealed_size, sealed_sha256, shred_key_id, wrapped_key, prefix, sealed, destroy_at, promised_until, clause)
SELECT $1, gen_random_uuid(), id, 'contact', 'contact', 'application/json', $3 || '/' || id || '/contact', '', 200, 288,
    sha256(uuid_send(id)), $3, sha256(''), sha256(''),
    (SELECT string_agg(sha256(uuid_send(id) || n::text::bytea), '') FROM generate_series(1, 9) AS n), $4, $4,
    'retention_contact'
FROM unnest($2::uuid[]) AS id
"""


@dataclass
class Times:
    """Seconds, and megabytes above what there was before, one for each day."""

    unreadable: list[float] = field(default_factory=list)
    purging: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def rows() -> list[Row]:
    """Time until unreadable over sizes, the rate of each size against its peer, and memory."""
    with served(_tenant) as (vault, tenant):
        return asyncio.run(_measured(vault.endpoints, tenant))


async def _measured(endpoints: Endpoints, tenant: UUID) -> list[Row]:
    async with open_custody(Settings.from_env(endpoints.environment())) as custody:
        await custody.objects.create_bucket(PEER_BUCKET, REGION)
        day = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        await _one_size(custody, endpoints, tenant, DAYS, day)  # warm
        times = dict[int, Times]()
        day += timedelta(days=DAYS)
        records = await _records_by_turns(custody, tenant, day)
        day += timedelta(days=TURNS * len(RECORDS))
        for number, size in enumerate(SIZES):
            times[size] = await _one_size(custody, endpoints, tenant, size, day + timedelta(days=DAYS * number))
    above = max(peak for each in (*records.values(), *times.values()) for peak in each.memory)
    return [
        _unreadable(records),
        *(_rate(size, found) for size, found in times.items()),
        Row("expiry, peak memory above idle", above, MEMORY, MEMORY / max(above, 1), 1.0, "MB"),
    ]


async def _records_by_turns(custody: Custody, tenant: UUID, first: datetime) -> dict[int, Times]:
    """In each turn a day of every size, each made just before it is destroyed."""
    times = {size: Times() for size in RECORDS}
    for number in range(TURNS * len(RECORDS)):
        size, day = RECORDS[number % len(RECORDS)], first + timedelta(days=number)
        await _make_records(custody, tenant, day, size)
        await _destroy(custody, tenant, day, times[size])
    return times


def _unreadable(times: dict[int, Times]) -> Row:
    """The ratio of the largest to the smallest may be 1.2: the other way round, at least 1 / 1.2.

    The best of each: a few milliseconds that another process took are no property of the number of recordings.
    """
    least, most = (min(times[size].unreadable) * 1000 for size in (min(times), max(times)))
    name = f"expiry, until unreadable: {max(times)} contact records against {min(times)}"
    return Row(name, most, least, least / most, 1 / 1.2, "ms")


def _rate(size: int, times: Times) -> Row:
    ours, peer = size / sum(times.whole), size / sum(times.peer)
    return Row(f"expiry of {size} recordings against bare delete_objects", ours, peer, ours / peer, 0.8, "recordings/s")


async def _one_size(custody: Custody, endpoints: Endpoints, tenant: UUID, size: int, first: datetime) -> Times:
    days = [first + timedelta(days=number) for number in range(DAYS)]
    made = [await _make_day(custody, tenant, day, size // DAYS) for day in days]
    times, store = Times(), plain_store(endpoints)
    for day, named in zip(days, made, strict=True):
        await _destroy(custody, tenant, day, times)
        began = time.perf_counter()
        await asyncio.to_thread(_bare_delete, store, named)
        times.peer.append(time.perf_counter() - began)
    return times


async def _destroy(custody: Custody, tenant: UUID, day: datetime, times: Times) -> None:
    keyring = _Watched(custody.keyring)
    # What the names of so many objects take, and the tasks that put them, is the benchmark's own.
    with _timed(times.purging), peak_memory(psutil.Process()) as peak:
        before = peak[0]
        began = time.perf_counter()
        done = await expiry.expire(replace(custody, keyring=keyring), tenant, day)
    if not done.done or done.failed:
        raise SystemExit(f"nothing to measure: {done}")
    times.memory.append((max(peak) - before) / MEGABYTE)
    times.unreadable.append(keyring.destroyed_at - began)
    times.whole.append(time.perf_counter() - keyring.destroyed_at)


class _Watched:
    """A keyring that remembers when the keys that were due had gone."""

    def __init__(self, keyring: Any) -> None:
        self.destroyed_at = 0.0
        self._keyring = keyring

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keyring, name)

    def destroy_due(self, *arguments: Any, **named: Any) -> Any:
        gone = self._keyring.destroy_due(*arguments, **named)
        self.destroyed_at = time.perf_counter()
        return gone


@contextmanager
def _timed(seconds: list[float]) -> Iterator[None]:
    """How long the ciphertext takes by itself."""

    async def watched(*arguments: Any) -> Any:
        began = time.perf_counter()
        left = await purging.purge_all(*arguments)
        seconds.append(time.perf_counter() - began)
        return left

    with patch.object(expiry, "purge_all", watched):
        yield


def _bare_delete(store: Any, named: list[tuple[str, str]]) -> None:
    for start in range(0, len(named), 1000):
        objects = [{"Key": key, "VersionId": version} for key, version in named[start : start + 1000]]
        store.delete_objects(Bucket=PEER_BUCKET, Delete={"Objects": objects})


async def _make_records(custody: Custody, tenant: UUID, day: datetime, count: int) -> None:
    """So many recordings of whose contact record that day is the last; of random bytes where they would be sealed."""
    key_id = ShredKeyId(tenant, "contact", day)
    custody.keyring.shred_key(key_id, now=day - timedelta(days=1))
    for start in range(0, count, SLICE):
        recordings = [uuid4() for _ in range(min(SLICE, count - start))]
        async with tenant_scope(tenant):
            await DB.fetch(RECORDINGS, tenant, recordings, day - timedelta(days=365))
            await DB.fetch(CONTACTS, tenant, recordings, str(key_id), day)


async def _make_day(custody: Custody, tenant: UUID, day: datetime, count: int) -> list[tuple[str, str]]:
    """So many recordings of one part that go on that day, and as many objects of the peer's, which are the answer."""
    async with tenant_scope(tenant):
        bucket = (await DB.fetch("SELECT bucket FROM controller WHERE id = $1", tenant))[0]["bucket"]
    key_id = ShredKeyId(tenant, "content", day)
    custody.keyring.shred_key(key_id, now=day - timedelta(days=1))
    places = [Place(tenant, uuid4(), "content", 1) for _ in range(count)]
    keys = [object_key(place, str(key_id)) for place in places]
    sizes = [random.randint(1000, 4000) for _ in keys]  # noqa: S311 - sizes, not secrets
    ours = await _put(custody, bucket, keys, sizes)
    await _insert(tenant, [place.recording for place in places], ours, str(key_id), day)
    return await _put(custody, PEER_BUCKET, keys, sizes)


async def _put(custody: Custody, bucket: str, keys: list[str], sizes: list[int]) -> list[tuple[str, str]]:
    slots = asyncio.Semaphore(PUTS_AT_ONCE)

    async def one(key: str, size: int) -> tuple[str, str]:
        async with slots:
            return (key, (await custody.objects.put(bucket, key, size, os.urandom(size))).version_id)

    return list(await asyncio.gather(*map(one, keys, sizes)))


async def _insert(
    tenant: UUID, recordings: list[UUID], objects: list[tuple[str, str]], key_id: str, day: datetime
) -> None:
    async with tenant_scope(tenant):
        clause = "retention_call"
        await DB.fetch(RECORDINGS, tenant, recordings, day - timedelta(days=180))
        await DB.fetch(
            "INSERT INTO part (tenant_id, id, recording_id, name, part_class, media_type, object_key, object_version,"
            " plain_size, sealed_size, sealed_sha256, shred_key_id, wrapped_key, prefix, destroy_at, promised_until,"
            " clause) SELECT $1, gen_random_uuid(), id, 'content', 'content', 'audio/wav', key, version, 2000, 2100,"
            " sha256(uuid_send(id)), $5, sha256(''), sha256(''), $6, $6, $7"
            " FROM unnest($2::uuid[], $3::text[], $4::text[]) AS new (id, key, version)",
            tenant,
            recordings,
            [key for key, _ in objects],
            [version for _, version in objects],
            key_id,
            day,
            clause,
        )


async def _tenant(world: World) -> UUID:
    return (await world.house()).tenant


if __name__ == "__main__":
    tell(rows())
