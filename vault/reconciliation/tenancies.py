"""What makes a controller a controller (register, contract, published policies) lies in its own bucket too, sealed."""

import asyncio
import hashlib
import json
from typing import Any
from uuid import UUID

from vault.custody import audit, copies
from vault.custody.custody import Custody
from vault.custody.database import DB, narrow, platform_scope, tenant_scope
from vault.custody.keys import KeyDestroyed, KeyMissing, ShredKey
from vault.custody.objects import ObjectError
from vault.custody.sealed import Place, SealedInvalid

Rows = dict[str, Any]


async def is_wanted(tenant: UUID) -> bool:
    """Whether a contract or policy was changed since the copy, by two persons; in the controller's open scope.

    What changes by itself is copied with the next recording, or by the daily comparison.
    """
    rows = await DB.fetch(
        "SELECT EXISTS (SELECT FROM proposal p JOIN tenancy_copy t ON t.tenant_id = p.tenant_id"
        " WHERE p.tenant_id = $1 AND p.action IN ('change_contract', 'change_policy')"
        " AND p.state IN ('approved', 'carried_out') AND p.decided_at > t.copied_at)",
        tenant,
    )
    return bool(rows[0][0])


async def copy(custody: Custody, tenant: UUID) -> bool:
    """Copy the controller's own rows, if they are not copied as they stand.

    Returns:
        Whether there was anything to copy; at a contract's end there is nothing any more.

    Raises:
        ObjectError: the store did not take it.
    """
    async with tenant_scope(tenant):
        content = json.dumps(await _rows(tenant), sort_keys=True).encode()
        known = await DB.fetch("SELECT sha256, object_version FROM tenancy_copy WHERE tenant_id = $1", tenant)
        bucket = str((await DB.fetch("SELECT bucket FROM controller WHERE id = $1", tenant))[0]["bucket"])
    digest = hashlib.sha256(content).digest()
    if known and known[0]["sha256"] == digest:
        return False
    try:
        sealed = await _sealed(custody, tenant, content)
    except KeyDestroyed:  # the contract's end came between asking for this and doing it
        return False
    stored = await custody.objects.put(bucket, copies.tenancy_key(tenant), len(sealed), sealed)
    async with tenant_scope(tenant):
        await DB.fetch(
            "INSERT INTO tenancy_copy VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id) DO UPDATE"
            " SET sha256 = excluded.sha256, object_version = excluded.object_version, copied_at = excluded.copied_at",
            tenant,
            digest,
            stored.version_id,
            custody.clock.now(),
        )
    if known:
        await custody.objects.delete_versions(bucket, [(stored.key, known[0]["object_version"])])
    return True


async def find(custody: Custody, bucket: str) -> Rows | None:
    """The rows of the controller whose bucket this is; None where no copy in it opens.

    Raises:
        ObjectError: the store did not answer.
    """
    found = None
    async for version in custody.objects.versions(bucket, f"{copies.TENANCY}/"):
        tenant = _tenant_of(version.key)
        if version.is_delete_marker or tenant is None:
            continue
        rows = await _open(custody, tenant, bucket, version.key, version.version_id)
        if rows is not None and (found is None or rows["copied_at"] > found["copied_at"]):
            found = rows
    return found


async def enter_all(custody: Custody) -> list[UUID]:
    """Enter every controller whose bucket and keys are there and that the catalogue does not know.

    Raises:
        ObjectError: the store did not answer.
    """
    entered = []
    for bucket in await custody.objects.buckets(f"{custody.bucket_prefix}-"):
        rows = await find(custody, bucket)
        if rows is not None and rows["controller"]["bucket"] == bucket and await put_back(custody, rows):
            entered.append(UUID(rows["controller"]["id"]))
    return entered


async def put_back(custody: Custody, rows: Rows) -> bool:
    """Enter a controller into a catalogue that does not know it; gives whether it was entered."""
    tenant, now = UUID(rows["controller"]["id"]), custody.clock.now()
    async with platform_scope():
        known = await DB.fetch("SELECT 1 FROM controller WHERE id = $1", tenant)
        if known:
            return False
        await _insert("controller", rows["controller"])
        await narrow(tenant)
        for contract in rows["contracts"]:
            await _insert("contract", contract)
        for policy in rows["policies"]:
            await _insert("policy_version", policy)
        await audit.begin(tenant)
        details = {"copied_at": rows["copied_at"]}
        await audit.record(
            tenant, audit.Event(act="controller.entered_again", actor=None, object_id=tenant, details=details), now=now
        )
    return True


async def _insert(table: str, row: Rows) -> None:
    sql = f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1)"  # noqa: S608 - our own names
    await DB.fetch(sql, json.dumps(row))


async def _rows(tenant: UUID) -> Rows:
    rows = await DB.fetch(
        "SELECT (SELECT to_jsonb(c) FROM controller c WHERE c.id = $1) AS controller,"
        " (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.id) FROM contract k WHERE k.tenant_id = $1) AS contracts,"
        " (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.version) FROM policy_version p WHERE p.tenant_id = $1) AS policies",
        tenant,
    )
    return {name: json.loads(rows[0][name] or "[]") for name in ("controller", "contracts", "policies")}


async def _sealed(custody: Custody, tenant: UUID, content: bytes) -> bytes:
    now = custody.clock.now()
    key = await asyncio.to_thread(custody.keyring.shred_key, copies.tenancy_shred_key(tenant), now=now)
    dated = {"format": copies.VERSION, "copied_at": now.isoformat()} | json.loads(content)
    return copies.seal_copy(key, custody.keyring.new_data_key(), _place(tenant), json.dumps(dated).encode())


async def _open(custody: Custody, tenant: UUID, bucket: str, key: str, version_id: str) -> Rows | None:
    shred_key = _key(custody, tenant)
    if shred_key is None:
        return None
    try:
        sealed = await custody.objects.get_all(bucket, key, version_id)
        rows: Rows = json.loads(copies.open_copy(shred_key, _place(tenant), sealed))
    except (SealedInvalid, ObjectError):
        return None
    return rows


def _key(custody: Custody, tenant: UUID) -> ShredKey | None:
    try:
        return custody.keyring.find(copies.tenancy_shred_key(tenant), now=custody.clock.now())
    except (KeyMissing, KeyDestroyed):
        return None


def _place(tenant: UUID) -> Place:
    return Place(tenant, tenant, copies.TENANCY, copies.VERSION)


def _tenant_of(key: str) -> UUID | None:
    try:
        tenant = UUID(key.split("/")[-2])
    except (IndexError, ValueError):
        return None
    return tenant if key == copies.tenancy_key(tenant) else None
