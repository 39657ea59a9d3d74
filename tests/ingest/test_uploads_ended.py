"""An upload that somebody has ended becomes nothing, however the clocks of the two requests stand."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.ingest.delivering import Tus
from tests.world import World
from vault.custody.database import tenant_scope
from vault.custody.keys import KeyDestroyed, ShredKeyId
from vault.custody.sealed import Header
from vault.ingest import uploads
from vault.ingest.sweeping import sweep
from vault.ingest.uploads import CLEANED_AFTER, Segment


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
        assert await uploads.advance(upload, [Segment(0, 10, "v", "k")], expires_at=later, now=looked) is None
        assert not await uploads.finish(upload, now=looked)


async def test_digits_in_a_talk_that_never_arrives_whole_go_within_their_hour(world: World) -> None:
    house = await world.house("prh")
    tus = Tus(world, house, await house.machine())
    url = await tus.begun(1000, kind="chatbot", media_type="application/json", contact={})
    assert (await tus.send(url, 0, b'{"messages": [{"text": "Numero on 20261234')).status_code == 204
    [piece] = await tus.stored(url)
    bucket = (await tus.rows("SELECT bucket FROM controller WHERE id = $1", house.tenant))[0]["bucket"]
    sealed = await world.custody.objects.get_all(bucket, piece.key, piece.version_id)
    key_id = ShredKeyId.parse(house.tenant, Header.read(sealed).key_id)
    assert key_id.part_class == "identifiers"
    async with world.later(timedelta(minutes=61)):
        assert (await tus.ask(url)).status_code == 404
        with pytest.raises(KeyDestroyed):
            world.custody.keyring.find(key_id, now=world.now())
    async with world.later(timedelta(minutes=61) + CLEANED_AFTER):
        await sweep(world.custody, house.tenant)
    assert not await tus.stored(url)
