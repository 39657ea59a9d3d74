"""What two persons approved is packed into one file, sealed on its way into the store, and never whole or clear here.

package_making   where the file is being put: what is left there when the worker dies is found and removed
the file         made anew from the beginning after every failure, under the same name
package          its row, with the step to `ready`: from then on the recipient may fetch it
"""

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from tenants.disclosing import DisclosureEvent, DisclosureState
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import ShredKeyId
from vault.custody.objects import ObjectError, PartedUpload
from vault.custody.register import tenancy
from vault.disclosure import package_rows, rows, tracing
from vault.disclosure.carrying import Giver, recheck
from vault.disclosure.contents import Packing, begin, contents
from vault.disclosure.model import PREFIX, Disclosure
from vault.disclosure.package_rows import Package
from vault.disclosure.recipients import anybody_may_receive
from vault.disclosure.seals import Seal, seal_of
from vault.disclosure.steps import move
from vault.packages.manifests import SIGNATURE_CLASS
from vault.packages.sealed_sizes import SealedSizes
from vault.packages.sealing import seal_stream
from vault.packages.writing import Signers, Writing, write
from vault.telling.telling import Detail, tell
from vault.telling.topics import Audience, Topic

GIVE_FOR: Final = timedelta(days=30)
"""How long a package may be fetched where the request does not say."""


def object_key(disclosure: UUID) -> str:
    """Where a disclosure's package lies in the controller's bucket: one at a time, under a name that tells nothing."""
    return f"{PREFIX}{disclosure}/package"


async def is_ready(disclosure: Disclosure) -> bool:
    """Whether there is a person to hand it over to and a key to seal it to; in the controller's open scope."""
    found = await DB.fetch("SELECT now() AS now")
    seal = await seal_of(disclosure, now=found[0]["now"])
    return seal is not None and seal.problem is None and await anybody_may_receive(disclosure)


async def give(custody: Custody, disclosure: Disclosure) -> bool:
    """Pack what was approved, and make it ready to be fetched. May be killed anywhere and run again.

    Returns:
        Whether nothing is left to do now.

    Raises:
        Altered: the store gives back something else than was stored.
        ObjectError: it does not answer; the next run begins again.
    """
    now = custody.clock.now()
    async with tenant_scope(disclosure.tenant):
        whose = await tenancy(disclosure.tenant, at=now)
        seal = await seal_of(disclosure, now=now)
        if seal is None or seal.problem is not None:
            return True
        packing = await begin(custody, whose, disclosure, seal, package=uuid4(), now=now)
        await _note_making(disclosure, now)
    made = await _make(custody, packing, seal)
    # Hours may have gone since this was asked; what was restricted or has ended meanwhile stops it.
    await recheck(custody, disclosure.tenant, disclosure.id)
    return await _write_down(custody, packing, seal, made)


@dataclass(frozen=True)
class _Made:
    """A file in the store, and what went into it."""

    writing: Writing
    sealed: SealedSizes
    version: str


async def _make(custody: Custody, packing: Packing, seal: Seal) -> _Made:
    bucket, key = packing.whose.bucket, object_key(packing.disclosure.id)
    signers = await asyncio.to_thread(_signers, custody, packing)
    await custody.objects.discard(bucket, key)
    upload = await custody.objects.begin_parted(bucket, key)
    try:
        writing = write(contents(custody, packing), signers)
        sealed = await seal_stream(seal.to, aiter(writing), upload)
        return _Made(writing, sealed, await upload.complete() or "null")
    except BaseException:
        await _abort(upload)
        raise


async def _write_down(custody: Custody, packing: Packing, seal: Seal, made: _Made) -> bool:
    """The row and the step in one transaction, if all is as it was when this began; else the file goes."""
    disclosure, now = packing.disclosure, custody.clock.now()
    async with tenant_scope(disclosure.tenant):
        as_now = (await rows.fetch(disclosure.tenant, disclosure.id, lock=True)).disclosure
        sealed_to = await seal_of(as_now, now=now)
        stands = as_now.state is DisclosureState.APPROVED and sealed_to is not None and sealed_to.to == seal.to
        if stands:
            await _ready(packing, seal, made, now)
        await DB.fetch(
            "DELETE FROM package_making WHERE tenant_id = $1 AND disclosure_id = $2 AND $3",
            *(disclosure.tenant, disclosure.id, stands),
        )
    if not stands:
        # Whoever revoked it, or named another key, did so while it was being made.
        await custody.objects.discard(packing.whose.bucket, object_key(disclosure.id))
    return stands or as_now.state is not DisclosureState.APPROVED


async def _ready(packing: Packing, seal: Seal, made: _Made, now: datetime) -> None:
    disclosure, making = packing.disclosure, packing.making
    package = Package(
        tenant=disclosure.tenant,
        id=making.package,
        disclosure_id=disclosure.id,
        sealing=seal.to.sealing,
        recipient_key=seal.to.fingerprint,
        mark=making.mark,
        object_key=object_key(disclosure.id),
        object_version=made.version,
        size=made.sealed.size,
        sha256=made.sealed.sha256,
        manifest_sha256=hashlib.sha256(made.writing.manifest).digest(),
        recordings=len(disclosure.given),
        made_at=making.made_at,
        fetches_allowed=disclosure.terms.fetches,
    )
    await package_rows.insert(package)
    await tracing.write_down(disclosure.tenant, package.id, made.writing.members)
    details = {"package": str(package.id), "recordings": package.recordings, "bytes": package.size}
    details |= {"sealing": package.sealing.value, "sha256": package.sha256.hex()}
    until = _until(disclosure, now)
    await move(disclosure, DisclosureEvent.PACK, actor=None, now=now, details=details, carried_out_at=now, until=until)
    told: dict[str, Detail] = {"kind": disclosure.kind, "until": until}
    await tell(disclosure.tenant, Topic.PACKAGE_READY, disclosure.id, audience=Audience.DPO, now=now, details=told)


def _until(disclosure: Disclosure, now: datetime) -> datetime:
    """Until when it may be fetched: as was asked, and no longer than the permit that it is given under."""
    terms = disclosure.terms
    days = [terms.give_until or now + GIVE_FOR, terms.permit_until, terms.duty_until]
    return min(day for day in days if day is not None)


def _signers(custody: Custody, packing: Packing) -> Signers:
    key_id = ShredKeyId(packing.disclosure.tenant, SIGNATURE_CLASS, None)
    own = custody.keyring.newest(key_id, now=custody.clock.now()).signing_key()
    return Signers(controller=own, platform=custody.keyring.signing_key())


async def _note_making(disclosure: Disclosure, now: datetime) -> None:
    await DB.fetch(
        "INSERT INTO package_making (tenant_id, disclosure_id, object_key, begun_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (tenant_id, disclosure_id) DO UPDATE SET begun_at = $4",
        *(disclosure.tenant, disclosure.id, object_key(disclosure.id), now),
    )


async def _abort(upload: PartedUpload) -> None:
    """What was sent is given up; where the store is away, the next attempt removes it."""
    with suppress(ObjectError):
        await upload.abort()


GIVER: Final = Giver(ready=is_ready, give=give)
