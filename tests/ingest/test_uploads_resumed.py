"""A line that breaks, a source that repeats itself and two that race: what was acknowledged stays, once."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID, uuid4

import pytest

from tenants.decisions import Refused
from tests.ingest.delivering import Tus, checksum, metadata, pcm, problem, recording_of
from tests.world import call, wav
from vault.accounts import Caller, Sessions
from vault.clock import FixedClock
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.objects import Objects
from vault.destruction.expiry import expire
from vault.errors import Unavailable
from vault.ingest.admitting import NotAdmitted
from vault.ingest.incoming import Incoming
from vault.ingest.receiving import append, begin, status
from vault.ingest.sweeping import sweep

MEBIBYTE = 1 << 20
SOUND = wav(0.5)
SEGMENT = 8 * MEBIBYTE


async def break_off(tus: Tus, method: str, url: str, body: bytes, announced: int, **headers: str) -> None:
    """Send less than was announced, wait until the vault has all of it, and hang up."""
    host, port = tus.world.client.base_url.host, tus.world.client.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    lines = {
        "host": f"{host}:{port}",
        "authorization": f"Bearer {tus.machine.token}",
        "tus-resumable": "1.0.0",
        "content-type": "application/offset+octet-stream",
        "content-length": str(announced),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"{method} {url} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(head.encode() + b"\r\n" + body)
    await writer.drain()
    writer.write_eof()
    await reader.read()
    writer.close()
    await writer.wait_closed()


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what the vault does after its client has gone."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - what another process does is no event of ours
            await asyncio.sleep(0.02)


async def test_a_request_that_breaks_off_keeps_the_pieces_that_were_whole(tus: Tus) -> None:
    long = pcm(20 * MEBIBYTE)
    url = await tus.begun(len(long))
    await break_off(tus, "PATCH", url, long[: 12 * MEBIBYTE], len(long), upload_offset="0")

    async def has_a_piece() -> bool:
        return (await tus.ask(url)).headers["upload-offset"] == str(SEGMENT)

    await eventually(has_a_piece)
    assert len(await tus.stored(url)) == 1
    finished = await tus.send(url, SEGMENT, long[SEGMENT:])
    assert await tus.part(recording_of(finished), "content") == long
    assert len(await tus.stored(url)) == 1


async def test_a_request_with_a_checksum_that_breaks_off_keeps_nothing(tus: Tus) -> None:
    long = pcm(20 * MEBIBYTE)
    url = await tus.begun(len(long))
    sums = {"upload_offset": "0", "upload_checksum": checksum(long)}
    await break_off(tus, "PATCH", url, long[: 12 * MEBIBYTE], len(long), **sums)

    async def is_empty() -> bool:
        return not await tus.stored(url)

    await eventually(is_empty)
    assert (await tus.ask(url)).headers["upload-offset"] == "0"
    finished = await tus.send(url, 0, long, headers={"upload-checksum": checksum(long)})
    assert await tus.part(recording_of(finished), "content") == long


@pytest.mark.parametrize("size", [MEBIBYTE, 5 * MEBIBYTE])
async def test_a_beginning_that_breaks_off_leaves_nothing(tus: Tus, size: int) -> None:
    source = f"pbx-{uuid4()}"
    before = await tus.stored()
    said = {"upload_length": str(size), "upload_metadata": metadata(source_id=source)}
    await break_off(tus, "POST", "/v1/uploads", pcm(size)[: size // 2], size, **said)

    async def is_forgotten() -> bool:
        return not await tus.rows("SELECT 1 FROM upload WHERE length = $1 AND received = 0", size)

    await eventually(is_forgotten)
    assert await tus.stored() == before
    again = await tus.begin(size, pcm(size), source_id=source)
    assert again.headers["vault-duplicate"] == "false"


async def test_the_same_source_id_again_is_the_first_recording(tus: Tus) -> None:
    source = f"pbx-{uuid4()}"
    first = recording_of(await tus.begin(len(SOUND), SOUND, source_id=source))
    before = await tus.stored()
    for body in (SOUND, wav(2), None):
        again = await tus.begin(len(body or SOUND), body, source_id=source)
        assert (recording_of(again), again.headers["vault-duplicate"]) == (first, "true")
        assert again.json() == {"recording_id": str(first), "duplicate": True}
        assert again.headers["upload-offset"] == str(len(SOUND))
    assert await tus.stored() == before
    assert await tus.part(first, "content") == SOUND
    assert len(await tus.events(first)) == 1


async def test_a_client_that_goes_on_with_a_source_id_that_is_here_is_content(tus: Tus) -> None:
    source = f"pbx-{uuid4()}"
    first = recording_of(await tus.begin(len(SOUND), SOUND, source_id=source))
    url = (await tus.begin(len(SOUND), source_id=source)).headers["location"]
    assert (await tus.ask(url)).headers["upload-offset"] == str(len(SOUND))
    assert recording_of(await tus.send(url, 0, SOUND)) == first


async def test_the_same_source_id_of_another_controller_is_another_recording(tus: Tus) -> None:
    source = f"pbx-{uuid4()}"
    first = recording_of(await tus.begin(len(SOUND), SOUND, source_id=source))
    house = await tus.world.house("prh")
    other = recording_of(await house.deliver(SOUND, source_id=source))
    assert first != other


@pytest.mark.parametrize("size", [len(SOUND), 3 * MEBIBYTE])
async def test_of_several_at_once_one_is_stored_and_all_are_told_of_it(tus: Tus, size: int) -> None:
    source, sound = f"pbx-{uuid4()}", SOUND if size == len(SOUND) else pcm(size)
    before = await tus.stored()
    answers = await asyncio.gather(*(tus.begin(size, sound, source_id=source) for _ in range(6)))
    (recording,) = {recording_of(answer) for answer in answers}
    assert sorted(answer.headers["vault-duplicate"] for answer in answers) == ["false"] + ["true"] * 5
    stored = [version for version in await tus.stored() if version not in before]
    assert [version.key.split("/")[-2:] for version in stored] == [[str(recording), "content"]]
    assert len(await tus.events(recording)) == 1


async def test_two_uploads_of_one_source_id_that_finish_in_turn_are_one_recording(tus: Tus) -> None:
    source = f"pbx-{uuid4()}"
    urls = [await tus.begun(len(SOUND), source_id=source) for _ in range(2)]
    for url in urls:
        await tus.send(url, 0, SOUND[:1000])
    first, second = [await tus.send(url, 1000, SOUND[1000:]) for url in urls]
    assert recording_of(first) == recording_of(second)
    assert second.headers["vault-duplicate"] == "true"
    assert await tus.stored(urls[1]) == []


@pytest.mark.parametrize("whole", [True, False])
async def test_of_several_requests_at_one_offset_one_moves_the_upload(tus: Tus, whole: bool) -> None:
    url = await tus.begun(len(SOUND))
    piece = SOUND if whole else SOUND[:1000]
    answers = await asyncio.gather(*(tus.send(url, 0, piece) for _ in range(5)))
    if whole:
        assert {recording_of(answer) for answer in answers} == {UUID(url.rpartition("/")[2])}
        assert sorted(answer.headers["vault-duplicate"] for answer in answers) == ["false"] + ["true"] * 4
    else:
        assert sorted(answer.status_code for answer in answers) == [204] + [409] * 4
        assert (await tus.ask(url)).headers["upload-offset"] == "1000"
    assert len(await tus.stored(url)) == 1


async def test_an_upload_that_is_terminated_while_bytes_come_is_gone(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))

    async def slowly() -> AsyncIterator[bytes]:
        yield SOUND[:1000]
        assert (await tus.end(url)).status_code == 204
        yield SOUND[1000:]

    problem(await tus.send(url, 0, slowly(), headers={"content-length": str(len(SOUND))}), 404, "not-found")
    assert await tus.stored(url) == []


async def test_what_waited_too_long_is_swept_away(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    upload_id = url.rpartition("/")[2]
    await tus.send(url, 0, SOUND[:1000])
    assert await sweep(tus.world.custody, tus.house.tenant) == 0
    async with tus.world.later(timedelta(hours=24, minutes=30)):
        assert await sweep(tus.world.custody, tus.house.tenant) == 0
    async with tus.world.later(timedelta(hours=26)):
        assert await sweep(tus.world.custody, tus.house.tenant) >= 1
        assert await sweep(tus.world.custody, tus.house.tenant) == 0
    assert await tus.stored(url) == []
    assert await tus.rows("SELECT 1 FROM upload WHERE id = $1", UUID(upload_id)) == []
    assert [event["act"] for event in await tus.events(upload_id)] == ["upload.swept"]


async def test_pieces_that_a_crash_left_beside_a_recording_are_swept_away(tus: Tus) -> None:
    recording = recording_of(await tus.begin(len(SOUND), SOUND))
    [content] = await tus.stored(recording)
    folder = content.key.rpartition("/")[0]
    async with tenant_scope(tus.house.tenant):
        bucket = (await DB.fetch("SELECT bucket FROM controller WHERE id = $1", tus.house.tenant))[0][0]
        await DB.fetch(
            "INSERT INTO upload VALUES ($1, $2, $3, '', 5, 5, '[]', '', now(), $4, $5)",
            tus.house.tenant,
            recording,
            tus.machine.id,
            tus.world.now(),
            [str(recording), folder],
        )
    for place in (str(recording), folder):
        await tus.world.custody.objects.put(bucket, f"{place}/segment-0", 5, b"piece")
    async with tus.world.later(timedelta(hours=2)):
        assert await sweep(tus.world.custody, tus.house.tenant) == 1
    assert await tus.stored_names(recording) == ["content"]
    assert await tus.part(recording, "content") == SOUND


@pytest.fixture
async def caller(tus: Tus) -> Caller:
    """The machine, as a capability knows it."""
    return await Sessions(tus.world.custody).authenticate(tus.machine.token)


def incoming(pieces: AsyncIterator[bytes], size: int) -> Incoming:
    return Incoming(pieces, size)


def said(**changes: object) -> bytes:
    return json.dumps(call(**changes), default=str).encode()


async def test_a_store_that_is_away_leaves_the_upload_where_it_was(tus: Tus, caller: Caller) -> None:
    async with Objects.open("http://127.0.0.1:9", "key", "secret") as nowhere:
        away = replace(tus.world.custody, objects=nowhere)
        url = await tus.begun(len(SOUND))
        upload = UUID(url.rpartition("/")[2])
        for size in (1000, len(SOUND)):
            with pytest.raises(Unavailable):
                await append(away, caller, upload, offset=0, incoming=incoming(_pieces(SOUND[:size]), size))
            assert (await status(away, caller, upload)).received == 0
        with pytest.raises(Unavailable):
            await begin(away, caller, length=len(SOUND), said=said(), incoming=incoming(_pieces(SOUND), len(SOUND)))
    assert await tus.part(recording_of(await tus.send(url, 0, SOUND)), "content") == SOUND


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_call_whose_time_comes_while_it_is_sent_is_refused_with_the_clause(tus: Tus) -> None:
    house = await tus.world.house("prh")  # on which no other test has let this day pass
    caller = await Sessions(tus.world.custody).authenticate((await house.machine()).token)
    started_at = datetime(2026, 5, 23, 10, tzinfo=UTC)  # its six months end with 22 November in Helsinki
    clock = FixedClock(datetime(2026, 11, 22, 21, 59, tzinfo=UTC))
    custody: Custody = replace(tus.world.custody, clock=clock)
    for size in (len(SOUND), 3 * MEBIBYTE):
        sound = pcm(size)

        async def past_midnight(sound: bytes = sound) -> AsyncIterator[bytes]:
            yield sound[: len(sound) // 2]
            clock.instant += timedelta(minutes=2)
            yield sound[len(sound) // 2 :]

        clock.instant = datetime(2026, 11, 22, 21, 59, tzinfo=UTC)
        with pytest.raises(NotAdmitted) as refused:
            await begin(
                custody, caller, length=size, said=said(started_at=started_at), incoming=incoming(past_midnight(), size)
            )
        assert refused.value.problems[0].rule == "already-expired"
        assert refused.value.clause == "retention_call"


async def test_a_clock_that_was_set_back_brings_no_day_back(tus: Tus) -> None:
    house = await tus.world.house("prh")
    at = tus.world.now() - timedelta(days=100)
    await house.recording(started_at=at)
    async with tus.world.later(timedelta(days=200)):
        await expire(tus.world.custody, house.tenant, tus.world.now())
    problem(await house.deliver(SOUND, started_at=at), 410, "destroyed")


async def test_an_upload_does_not_wait_longer_than_its_recording_may_be_kept(tus: Tus) -> None:
    house = await tus.world.house("prh", edits={'content = { keep = "P6M"': 'content = { keep = "PT2H"'})
    hasty = Tus(tus.world, house, await house.machine())
    begun = await hasty.begin(len(SOUND), SOUND[:1000])
    expires_at = parsedate_to_datetime(begun.headers["upload-expires"])
    assert timedelta(minutes=108) < expires_at - tus.world.now() < timedelta(minutes=111)
    async with tus.world.later(timedelta(hours=2)):
        problem(await hasty.send(begun.headers["location"], 1000, SOUND[1000:]), 404, "not-found")


async def test_a_contract_that_ends_while_a_call_is_sent_refuses_it(tus: Tus) -> None:
    house = await tus.world.house("prh")
    machine = await house.machine()
    ending = Tus(tus.world, house, machine)
    caller = await Sessions(tus.world.custody).authenticate(machine.token)

    async def meanwhile() -> AsyncIterator[bytes]:
        yield SOUND[:1000]
        async with tenant_scope(house.tenant):
            await DB.fetch("UPDATE contract SET destroying_since = now() WHERE tenant_id = $1", house.tenant)
        yield SOUND[1000:]

    with pytest.raises(Refused) as refused:
        body = incoming(meanwhile(), len(SOUND))
        await begin(tus.world.custody, caller, length=len(SOUND), said=said(), incoming=body)
    assert refused.value.decision.clause is not None
    assert refused.value.decision.clause.id == "contract_end"
    assert await ending.stored() == []
    assert await ending.rows("SELECT 1 FROM recording") == []
