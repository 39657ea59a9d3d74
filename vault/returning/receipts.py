"""The controller sees how far its return has come, fetches it, and says that it has it; nothing is destroyed before."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tenants.contracts import IllegalTransition
from tenants.decisions import Action
from vault.accounts import Caller
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM, narrow, platform_scope, tenant_scope
from vault.custody.objects import ObjectError, Objects
from vault.custody.register import Tenancy, tenancy
from vault.errors import Conflict, NotFound, Unavailable
from vault.returning import archives, manifests
from vault.returning.archives import MadeArchive
from vault.returning.recipients import Destination, Recipient, current, own, promised
from vault.returning.selection import count
from vault.returning.waiving import waived_by


class Stage(StrEnum):
    """How far a return has come; at `no_recipient` and `awaiting_receipt` the controller has to act."""

    NOT_PROMISED = "not_promised"
    NOT_BEGUN = "not_begun"
    NO_RECIPIENT = "no_recipient"
    EXPORTING = "exporting"
    AWAITING_RECEIPT = "awaiting_receipt"
    CONFIRMED = "confirmed"
    WAIVED = "waived"


@dataclass(frozen=True, kw_only=True)
class Return:
    """How far a return has come; `recordings` is how many stand, and `returned` how many of them are in archives."""

    stage: Stage
    recipient: Recipient | None
    recordings: int
    returned: int
    archives: tuple[MadeArchive, ...]
    manifest_sha256: str | None
    returning_since: datetime | None
    returned_at: datetime | None


async def look(custody: Custody, caller: Caller, contract: UUID) -> Return:
    """How far the return of a contract has come.

    Raises:
        NotAllowed: the caller's roles do not read of returns.
        NotFound: no such contract that the caller may see.
    """
    caller.require(Action.READ_RETURN)
    now = custody.clock.now()
    async with platform_scope():
        rows = await DB.fetch("SELECT tenant_id FROM contract WHERE id = $1", contract)
        if not rows or caller.tenant not in (rows[0]["tenant_id"], PLATFORM):
            raise NotFound
        await narrow(rows[0]["tenant_id"])
        held = await tenancy(rows[0]["tenant_id"], at=now)
        recipient = await current(held.tenant)
        made = await archives.made(recipient) if recipient else []
        manifest = await archives.manifest(recipient) if recipient else None
        standing = await count(held.tenant)
        waived = await waived_by(held.tenant, contract) is not None
    return Return(
        stage=Stage.WAIVED if waived else _stage(held, recipient, manifest),
        recipient=recipient,
        recordings=standing,
        returned=sum(archive.recordings for archive in made),
        archives=tuple(archive for archive in made if archive.recordings),
        manifest_sha256=None if manifest is None else manifests.digest(manifest).hex(),
        returning_since=held.contract.returning_since,
        returned_at=held.contract.returned_at,
    )


async def manifest(custody: Custody, caller: Caller, contract: UUID) -> str:
    """The newest manifest, exactly as it was signed.

    Raises:
        NotAllowed: the caller is neither an administrator nor the DPO of the controller.
        NotFound: no such contract of the caller's, or its archives are not all made.
    """
    caller.require(Action.TAKE_BACK)
    async with tenant_scope(caller.tenant):
        await own(caller, contract, custody.clock.now())
        recipient = await current(caller.tenant)
        file = await archives.manifest(recipient) if recipient else None
    if file is None:
        raise NotFound("There is no manifest: the archives are not all made.")
    return file


@dataclass(frozen=True)
class Fetched:
    """One archive to be read; what it is sealed to, the vault cannot open."""

    archive: MadeArchive
    objects: Objects
    bucket: str

    @property
    def etag(self) -> str:
        """Another archive under the same number has another."""
        return f'"{self.archive.sha256.hex()}"'

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but not including `stop`.

        Raises:
            Unavailable: the store does not give them now.
        """
        pieces = self.objects.get(self.bucket, self.archive.object_key, self.archive.object_version, start, stop)
        try:
            first = await anext(pieces, b"")
        except ObjectError as error:
            raise Unavailable("The store does not give the archive now; try again.") from error
        return _rest(first, pieces)


async def fetch(custody: Custody, caller: Caller, contract: UUID, number: int) -> Fetched:
    """One archive of the caller's return; that it was fetched stands in the log.

    Raises:
        NotAllowed: the caller is neither an administrator nor the DPO of the controller.
        NotFound: no such archive of the caller's, or it went to its own bucket.
        Conflict: it holds what is past its day and is being made again.
    """
    caller.require(Action.TAKE_BACK)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        held = await own(caller, contract, now)
        recipient = await current(caller.tenant)
        archive = await _archive(recipient, number)
        if not archive.is_good(now):
            raise Conflict("The archive is being made again: a part in it was past its day. Fetch the manifest anew.")
        event = audit.Event(
            act="return.archive_fetched", actor=caller.id, object_id=contract, details={"archive": number}
        )
        await audit.record(caller.tenant, event, now=now)
    return Fetched(archive, custody.objects, held.bucket)


async def confirm(custody: Custody, caller: Caller, contract: UUID, manifest_sha256: str) -> None:
    """Record that the controller has everything that a manifest lists; from now on everything here is destroyed.

    Any manifest of this return will do: a later one lists the same but for what went on its day.

    Raises:
        NotAllowed: the caller is neither an administrator nor the DPO of the controller.
        NotFound: no such contract of the caller's.
        Conflict: nothing is being returned, or no such manifest was made for this recipient.
    """
    caller.require(Action.TAKE_BACK)
    now = custody.clock.now()
    async with tenant_scope(caller.tenant):
        await DB.fetch("SELECT 1 FROM contract WHERE tenant_id = $1 FOR UPDATE", caller.tenant)
        held, recipient = await own(caller, contract, now), await current(caller.tenant)
        if held.contract.returned_at is not None:
            return
        try:
            confirmed = held.contract.confirm_return(now)
        except IllegalTransition as error:
            raise Conflict(f"There is nothing to confirm: {error}.") from error
        if recipient is None or not await _was_made(recipient, manifest_sha256):
            raise Conflict("No such manifest was made for this return: name the SHA-256 of the file as it was fetched.")
        await _write_receipt(caller, held, recipient, confirmed.returned_at)
        details = {"manifest_sha256": manifest_sha256}
        event = audit.Event(act="return.confirmed", actor=caller.id, object_id=contract, details=details)
        await audit.record(caller.tenant, event, now=now)


def _stage(held: Tenancy, recipient: Recipient | None, file: str | None) -> Stage:
    if not promised(held.policy, held.contract):
        return Stage.NOT_PROMISED
    if held.contract.returned_at is not None:
        return Stage.CONFIRMED
    if held.contract.returning_since is None:
        return Stage.NOT_BEGUN
    if recipient is None:
        return Stage.NO_RECIPIENT
    return Stage.EXPORTING if file is None else Stage.AWAITING_RECEIPT


async def _archive(recipient: Recipient | None, number: int) -> MadeArchive:
    made = await archives.made(recipient) if recipient and recipient.destination is Destination.ARCHIVES else []
    found = next((archive for archive in made if archive.number == number and archive.recordings), None)
    if found is None:
        raise NotFound
    return found


async def _was_made(recipient: Recipient, manifest_sha256: str) -> bool:
    try:
        named = bytes.fromhex(manifest_sha256)
    except ValueError:
        return False
    rows = await DB.fetch(
        "SELECT 1 FROM return_manifest WHERE tenant_id = $1 AND recipient_id = $2 AND sha256 = $3",
        recipient.tenant,
        recipient.id,
        named,
    )
    return bool(rows)


async def _write_receipt(caller: Caller, held: Tenancy, recipient: Recipient, at: datetime | None) -> None:
    await DB.fetch(
        "UPDATE contract SET returned_at = $3 WHERE tenant_id = $1 AND id = $2", held.tenant, held.contract_id, at
    )
    await DB.fetch(
        "UPDATE return_recipient SET confirmed_at = $3, confirmed_by = $4, sealed_credentials = NULL"
        " WHERE tenant_id = $1 AND id = $2",
        held.tenant,
        recipient.id,
        at,
        caller.id,
    )


async def _rest(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece
