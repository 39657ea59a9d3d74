"""A client that we did not write delivers recordings: the tus project's own for Python."""

import asyncio
import io
import json
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed

from tests.ingest.delivering import Tus, pcm
from tests.world import World, call, wav

LONG = 12 << 20
CHUNK = 5 << 20


@pytest.fixture(scope="module")
async def tus(world: World) -> Tus:
    """A controller's machine, and a look at what it delivered."""
    house = await world.house()
    return Tus(world, house, await house.machine())


def uploader(tus: Tus, sound: bytes, *, chunk: int = CHUNK, url: str | None = None, **said: Any) -> Any:
    client = TusClient(
        f"{tus.world.client.base_url}/v1/uploads", headers={"Authorization": f"Bearer {tus.machine.token}"}
    )
    recording = json.dumps(call(**said), default=str)
    return client.uploader(
        file_stream=io.BytesIO(sound),
        chunk_size=chunk,
        metadata={"recording": recording, "filename": "call.wav"},
        upload_checksum=True,
        url=url,
    )


async def recorded(tus: Tus, upload: Any) -> UUID:
    """The recording that a finished upload became."""
    recording = UUID(upload.url.rpartition("/")[2])
    assert upload.request.response_headers["vault-recording"] == str(recording)
    assert len(await tus.rows("SELECT 1 FROM recording WHERE id = $1", recording)) == 1
    return recording


async def test_a_short_call_is_delivered(tus: Tus) -> None:
    upload = uploader(tus, wav())
    await asyncio.to_thread(upload.upload)
    assert await tus.part(await recorded(tus, upload), "content") == wav()


async def test_a_long_call_is_delivered_in_pieces_by_a_client_that_started_again(tus: Tus) -> None:
    long = pcm(LONG)
    first = uploader(tus, long)
    await asyncio.to_thread(first.upload_chunk)
    resumed = await asyncio.to_thread(partial(uploader, tus, long, url=first.url))
    assert resumed.offset == CHUNK
    await asyncio.to_thread(resumed.upload)
    assert await tus.part(await recorded(tus, resumed), "content") == long


async def test_the_same_call_again_is_content_with_the_first(tus: Tus) -> None:
    source = f"pbx-{uuid4()}"
    first, again = [uploader(tus, wav(), source_id=source) for _ in range(2)]
    await asyncio.to_thread(first.upload)
    await asyncio.to_thread(again.upload)
    assert again.url == first.url
    assert again.request.response_headers["vault-duplicate"] == "true"


async def test_what_is_refused_is_told(tus: Tus) -> None:
    upload = uploader(tus, b"no sound at all" * 100)
    with pytest.raises(TusUploadFailed) as failed:
        await asyncio.to_thread(upload.upload)
    assert failed.value.status_code == 422
    assert json.loads(failed.value.response_content)["errors"][0]["rule"] == "wrong-container"
