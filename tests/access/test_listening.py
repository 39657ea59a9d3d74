"""Whoever listens has said why, hears exactly what was delivered, and stops when the quarter of an hour is over."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tenants.vocabulary import Role
from tests.builders import REASON, access, chat, logged, started_so_that_it_goes_tomorrow, talk
from tests.world import RECORDINGS, As, House, World, wav
from vault.custody.database import DB, tenant_scope

SOUND = wav(5.0)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def supervisor(house: House) -> As:
    return await house.person(Role.SUPERVISOR)


@pytest.fixture(scope="module")
async def call(house: House) -> UUID:
    return await house.recording(SOUND)


@pytest.fixture(scope="module")
async def content_url(supervisor: As, call: UUID) -> str:
    return str((await access(supervisor, call))["content_url"])


async def read(person: As, url: str, **headers: str) -> httpx.Response:
    return await person.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_what_is_heard_is_what_was_delivered(supervisor: As, call: UUID) -> None:
    opened = await access(supervisor, call)
    heard = await read(supervisor, opened["content_url"])
    assert heard.status_code == 200
    assert heard.content == SOUND
    assert (opened["size"], opened["media_type"]) == (len(SOUND), "audio/wav")
    assert heard.headers["content-type"] == "audio/wav"
    assert heard.headers["accept-ranges"] == "bytes"
    assert heard.headers["cache-control"] == "private, no-store"
    assert heard.headers["x-content-type-options"] == "nosniff"
    assert heard.headers["content-disposition"] == f'inline; filename="{call}.wav"'


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=0-", 0, len(SOUND)),
        ("bytes=16380-16390", 16380, 16391),
        ("bytes=16384-32767", 16384, 32768),
        ("bytes=50000-", 50000, len(SOUND)),
        ("bytes=-7", len(SOUND) - 7, len(SOUND)),
        (f"bytes={len(SOUND) - 1}-{len(SOUND) + 100}", len(SOUND) - 1, len(SOUND)),
    ],
)
async def test_a_range_is_answered_as_a_player_needs_it(
    supervisor: As, content_url: str, asked: str, start: int, stop: int
) -> None:
    heard = await read(supervisor, content_url, range=asked)
    assert heard.status_code == 206
    assert heard.content == SOUND[start:stop]
    assert heard.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(SOUND)}"
    assert heard.headers["content-length"] == str(stop - start)


async def test_a_range_after_the_end_is_refused_with_the_size(supervisor: As, content_url: str) -> None:
    refused = await read(supervisor, content_url, range=f"bytes={len(SOUND)}-")
    assert refused.status_code == 416
    assert refused.headers["content-range"] == f"bytes */{len(SOUND)}"
    assert refused.headers["content-type"] == "application/problem+json"


async def test_several_ranges_are_answered_with_everything(supervisor: As, content_url: str) -> None:
    heard = await read(supervisor, content_url, range="bytes=0-1,4-5")
    assert (heard.status_code, heard.content) == (200, SOUND)


async def test_head_tells_the_size_and_sends_nothing(supervisor: As, content_url: str) -> None:
    head = await supervisor.request("HEAD", content_url, headers={"range": "bytes=0-1"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(SOUND))
    assert (head.headers["content-type"], head.headers["accept-ranges"]) == ("audio/wav", "bytes")


async def test_what_the_client_holds_is_not_sent_again(supervisor: As, content_url: str) -> None:
    etag = (await supervisor.request("HEAD", content_url)).headers["etag"]
    unchanged = await read(supervisor, content_url, if_none_match=etag)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
    assert (await read(supervisor, content_url, if_none_match='"other"')).status_code == 200


async def test_a_range_is_of_the_representation_the_client_holds_or_everything(
    supervisor: As, content_url: str
) -> None:
    etag = (await supervisor.request("HEAD", content_url)).headers["etag"]
    assert (await read(supervisor, content_url, range="bytes=0-1", if_range=etag)).status_code == 206
    assert (await read(supervisor, content_url, range="bytes=0-1", if_range='"other"')).content == SOUND


async def test_a_browsers_own_elements_are_let_in_by_the_session_cookie(world: World, house: House, call: UUID) -> None:
    member = await house.member(Role.SUPERVISOR)
    async with tenant_scope(house.tenant):
        email = (await DB.fetch("SELECT email FROM member WHERE id = $1", member.id))[0]["email"]
    session = await world.session(house.slug, email)
    url = (await access(session, call))["content_url"]
    headers = {"cookie": f"vault_session={session.token}", "range": "bytes=0-1", "sec-fetch-site": "same-origin"}
    heard = await world.client.get(url, headers=headers)
    assert (heard.status_code, heard.content) == (206, SOUND[:2])
    assert (await world.client.get(url)).status_code == 401


@pytest.mark.parametrize(
    ("role", "purpose", "clause"),
    [
        (Role.SUPERVISOR, "marketing", "purposes"),
        (Role.TRAINER, "quality", "access"),
        (Role.ADMINISTRATOR, "quality", "access"),
    ],
)
async def test_a_wrong_purpose_or_person_is_refused_by_the_clause_and_logged(
    house: House, call: UUID, role: Role, purpose: str, clause: str
) -> None:
    person = await house.person(role)
    refused = await person.post(
        f"/v1/recordings/{call}/accesses", json={"purpose": purpose, "reason": "Nimi on Maija Meikäläinen."}
    )
    assert refused.status_code == 403
    assert refused.json()["clause"]["id"] == clause and refused.json()["clause"]["text"]
    event = (await logged(house, "access.opened"))[-1]
    assert (event["actor"], event["outcome"], event["clause"]) == (str(person.id), "refused", clause)
    assert "marketing" not in str(event) and "Maija" not in str(event)


@pytest.mark.parametrize("reason", ["", "  a ", "x" * 501])
async def test_a_reason_says_something_and_not_everything(supervisor: As, call: UUID, reason: str) -> None:
    refused = await supervisor.post(f"/v1/recordings/{call}/accesses", json={"purpose": "training", "reason": reason})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "reason"


async def test_an_access_and_its_first_use_are_logged_and_its_reason_is_sealed(
    house: House, supervisor: As, call: UUID
) -> None:
    opened = await access(supervisor, call, "quality")
    for _ in range(2):
        await read(supervisor, opened["content_url"], range="bytes=0-1")
    for act in ("access.opened", "access.used"):
        (event,) = [event for event in await logged(house, act) if event["details"].get("access") == opened["id"]]
        assert (event["object"], event["actor"], event["purpose"]) == (str(call), str(supervisor.id), "quality")
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT sealed_reason FROM access WHERE id = $1", UUID(opened["id"]))
    assert rows[0]["sealed_reason"].startswith(b"RVSP") and REASON.encode() not in rows[0]["sealed_reason"]


async def test_an_access_is_over_after_a_quarter_of_an_hour(world: World, supervisor: As, call: UUID) -> None:
    opened = await access(supervisor, call)
    async with world.later(timedelta(minutes=14)):
        assert (await read(supervisor, opened["content_url"])).status_code == 200
    async with world.later(timedelta(minutes=15)):
        refused = await read(supervisor, opened["content_url"])
    assert refused.status_code == 410
    assert refused.json()["type"].endswith("access-over")


async def test_an_access_can_be_ended(house: House, supervisor: As, call: UUID) -> None:
    opened = await access(supervisor, call)
    url = f"/v1/accesses/{opened['id']}"
    assert [(await supervisor.delete(url)).status_code for _ in range(2)] == [204, 204]
    assert (await read(supervisor, opened["content_url"])).status_code == 410
    ended = [event for event in await logged(house, "access.ended") if event["details"]["access"] == opened["id"]]
    assert len(ended) == 1


async def test_an_access_is_one_persons(world: World, house: House, call: UUID, content_url: str) -> None:
    stranger = await (await world.house("kaiku24")).person(Role.SUPERVISOR)
    absent = f"/v1/accesses/{uuid4()}"
    for person in (await house.person(Role.QUALITY), stranger):
        for theirs, nobodys in ((content_url, f"{absent}/content"), (content_url[:-8] + "/peaks", f"{absent}/peaks")):
            answers = [await read(person, url) for url in (theirs, nobodys)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content == answers[1].content
        assert (await person.delete(content_url.removesuffix("/content"))).status_code == 404


async def test_a_member_who_was_stopped_hears_no_more(house: House, call: UUID) -> None:
    member = await house.member(Role.SUPERVISOR)
    opened = await access(member, call)
    await house.administrator.delete(f"/v1/members/{member.id}")
    assert (await read(member, opened["content_url"])).status_code == 401


async def test_a_member_who_lost_the_role_hears_no_more(house: House, call: UUID) -> None:
    member = await house.member(Role.SUPERVISOR)
    opened = await access(member, call)
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE member SET roles = '{dpo}' WHERE id = $1", member.id)
    refused = await read(member, opened["content_url"])
    assert refused.status_code == 403
    assert refused.json()["clause"]["id"] == "access"


async def test_an_access_ends_with_the_content_if_that_goes_sooner(world: World, house: House) -> None:
    recording = await house.recording(started_at=started_so_that_it_goes_tomorrow(world.now(), months=6))
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT destroy_at FROM part WHERE recording_id = $1 AND name = 'content'", recording)
    goes: Any = rows[0]["destroy_at"]
    supervisor = await house.person(Role.SUPERVISOR)
    async with world.later(goes - world.now() - timedelta(minutes=1)):
        opened = await access(supervisor, recording)
        assert opened["expires_at"] == goes.isoformat().replace("+00:00", "Z")


async def test_a_waveform_is_drawn_by_browser_players(supervisor: As, call: UUID) -> None:
    opened = await access(supervisor, call)
    peaks = (await read(supervisor, opened["peaks_url"])).json()
    assert (peaks["version"], peaks["channels"], peaks["bits"], peaks["duration"]) == (2, 1, 8, 5.0)
    assert len(peaks["data"]) == 2 * peaks["length"] > 0


async def test_sound_that_browsers_cannot_play_also_comes_as_wav(house: House, supervisor: As) -> None:
    gsm = (RECORDINGS / "prh" / "call-04.gsm").read_bytes()
    recording = await house.recording(gsm, media_type="audio/gsm")
    opened = await access(supervisor, recording)
    assert opened["playback_url"] != opened["content_url"]
    original, played = [await read(supervisor, opened[url]) for url in ("content_url", "playback_url")]
    assert (original.content, original.headers["content-type"]) == (gsm, "audio/gsm")
    assert (played.content[:4], played.headers["content-type"]) == (b"RIFF", "audio/wav")
    assert original.headers["etag"] != played.headers["etag"]


async def test_sound_that_browsers_play_is_its_own_playback(supervisor: As, call: UUID) -> None:
    opened = await access(supervisor, call)
    assert opened["playback_url"] == opened["content_url"]
    assert (await read(supervisor, opened["content_url"] + "?as=playback")).content == SOUND


@pytest.mark.parametrize(("form", "metadata"), [("text", None), ("playback", chat())])
async def test_a_form_that_a_recording_has_not_is_refused(
    house: House, supervisor: As, form: str, metadata: Mapping[str, Any] | None
) -> None:
    recording = await house.recording(talk("Hei"), **metadata) if metadata else await house.recording(SOUND)
    opened = await access(supervisor, recording)
    assert (await read(supervisor, f"{opened['content_url']}?as={form}")).status_code == 422


async def test_when_the_contract_is_over_nobody_listens_any_more(world: World) -> None:
    house = await world.house("kaiku24")
    supervisor = await house.person(Role.SUPERVISOR)
    recording = await house.recording(contact={"customer_number": "+358401234567"})
    opened = await access(supervisor, recording, "quality")
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE contract SET ends_on = $1, starts_on = $1", world.today() - timedelta(days=2))
    for refused in (
        await read(supervisor, opened["content_url"]),
        await supervisor.post("/v1/recordings/search", json={}),
    ):
        assert refused.status_code == 403
        assert refused.json()["rule"] == "contract-over" and refused.json()["clause"]["text"]
