"""A recording and its parts as a package needs them: found without a caller, opened piece by piece."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from vault.access.kept import CONTACT, RECORDING_COLUMNS, Kept, KeptPart, KeptRecording, as_kept, part_columns
from vault.access.opening import Opening, place_of
from vault.access.streaming import resumed, sealed_end
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.objects import ObjectBrokenOff, ObjectMissing, ObjectTruncated
from vault.custody.register import tenancy
from vault.custody.sealed import Opener, SealedInvalid
from vault.errors import Altered, NotFound


async def find(custody: Custody, tenant: UUID, recording_id: UUID) -> Kept:
    """A recording of this controller as it stands now; whether it may be given is not asked here.

    Raises:
        NotFound: no such recording here.
        Altered: its contact record is not what was stored.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        whose = await tenancy(tenant, at=now)
        rows = await DB.fetch(
            f"SELECT {RECORDING_COLUMNS}, {part_columns(CONTACT)} FROM recording r LEFT JOIN part p"  # noqa: S608 - ours
            " ON p.tenant_id = r.tenant_id AND p.recording_id = r.id WHERE r.tenant_id = $1 AND r.id = $2"
            " ORDER BY p.name",
            tenant,
            recording_id,
        )
        found = await as_kept(whose, rows, now=now)
    if not found:
        raise NotFound
    return Kept(whose, found[0], Opening(custody).contact(found[0]))


async def pieces(
    custody: Custody, bucket: str, recording: KeptRecording, part: KeptPart
) -> AsyncGenerator[bytes, None]:
    """A part's content as it comes from the store, opened under its shred key or under what keeps it longer.

    A store that hangs up while a package is sent on slowly is asked for the rest.

    Raises:
        Destroyed: its key has gone.
        Altered: the store gives back something else than was stored.
        ObjectError: it does not give it now.
    """
    prefix = part.prefix or b""
    left = part.size
    try:
        opener = Opener(Opening(custody).data_key(recording, part), place_of(recording, part), prefix)
        stop = sealed_end(prefix, part.size)
        stored = resumed(custody.objects, bucket, part.object_key, part.object_version, len(prefix), stop)
        async with aclosing(stored) as sealed:
            async for piece in sealed:
                # The opener writes into memory that it uses again.
                content = bytes(opener.update(piece))
                left -= len(content)
                if content:
                    yield content
        last = opener.finalize()
    except ObjectBrokenOff:
        raise
    except (SealedInvalid, ObjectMissing, ObjectTruncated) as error:
        raise Altered(f"The part {part.name!r} is not what was stored.") from error
    if left != len(last):
        raise Altered(f"The part {part.name!r} has another length than it had.")
    if last:
        yield last
