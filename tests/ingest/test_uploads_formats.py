"""Whatever a contact centre records becomes parts, each with its own key and day, and its contact record is found."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.ingest.conftest import MakeTus
from tests.ingest.delivering import Tus, pcm, recording_of
from tests.world import RECORDINGS, House, wav
from vault.custody.contacts import ContactRecord
from vault.custody.keys import ShredKeyId
from vault.ingest.manifest import ManifestRow, read_manifest
from vault.ingest.waveform import Peaks

MOST_SAMPLE_BYTES = 500_000
"""Longer samples say nothing more, and take longer to decode."""


async def deliver(tus: Tus, content: bytes, **said: Any) -> UUID:
    return recording_of(await tus.begin(len(content), content, **said))


async def row_of(tus: Tus, recording: UUID) -> dict[str, Any]:
    row = (await tus.rows("SELECT * FROM recording WHERE id = $1", recording))[0]
    return row | {"facts": json.loads(row["facts"])}


async def names_of(tus: Tus, recording: UUID) -> set[str]:
    return {row["name"] for row in await tus.rows("SELECT name FROM part WHERE recording_id = $1", recording)}


async def contact_of(tus: Tus, recording: UUID) -> ContactRecord:
    sealed = await tus.part(recording, "contact")
    assert sealed is not None
    return ContactRecord.read(sealed)


def samples(policy: str) -> list[ManifestRow]:
    rows = [row for row in read_manifest(RECORDINGS / policy, now=datetime.now(UTC)) if isinstance(row, ManifestRow)]
    return [row for row in rows if row.file.stat().st_size <= MOST_SAMPLE_BYTES]


@pytest.mark.parametrize("policy", ["prh", "valtiokonttori", "vertaislaina", "tilastokeskus", "kaiku24"])
async def test_every_sample_of_every_controller_is_taken(policy: str, tus_of: MakeTus) -> None:
    tus = await tus_of(policy)
    for sample in samples(policy):
        said = json.loads(json.dumps(as_said(sample), default=str))
        recording = await deliver(tus, sample.file.read_bytes(), **said)
        row = await row_of(tus, recording)
        assert (row["kind"], row["media_type"]) == (sample.metadata.kind, sample.metadata.media_type)
        if sample.metadata.kind == "call":
            assert row["facts"]["codec"] and row["facts"]["channels"] in (1, 2)
            assert await tus.part(recording, "content") == sample.file.read_bytes()
            peaks = await tus.part(recording, "peaks")
            assert peaks and Peaks.from_bytes(peaks).channels == row["facts"]["channels"]
            assert ("playback" in await names_of(tus, recording)) == row["facts"]["codec"].startswith("gsm")


def as_said(sample: ManifestRow) -> dict[str, Any]:
    said = {name: getattr(sample.metadata, name) for name in sample.metadata.__struct_fields__}
    return {name: value for name, value in said.items() if value is not None}


async def test_each_part_has_its_own_key_and_the_day_that_its_clause_promises(tus: Tus) -> None:
    recording = await deliver(tus, wav(), started_at="2026-09-30T21:30:00Z")  # 1 October in Helsinki
    parts = {row["name"]: row for row in await tus.rows("SELECT * FROM part WHERE recording_id = $1", recording)}
    assert set(parts) == {"content", "contact", "peaks"}
    april = datetime(2027, 3, 31, 21, tzinfo=UTC)
    october = datetime(2027, 9, 30, 21, tzinfo=UTC)
    for name, day, clause in (
        ("content", april, "retention_call"),
        ("peaks", april, "retention_call"),
        ("contact", october, "retention_contact"),
    ):
        assert (parts[name]["destroy_at"], parts[name]["clause"]) == (day, clause)
        assert parts[name]["promised_until"] >= day
        key_id = ShredKeyId.parse(tus.house.tenant, parts[name]["shred_key_id"])
        assert (key_id.part_class, key_id.bucket) == (parts[name]["part_class"], day)
    assert len({row["wrapped_key"] for row in parts.values()}) == 3


async def test_numbers_are_stored_in_one_spelling_and_found_by_their_digest(tus: Tus) -> None:
    said = {"caller_number": "050 555-0199", "service_number": "0295 000 000", "agent_id": "agent-7"}
    recording = await deliver(tus, wav(), contact=said, direction="in")
    contact = await contact_of(tus, recording)
    assert contact.fields == {
        "caller_number": "+358505550199",
        "service_number": "+358295000000",
        "agent_id": "agent-7",
    }
    assert contact.direction == "in"
    part = (await tus.rows("SELECT * FROM part WHERE recording_id = $1 AND name = 'contact'", recording))[0]
    key_id = ShredKeyId.parse(tus.house.tenant, part["shred_key_id"])
    key = tus.world.custody.keyring.find(key_id, now=tus.world.now())
    index = await tus.rows("SELECT * FROM blind_index WHERE recording_id = $1", recording)
    assert {(row["field"], row["digest"]) for row in index} == {
        ("caller_number", key.blind_index("number", "+358505550199")),
        ("service_number", key.blind_index("number", "+358295000000")),
        ("agent_id", key.blind_index("agent_id", "agent-7")),
    }
    assert {row["destroy_at"] for row in index} == {part["destroy_at"]}


async def test_a_missing_end_is_the_start_and_the_duration(tus: Tus) -> None:
    started_at = datetime(2026, 11, 1, 10, tzinfo=UTC)
    recording = await deliver(tus, wav(2.5), started_at=started_at.isoformat())
    assert (await contact_of(tus, recording)).ended_at == started_at + timedelta(seconds=2.5)
    assert (await row_of(tus, recording))["duration_ms"] == 2500


async def test_an_end_that_was_said_is_kept(tus: Tus) -> None:
    recording = await deliver(tus, wav(2.5), started_at="2026-11-01T10:00:00Z", ended_at="2026-11-01T12:00:04+02:00")
    assert (await contact_of(tus, recording)).ended_at == datetime(2026, 11, 1, 10, 0, 4, tzinfo=UTC)


async def test_no_end_is_kept_where_the_policy_names_none(world_house: House) -> None:
    answer = await world_house.deliver(wav(), contact={"caller_number": "0505550199"})
    tus = Tus(world_house.world, world_house, await world_house.machine())
    assert (await contact_of(tus, recording_of(answer))).ended_at is None


@pytest.fixture
async def world_house(tus: Tus) -> House:
    """A controller whose policy does not name when a call ended."""
    return await tus.world.house(
        "prh", edits={'contact_fields = ["start", "end", "caller': 'contact_fields = ["start", "caller'}
    )


async def test_silence_is_kept_and_said(tus: Tus) -> None:
    silence = wav()[:44] + bytes(16000)
    recording = await deliver(tus, silence)
    assert (await row_of(tus, recording))["facts"]["silent"] is True
    assert await tus.part(recording, "content") == silence


async def test_half_a_call_is_kept_and_said(tus: Tus) -> None:
    recording = await deliver(tus, wav(2)[:20000])
    assert (await row_of(tus, recording))["facts"]["damaged"] is True


async def test_what_no_browser_plays_is_kept_as_it_came_and_as_one_that_does(tus: Tus) -> None:
    gsm = (RECORDINGS / "prh" / "call-04.gsm").read_bytes()
    recording = await deliver(tus, gsm, media_type="audio/gsm")
    assert await tus.part(recording, "content") == gsm
    played = await tus.part(recording, "playback")
    assert played and played.startswith(b"RIFF")
    samples = (await row_of(tus, recording))["duration_ms"] * 8
    assert len(played) == 44 + 2 * samples
    parts = await tus.rows("SELECT media_type FROM part WHERE recording_id = $1 AND name = 'playback'", recording)
    assert parts[0]["media_type"] == "audio/wav"


async def test_a_long_call_that_no_browser_plays_is_decoded_from_the_store(tus: Tus) -> None:
    gsm = (RECORDINGS / "prh" / "call-04.gsm").read_bytes()
    frames = len(gsm) // 33 * 33
    long = gsm[:frames] * ((3 << 20) // frames)
    recording = await deliver(tus, long, media_type="audio/gsm")
    played = await tus.part(recording, "playback")
    assert played and len(played) == 44 + len(long) // 33 * 160 * 2


def chatbot(*texts: str) -> bytes:
    messages = [{"at": float(at), "from": "customer", "text": text} for at, text in enumerate(texts)]
    return json.dumps({"language": "fi", "messages": messages}).encode()


async def test_a_chatbots_digits_are_cut_out_and_kept_for_an_hour(tus: Tus) -> None:
    started_at = datetime.now(UTC) - timedelta(minutes=10)
    said = {"kind": "chatbot", "media_type": "application/json", "contact": {}, "started_at": started_at.isoformat()}
    talk = chatbot("Hakemukseni numero on 20261234.", "Soittakaa 050 555 0199, kiitos!", "Hei hei")
    recording = await deliver(tus, talk, **said)
    content, cut = await tus.part(recording, "content"), await tus.part(recording, "identifiers")
    assert content and cut
    for digits in (b"20261234", b"555", b"0199"):
        assert digits not in content
        assert digits in cut
    assert b"Hei hei" in content
    parts = {row["name"]: row for row in await tus.rows("SELECT * FROM part WHERE recording_id = $1", recording)}
    assert set(parts) == {"content", "contact", "identifiers"}
    gone_at = parts["identifiers"]["destroy_at"]
    assert started_at + timedelta(minutes=59) < gone_at <= started_at + timedelta(hours=1)
    assert (await contact_of(tus, recording)).ended_at == started_at + timedelta(seconds=2)


async def test_digits_whose_hour_is_over_are_cut_out_and_not_kept_at_all(tus: Tus) -> None:
    said = {"kind": "chatbot", "media_type": "application/json", "contact": {}}
    started_at = datetime.now(UTC) - timedelta(hours=2)
    recording = await deliver(tus, chatbot("Numero on 20261234."), started_at=started_at.isoformat(), **said)
    assert await names_of(tus, recording) == {"content", "contact"}
    content = await tus.part(recording, "content")
    assert content and b"20261234" not in content


async def test_a_talk_with_an_agent_keeps_its_digits(tus: Tus) -> None:
    said = {"kind": "chat", "media_type": "application/json", "contact": {"agent_id": "agent-1"}}
    recording = await deliver(tus, chatbot("Numero on 20261234."), **said)
    content = await tus.part(recording, "content")
    assert content and b"20261234" in content


async def test_survey_answers_are_taken(tus: Tus) -> None:
    answers = {"answers": [{"question": "Arvosana?", "answer": 5}, {"question": "Terveisiä?", "answer": "Kiitos"}]}
    said = {"kind": "sms_survey", "media_type": "application/json", "contact": {"customer_number": "0505550199"}}
    recording = await deliver(tus, json.dumps(answers).encode(), **said)
    content = await tus.part(recording, "content")
    assert content and json.loads(content)["answers"] == answers["answers"]
    assert (await contact_of(tus, recording)).ended_at is None


async def test_a_transcript_in_pieces_is_taken(tus: Tus) -> None:
    said = {"kind": "chat", "media_type": "application/json", "contact": {}}
    talk = chatbot(*("sana " * 1000 for _ in range(30)))
    url = await tus.begun(len(talk), **said)
    await tus.send(url, 0, talk[:70_000])
    recording = recording_of(await tus.send(url, 70_000, talk[70_000:]))
    content = await tus.part(recording, "content")
    assert content and len(json.loads(content)["messages"]) == 30


async def test_a_call_of_many_megabytes_passes_through_unchanged(tus: Tus) -> None:
    long = pcm(20 << 20)
    whole = await deliver(tus, long)
    assert await tus.part(whole, "content") == long
    url = await tus.begun(len(long))
    resumed = recording_of(await tus.send(url, 0, long))
    assert await tus.part(resumed, "content") == long
    assert await tus.stored_names(resumed) == ["content"]
    assert (await row_of(tus, whole))["facts"] == (await row_of(tus, resumed))["facts"]
    assert await tus.part(whole, "peaks") == await tus.part(resumed, "peaks")


async def test_nothing_of_it_stands_in_clear_on_any_disk(tus: Tus, data_directory: Path) -> None:
    mark, number, source = uuid4().hex.encode() * 4, "0505551234", f"pbx-{uuid4()}"
    long = pcm(18 << 20)
    marked = long[:1000] + mark + long[1000 + len(mark) : -1000] + mark + long[len(long) - 1000 + len(mark) :]
    said = {"source_id": source, "contact": {"caller_number": number, "agent_id": mark.decode()[:32]}}
    url = await tus.begun(len(marked), **said)
    await tus.send(url, 0, marked[: 9 << 20])
    await tus.send(url, 9 << 20, marked[9 << 20 :])
    await deliver(tus, wav()[:1000] + mark + wav()[1000:], **said | {"source_id": f"{source}-again"})
    assert holds(data_directory, mark[:32], b"505551234", source.encode()) == []


def holds(directory: Path, *clear: bytes) -> list[Path]:
    """The files in which any of these bytes stand; the store's own must be among those that are looked through."""
    contents = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    assert sum(map(len, contents.values())) > 18 << 20
    return [path for path, content in contents.items() if any(text in content for text in clear)]
