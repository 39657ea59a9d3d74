"""A client of tus 1.0.0 finds what the protocol promises, and every refusal as problem+json."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from uuid import uuid4

import pytest

from tenants.vocabulary import Role
from tests.ingest.conftest import MakeTus
from tests.ingest.delivering import BODY, Tus, checksum, metadata, problem, recording_of
from tests.world import wav

SOUND = wav(0.5)


async def test_what_the_vault_can_do_is_told_without_a_key(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    for path in ("/v1/uploads", url):
        answer = await tus.world.client.request("OPTIONS", path)
        assert answer.status_code == 204
        assert answer.headers["tus-version"] == "1.0.0"
        offered = set(answer.headers["tus-extension"].split(","))
        assert offered == {"creation", "creation-with-upload", "checksum", "expiration", "termination"}
        assert answer.headers["tus-max-size"] == str(2 << 30)
        assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"


async def test_an_upload_begins_empty_and_waits_a_day(tus: Tus) -> None:
    answer = await tus.begin(len(SOUND))
    assert answer.status_code == 201
    assert answer.headers["location"].startswith("/v1/uploads/")
    assert answer.headers["upload-offset"] == "0"
    expires_at = parsedate_to_datetime(answer.headers["upload-expires"])
    assert abs(expires_at - tus.world.now() - timedelta(days=1)) < timedelta(minutes=5)
    assert answer.json() == {"recording_id": None, "duplicate": False}
    assert "vault-recording" not in answer.headers


async def test_a_waiting_upload_tells_its_offset_length_and_what_was_said(tus: Tus) -> None:
    said = {"source_id": f"pbx-{uuid4()}", "started_at": "2026-11-01T10:00:00+02:00"}
    url = await tus.begun(len(SOUND), **said)
    answer = await tus.ask(url)
    assert answer.status_code == 200
    assert answer.headers["upload-offset"] == "0"
    assert answer.headers["upload-length"] == str(len(SOUND))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["upload-metadata"] == metadata(**said).partition(",")[0]
    assert "upload-expires" in answer.headers


async def test_pieces_make_a_recording_that_the_last_answer_names(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    first = await tus.send(url, 0, SOUND[:3000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "3000")
    assert "vault-recording" not in first.headers
    assert (await tus.ask(url)).headers["upload-offset"] == "3000"
    last = await tus.send(url, 3000, SOUND[3000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(SOUND)))
    assert "upload-expires" not in last.headers
    assert last.headers["vault-duplicate"] == "false"
    assert await tus.part(recording_of(last), "content") == SOUND
    assert await tus.stored_names(url) == ["content"]


async def test_a_finished_upload_tells_the_full_offset_and_takes_its_last_piece_again(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    recording = recording_of(await tus.send(url, 0, SOUND))
    asked = await tus.ask(url)
    assert asked.status_code == 200
    assert asked.headers["upload-offset"] == asked.headers["upload-length"] == str(len(SOUND))
    for offset, body in ((len(SOUND), b""), (0, SOUND)):
        again = await tus.send(url, offset, body)
        assert (again.status_code, again.headers["upload-offset"]) == (204, str(len(SOUND)))
        assert recording_of(again) == recording
        assert again.headers["vault-duplicate"] == "true"
    assert len(await tus.stored(recording)) == 1


async def test_a_part_comes_with_the_beginning_and_the_rest_later(tus: Tus) -> None:
    begun = await tus.begin(len(SOUND), SOUND[:1000])
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "1000")
    finished = await tus.send(begun.headers["location"], 1000, SOUND[1000:])
    assert await tus.part(recording_of(finished), "content") == SOUND


async def test_a_body_of_unannounced_size_is_taken(tus: Tus) -> None:
    async def pieces() -> AsyncIterator[bytes]:  # httpx sends in chunks what it cannot measure
        for at in range(0, len(SOUND), 1000):
            yield SOUND[at : at + 1000]

    whole = await tus.begin(len(SOUND), pieces())
    assert await tus.part(recording_of(whole), "content") == SOUND
    url = await tus.begun(len(SOUND))
    assert await tus.part(recording_of(await tus.send(url, 0, pieces())), "content") == SOUND
    too_much = await tus.send(await tus.begun(len(SOUND) - 1), 0, pieces())
    problem(too_much, 413, "too-large")


async def test_another_offset_is_a_conflict_that_names_the_right_one(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    await tus.send(url, 0, SOUND[:100])
    for offset in (0, 99, 101, len(SOUND)):
        assert problem(await tus.send(url, offset, SOUND[offset:]), 409, "conflict")["offset"] == 100
    assert (await tus.ask(url)).headers["upload-offset"] == "100"


async def test_a_body_of_another_type_is_refused(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    problem(await tus.send(url, 0, SOUND, headers={"content-type": "audio/wav"}), 415, "unsupported-media-type")
    problem(await tus.begin(len(SOUND), SOUND, headers={"content-type": "audio/wav"}), 415, "unsupported-media-type")


@pytest.mark.parametrize("version", ["", "0.2.2"])
async def test_another_version_is_refused_everywhere(tus: Tus, version: str) -> None:
    url = await tus.begun(len(SOUND))
    spoken = {"tus-resumable": version}
    for method, path in (("POST", "/v1/uploads"), ("PATCH", url), ("DELETE", url)):
        answer = await tus.machine.request(method, path, headers=spoken)
        problem(answer, 412, "precondition-failed")
        assert answer.headers["tus-version"] == "1.0.0"
    assert (await tus.machine.request("HEAD", url, headers=spoken)).status_code == 412


async def test_more_than_the_upload_lacks_is_refused(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    problem(await tus.send(url, 0, SOUND + b"x"), 413, "too-large")
    assert (await tus.ask(url)).headers["upload-offset"] == "0"


async def test_more_than_two_gibibytes_are_refused_before_any_byte(tus: Tus) -> None:
    problem(await tus.begin((2 << 30) + 1), 413, "too-large")
    problem(await tus.begin((4 << 20) + 1, kind="chat", media_type="application/json", contact={}), 413, "too-large")


@pytest.mark.parametrize(
    "headers",
    [
        {"upload-length": ""},
        {"upload-length": "-5"},
        {"upload-length": "", "upload-defer-length": "1"},
        {"upload-metadata": ""},
        {"upload-metadata": "recording not-base64!"},
        {"upload-checksum": "crc32 AAAA"},
    ],
)
async def test_headers_that_mean_nothing_are_malformed(tus: Tus, headers: dict[str, str]) -> None:
    problem(await tus.begin(len(SOUND), headers=headers), 400, "malformed")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_body_with_its_checksum_is_taken(tus: Tus, algorithm: str) -> None:
    whole = await tus.begin(len(SOUND), SOUND, headers={"upload-checksum": checksum(SOUND, algorithm)})
    assert await tus.part(recording_of(whole), "content") == SOUND
    url = await tus.begun(len(SOUND))
    for at, piece in ((0, SOUND[:500]), (500, SOUND[500:])):
        answer = await tus.send(url, at, piece, headers={"upload-checksum": checksum(piece, algorithm)})
        assert answer.status_code == 204
    assert await tus.part(recording_of(answer), "content") == SOUND


async def test_a_body_that_is_not_what_its_checksum_says_is_discarded_whole(tus: Tus) -> None:
    wrong = {"upload-checksum": checksum(b"something else")}
    problem(await tus.begin(len(SOUND), SOUND, headers=wrong), 460, "checksum-mismatch")
    url = await tus.begun(len(SOUND))
    problem(await tus.send(url, 0, SOUND[:500], headers=wrong), 460, "checksum-mismatch")
    problem(await tus.send(url, 0, SOUND, headers=wrong), 460, "checksum-mismatch")
    assert (await tus.ask(url)).headers["upload-offset"] == "0"
    assert await tus.stored(url) == []
    assert await tus.part(recording_of(await tus.send(url, 0, SOUND)), "content") == SOUND


async def test_a_terminated_upload_is_gone_with_its_bytes(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    await tus.send(url, 0, SOUND[:500])
    assert len(await tus.stored(url)) == 1
    assert (await tus.end(url)).status_code == 204
    assert await tus.stored(url) == []
    assert (await tus.ask(url)).status_code == 404
    problem(await tus.send(url, 500, SOUND[500:]), 404, "not-found")
    problem(await tus.end(url), 404, "not-found")
    assert [event["act"] for event in await tus.events(url.rpartition("/")[2])] == ["upload.terminated"]


async def test_a_recording_cannot_be_terminated(tus: Tus) -> None:
    recording = recording_of(await tus.begin(len(SOUND), SOUND))
    problem(await tus.end(f"/v1/uploads/{recording}"), 409, "conflict")
    assert await tus.part(recording, "content") == SOUND


async def test_an_upload_that_waited_too_long_is_gone(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    await tus.send(url, 0, SOUND[:500])
    async with tus.world.later(timedelta(hours=23)):
        await tus.send(url, 500, SOUND[500:600])
    async with tus.world.later(timedelta(hours=46)):
        assert (await tus.ask(url)).headers["upload-offset"] == "600"
    async with tus.world.later(timedelta(hours=48)):
        assert (await tus.ask(url)).status_code == 404
        problem(await tus.send(url, 600, SOUND[600:]), 404, "not-found")


async def test_patch_and_delete_can_be_posted(tus: Tus) -> None:
    async def override(method: str, url: str, **headers: str) -> int:
        sent = {"tus-resumable": "1.0.0", "x-http-method-override": method, "content-type": BODY} | headers
        content = SOUND if method == "PATCH" else b""
        return (await tus.machine.post(url, content=content, headers=sent)).status_code

    url = await tus.begun(len(SOUND))
    assert await override("GET", url) == 405
    assert await override("PATCH", url, **{"upload-offset": "0"}) == 204
    assert (await tus.ask(url)).headers["upload-offset"] == str(len(SOUND))
    other = await tus.begun(len(SOUND))
    assert await override("DELETE", other) == 204
    assert (await tus.ask(other)).status_code == 404


async def test_nobody_ingests_without_a_key(tus: Tus) -> None:
    url = await tus.begun(len(SOUND))
    for method, path in (("POST", "/v1/uploads"), ("PATCH", url), ("DELETE", url), ("HEAD", url)):
        answer = await tus.world.client.request(method, path, headers={"tus-resumable": "1.0.0"})
        assert answer.status_code == 401


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR, Role.DPO])
async def test_nobody_ingests_without_the_role(tus: Tus, role: Role) -> None:
    other = Tus(tus.world, tus.house, await tus.house.person(role))
    url = await tus.begun(len(SOUND))
    problem(await other.begin(len(SOUND), SOUND), 403, "not-allowed")
    problem(await other.send(url, 0, SOUND), 403, "not-allowed")
    problem(await other.end(url), 403, "not-allowed")
    assert (await other.ask(url)).status_code == 403


async def test_the_firms_operators_do_not_ingest(tus: Tus) -> None:
    operator = Tus(tus.world, tus.house, await tus.world.operator())
    problem(await operator.begin(len(SOUND), SOUND), 403, "not-allowed")


async def test_another_controllers_upload_does_not_exist(tus: Tus, tus_of: MakeTus) -> None:
    stranger = await tus_of("kaiku24")
    url = await tus.begun(len(SOUND))
    stored = f"/v1/uploads/{recording_of(await tus.begin(len(SOUND), SOUND))}"
    for path in (url, stored):
        assert (await stranger.ask(path)).status_code == 404
        problem(await stranger.send(path, 0, SOUND), 404, "not-found")
        problem(await stranger.end(path), 404, "not-found")
    assert (await tus.ask(url)).status_code == 200


async def test_another_machines_upload_does_not_exist(tus: Tus) -> None:
    other = Tus(tus.world, tus.house, await tus.house.member(Role.INGEST))
    url = await tus.begun(len(SOUND))
    assert (await other.ask(url)).status_code == 404
    problem(await other.send(url, 0, SOUND), 404, "not-found")
