"""What was destroyed is asked for once more, by code that had no part in destroying it; anything that answers is told.

Verification raises: there is no certificate over something that was found again. Who runs it differs (a worker has a
process of its own do it, `vault.worker.verifier`), the code does not.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyDestroyed, KeyMissing, Keyring, ShredKeyId
from vault.custody.objects import ObjectMissing, Objects, Version
from vault.custody.verification import Question, Verification

LISTED_AT_ONCE = 6
"""Listings under way at the same time; each is one request and one thread."""

PAGE = 1000
"""Versions compared with the catalogue at once, and parts looked for at once."""

HOLDS_RECORDINGS = (
    "blind_index",
    "access",
    "note",
    "upload",
    "bulk_hold_item",
    "bulk_hold",
    "hold",
    "restriction",
    "hold_key",
    "retired_key",
    "finding",
    "reconciliation",
    "tenancy_copy",
    "return_archive",
    "delegation",
    "disclosure_document",
    "disclosure_recipient",
    "disclosure_seal",
    "package_making",
    "organisation_person",
    "package_file",
    "audit_stream",
    "listens_named",
    "webhook",
    "transcript_email",
    "unusual_volume",
    "unusual_look",
    "external_identity",
    "identity_provider",
    "directory_membership",
    "directory_group",
    "directory_user",
    "team_membership",
    "team",
    "account_recovery",
    "passkey",
    "recovery_code",
    "code_secret",
    "part",
    "recording",
    "member",
)
"""Tables in which nothing of a controller is left after its contract."""

OUTLIVES_THE_CONTRACT = MappingProxyType(
    {
        "contract": "under which recordings were kept, and since when nothing is",
        "policy_version": "what was promised",
        "destruction": "what was destroyed, with the certificate",
        "closed_day": "up to which day the log says what was due",
        "leaf": "what a certificate's root is over",
        "audit_head": "the end of the log",
        "audit_event": "the log",
        "audit_pending": "the events that the log takes in within a second",
        "audit_node": "the hashes of the log's tree",
        "audit_checkpoint": "what was signed of the log",
        "audit_witness": "who cosigns it",
        "audit_cosignature": "what they signed",
        "audit_copied": "how much of the log lies in the store, too",
        "audit_standing": "whether the log is the one that was copied",
        "log_prune": "on which day every log was last looked through for what is too old",
        "notice": "what the controller was told, and when",
        "proposal": "what two persons decided; the words of their reasons open no more",
        "return_recipient": "to whom everything was returned, and who confirmed it",
        "return_manifest": "what was returned",
        "organisation": "to whom anything was given; whom to ask there opens no more",
        "group_membership": "which companies might have been given anything, and when",
        "disclosure": "what was given, refused or stopped; the words of it open no more",
        "disclosure_item": "which recordings it covered",
        "disclosure_decision": "who decided; the words of their reasons open no more",
        "review_session": "which reviews were held, and by whom",
        "package": "what was handed over, and the mark by which it is traced",
        "package_fetch": "who fetched it, and when",
        "disclosure_duty": "that a recipient returned or destroyed what it received, when, and who said so",
        "recipient_notice": "what recipients were told of a recording after they had received it",
        "message": "what the controller's people were told of all this, and when",
        "message_delivery": "by which way it was told, and whether it arrived",
        "subject_request": "what data subjects asked for, and when they were answered; the words of it open no more",
        "subject_act": "what was done with which recording for it",
        "broken_glass": "who opened content in need, and what was said of it; the words of it open no more",
        "support_admission": "which operator of outside of the EEA was admitted, and under which safeguard",
        "support_act": "what they did",
        "rights_round": "which reviews of rights were held, and their signed records",
        "rights_line": "what was confirmed or removed in them",
        "credential": "digests of tokens, so that whoever comes with one is told what happened",
        "outbox": "holds nothing of a controller that is destroyed",
    }
)
"""Every other table with rows of a controller, and why they stay."""


class NotDestroyed(Exception):
    """Something that should be gone was found: the destruction stays unfinished and is tried again."""


class Unverified(NotDestroyed):
    """Whoever was to verify gave no answer, so that nothing is known: the destruction stays unfinished too."""


async def verified(custody: Custody, question: Question) -> Verification:
    """Have a destruction verified, outside any scope, by the process that custody names for it, or else by this one.

    Raises:
        NotDestroyed: something was found, or (`Unverified`) whoever was asked died or failed.
        ObjectError: the store did not answer.
    """
    return await (custody.verifier or verify)(custody, question)


async def verify(custody: Custody, question: Question) -> Verification:
    """Ask for every key, list every place and look at every row that a question names; in this very process.

    Raises:
        NotDestroyed: naming what was found.
        ObjectError: the store did not answer; nothing is known then.
    """
    now, tenant = custody.clock.now(), question.tenant
    attempts = await asyncio.to_thread(attempt_openings, custody.keyring, tenant, question.keys, now=now)
    if question.tenant_key:
        await asyncio.to_thread(attempt_tenant_key, custody.keyring, tenant)
        attempts += 1
    listings = await _confirm_nothing_listed(custody.objects, question)
    if question.rows_gone:
        async with tenant_scope(tenant):
            await confirm_no_rows(tenant)
    else:
        await _confirm_struck(tenant, question.destruction)
        listings += await _confirm_objects_gone(custody.objects, question)
    return Verification(
        process="same",
        at=custody.clock.now(),
        openings_attempted=attempts,
        openings_refused=attempts,
        listings=listings,
        object_versions_left=0,
        rows_left=0,
    )


def attempt_openings(keyring: Keyring, tenant: UUID, key_ids: Iterable[str], *, now: datetime) -> int:
    """Ask for each key as a reader would, and as if its instant had not come yet; blocks on the disk.

    Returns:
        How many attempts were made; all were refused.

    Raises:
        NotDestroyed: naming a key that was given.
    """
    attempts = 0
    for text in key_ids:
        key_id = ShredKeyId.parse(tenant, text)
        # The keyring refuses a key by the clock alone from its instant on; what is asked here is whether it exists.
        moment = now if key_id.bucket is None else key_id.bucket - timedelta(minutes=1)
        try:
            keyring.find(key_id, now=moment)
        except (KeyDestroyed, KeyMissing):
            attempts += 1
        else:
            raise NotDestroyed(f"The key {key_id} still opens what it wraps.")
    return attempts


def attempt_tenant_key(keyring: Keyring, tenant: UUID) -> None:
    """Ask for something that only the controller's own key can give.

    Raises:
        NotDestroyed: it was given.
    """
    try:
        keyring.tenant_index(tenant, "verification", "")
    except (KeyDestroyed, KeyMissing):
        return
    raise NotDestroyed("The controller's key still exists.")


async def versions_left(objects: Objects, bucket: str, object_keys: Iterable[str]) -> list[Version]:
    """Every version and delete marker that the store still lists under these object keys, also those nobody named.

    One listing a folder: the parts of a recording that lie together are listed together.

    Raises:
        ObjectError: the store did not answer; nothing is known then.
    """
    wanted = set(object_keys)
    slots = asyncio.Semaphore(LISTED_AT_ONCE)

    async def listed(prefix: str) -> list[Version]:
        async with slots:
            return [version async for version in objects.versions(bucket, prefix) if version.key in wanted]

    listings = await asyncio.gather(*(listed(prefix) for prefix in _folders(wanted)))
    return [version for listing in listings for version in listing]


async def confirm_bucket_gone(objects: Objects, bucket: str) -> None:
    """Ask for the bucket, and for anything listed in it.

    Raises:
        NotDestroyed: either is there.
        ObjectError: the store did not answer.
    """
    try:
        if [version async for version in objects.versions(bucket)]:
            raise NotDestroyed("The bucket still holds object versions.")
    except ObjectMissing:
        pass
    if await objects.bucket_exists(bucket):
        raise NotDestroyed("The bucket still exists.")


async def confirm_no_rows(tenant: UUID) -> None:
    """Count, in the controller's open scope, what is left of it in the catalogue.

    Raises:
        NotDestroyed: naming a table that holds something.
    """
    for table in HOLDS_RECORDINGS:
        rows = await DB.fetch(f"SELECT 1 FROM {table} WHERE tenant_id = $1 LIMIT 1", tenant)  # noqa: S608 - our own names
        if rows:
            raise NotDestroyed(f"The table {table} still holds rows of the controller.")


async def _confirm_nothing_listed(objects: Objects, question: Question) -> int:
    """How many listings were made, of the bucket or of prefixes in it; each held only what still stands."""
    if question.bucket_gone:
        await confirm_bucket_gone(objects, question.bucket)
        return 1
    for prefix in question.prefixes:
        async for versions in _pages(objects, question.bucket, prefix):
            stray = {version.key for version in versions} - await _standing(question.tenant, versions)
            if stray:
                raise NotDestroyed(f"The store still lists {len(stray)} objects below {prefix}.")
    return len(question.prefixes)


async def _pages(objects: Objects, bucket: str, prefix: str) -> AsyncIterator[list[Version]]:
    page: list[Version] = []
    async for version in objects.versions(bucket, prefix):
        page.append(version)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


async def _standing(tenant: UUID, versions: Sequence[Version]) -> set[str]:
    """Those object keys among them that a part lies under which is kept."""
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            # By the collation of the index, which is the order of the store.
            'SELECT object_key FROM part WHERE tenant_id = $1 AND object_key COLLATE "C" = ANY($2)'
            " AND destroyed_at IS NULL",
            tenant,
            list({version.key for version in versions}),
        )
    return {row["object_key"] for row in rows}


async def _confirm_struck(tenant: UUID, destruction: UUID) -> None:
    async with tenant_scope(tenant):
        rows = await DB.fetch(
            "SELECT count(*) FROM part WHERE tenant_id = $1 AND destruction_id = $2 AND (destroyed_at IS NULL"
            " OR wrapped_key IS NOT NULL OR prefix IS NOT NULL OR sealed IS NOT NULL)",
            tenant,
            destruction,
        )
    if rows[0][0]:
        raise NotDestroyed(f"The catalogue still holds what {rows[0][0]} parts were sealed as.")


async def _confirm_objects_gone(objects: Objects, question: Question) -> int:
    """How many listings were made for parts of the destruction that lay below none of the prefixes listed already."""
    listings, after = 0, UUID(int=0)
    while True:
        async with tenant_scope(question.tenant):
            rows = await DB.fetch(
                "SELECT id, object_key FROM part WHERE tenant_id = $1 AND destruction_id = $2 AND id > $3"
                " AND object_version <> '' AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS listed (prefix)"
                " WHERE starts_with(object_key, prefix)) ORDER BY id LIMIT $5",
                question.tenant,
                question.destruction,
                after,
                list(question.prefixes),
                PAGE,
            )
        keys = [row["object_key"] for row in rows]
        if left := await versions_left(objects, question.bucket, keys):
            raise NotDestroyed(f"The store still lists {len(left)} versions of what was destroyed.")
        listings += len(_folders(keys))
        if len(rows) < PAGE:
            return listings
        after = rows[-1]["id"]


def _folders(object_keys: Iterable[str]) -> list[str]:
    return sorted({key.rpartition("/")[0] + "/" for key in object_keys})
