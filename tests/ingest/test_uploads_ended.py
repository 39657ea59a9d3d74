"""An upload that somebody has ended becomes nothing, however the clocks of the two requests stand."""

from datetime import timedelta
from uuid import UUID

from tests.world import World
from vault.custody.database import tenant_scope
from vault.ingest import uploads
from vault.ingest.uploads import Segment


async def test_a_request_that_looked_before_the_upload_was_ended_cannot_finish_it(world: World) -> None:
    """What it stored may be swept away already: acknowledging it would lose a recording."""
    house = await world.house("prh")
    machine = await house.machine()
    headers = {"tus-resumable": "1.0.0", "upload-length": "1000", "upload-metadata": house.metadata()}
    begun = await machine.post("/v1/uploads", headers=headers)
    upload_id = UUID(begun.headers["location"].rsplit("/", 1)[1])
    looked = world.now()
    async with tenant_scope(house.tenant):
        upload = await uploads.find(house.tenant, upload_id, creator=machine.id, now=looked)
        assert upload is not None
        assert await uploads.give_up(house.tenant, upload_id, now=looked + timedelta(milliseconds=5))
        later = upload.expires_at + timedelta(hours=1)
        assert await uploads.advance(upload, [Segment(0, 10, "v")], expires_at=later, now=looked) is None
        assert not await uploads.finish(upload, now=looked)
