"""A transcript holds what was said, in one closed shape."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.identifiers import PLACEHOLDER
from tenants.recordings import Kind
from vault.ingest import transcripts
from vault.ingest.transcripts import (
    Survey,
    Talk,
    TranscriptInvalid,
    as_text,
    canonical,
    last_moment,
    read_cuts,
    read_transcript,
    rejoin,
    split_identifiers,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TALK_KINDS = [Kind.CHAT, Kind.CHATBOT]


def talk(*messages: tuple[object, str, str]) -> bytes:
    return json.dumps(
        {"messages": [{"at": at, "from": sender, "text": text} for at, sender, text in messages]}
    ).encode()


def refusal(data: bytes, kind: Kind = Kind.CHAT, *, started_at: datetime | None = None) -> tuple[str, str]:
    with pytest.raises(TranscriptInvalid) as refused:
        read_transcript(data, kind, started_at=started_at)
    assert refused.value.detail.endswith(".")
    return refused.value.path, refused.value.rule


@pytest.mark.parametrize("kind", TALK_KINDS)
def test_a_talk_keeps_who_said_what_and_when_in_utc(kind: Kind) -> None:
    read = read_transcript(talk(("2026-03-01T14:00:05+02:00", "customer", "Hei")), kind)
    assert isinstance(read, Talk)
    assert (read.messages[0].at, read.messages[0].sender, read.messages[0].text) == (
        START + timedelta(seconds=5),
        "customer",
        "Hei",
    )


def test_seconds_are_counted_from_the_start_of_the_recording() -> None:
    read = read_transcript(talk((0, "bot", "Hei"), (2.5, "customer", "Moi")), Kind.CHATBOT, started_at=START)
    assert last_moment(read) == START + timedelta(seconds=2.5)
    assert refusal(talk((0, "bot", "Hei"))) == ("messages[0].at", "relative-time")


def test_a_survey_holds_grades_and_words() -> None:
    data = {
        "language": "fi",
        "answers": [{"question": "Arvosana?", "answer": 5}, {"question": "Miksi?", "answer": "Hyvä."}],
    }
    read = read_transcript(json.dumps(data).encode(), Kind.SMS_SURVEY)
    assert isinstance(read, Survey)
    assert [answer.answer for answer in read.answers] == [5, "Hyvä."]
    assert last_moment(read) is None
    assert as_text(read) == "Arvosana?: 5\nMiksi?: Hyvä.\n"


def test_an_identity_code_that_a_customer_wrote_is_content_and_stays() -> None:
    read = read_transcript(talk((0, "customer", "Tunnukseni on 010190-900P")), Kind.CHAT, started_at=START)
    assert b"010190-900P" in canonical(read)


@pytest.mark.parametrize(
    ("document", "path", "rule"),
    [
        (
            {"messages": [{"at": "2026-03-01T12:00:00Z", "from": "customer", "text": "a", "x": 1}]},
            "messages[0].x",
            "shape",
        ),
        ({"messages": [{"at": "2026-03-01T12:00:00", "from": "customer", "text": "a"}]}, "messages[0].at", "shape"),
        ({"messages": [{"at": "0001-01-01T00:00:00+14:00", "from": "bot", "text": "a"}]}, "messages[0].at", "shape"),
        ({"messages": [{"at": -1, "from": "customer", "text": "a"}]}, "messages[0].at", "shape"),
        ({"messages": [{"at": "2026-03-01T12:00:00Z", "from": "Matti", "text": "a"}]}, "messages[0].from", "shape"),
        (
            {"messages": [{"at": "2026-03-01T12:00:00Z", "from": "bot", "text": "a" * 65_537}]},
            "messages[0].text",
            "shape",
        ),
        ({"messages": [{"at": "2026-03-01T12:00:00Z", "from": "bot", "text": " \n"}]}, "", "empty-transcript"),
        ({"messages": []}, "messages", "shape"),
        ({"version": 2, "messages": []}, "version", "shape"),
        ({"messages": [], "language": "010190-900P"}, "messages", "shape"),
        ({"answers": []}, "answers", "shape"),
        ({}, "messages", "shape"),
        ([], "", "shape"),
    ],
)
def test_what_the_shape_does_not_know_is_refused_with_its_place(document: Any, path: str, rule: str) -> None:
    assert refusal(json.dumps(document).encode()) == (path, rule)


def test_a_refusal_never_repeats_what_stands_where_a_word_of_ours_should() -> None:
    with pytest.raises(TranscriptInvalid) as refused:
        read_transcript(talk(("2026-03-01T12:00:00Z", "010190-900P", "a")), Kind.CHAT)
    assert "010190" not in refused.value.detail
    assert "customer" in refused.value.detail


def test_an_identity_code_finds_no_room_in_the_language() -> None:
    data = json.loads(talk(("2026-03-01T12:00:00Z", "bot", "a"))) | {"language": "010190-900P"}
    assert refusal(json.dumps(data).encode()) == ("language", "shape")


def test_a_survey_without_a_single_answer_is_refused_and_a_grade_is_an_answer() -> None:
    def answered(answer: object) -> bytes:
        return json.dumps({"answers": [{"question": "Miksi?", "answer": answer}]}).encode()

    assert refusal(answered(" "), Kind.SMS_SURVEY)[1] == "empty-transcript"
    assert refusal(answered(401234567), Kind.SMS_SURVEY) == ("answers[0].answer", "shape")
    assert read_transcript(answered(0), Kind.SMS_SURVEY)


def test_a_call_is_no_transcript() -> None:
    assert refusal(talk((0, "bot", "Hei")), Kind.CALL, started_at=START)[1] == "not-a-transcript"


def test_more_than_four_mebibytes_or_twenty_thousand_messages_are_refused() -> None:
    assert refusal(b" " * (4 << 20) + b"{}")[1] == "too-large"
    message = {"at": 0, "from": "bot", "text": "a"}
    assert refusal(json.dumps({"messages": [message] * 20_001}).encode(), started_at=START) == ("messages", "shape")
    assert read_transcript(json.dumps({"messages": [message] * 20_000}).encode(), Kind.CHAT, started_at=START)


def test_reading_what_was_written_gives_the_same_and_the_same_bytes() -> None:
    read = read_transcript(talk(("2026-03-01T14:00:05.25+02:00", "agent", "Hei\n")), Kind.CHAT)
    assert read_transcript(canonical(read), Kind.CHAT) == read
    assert canonical(read_transcript(canonical(read), Kind.CHAT)) == canonical(read)


def test_identifiers_are_cut_whoever_wrote_them_and_can_be_put_back() -> None:
    said = [(0, "bot", "Numerosi?"), (3, "customer", "040 123 4567"), (5, "bot", "Siis 0401234567, kiitos.")]
    read = read_transcript(talk(*said), Kind.CHATBOT, started_at=START)
    without, cuts = split_identifiers(read)
    assert cuts is not None
    assert isinstance(without, Talk)
    assert [message.text for message in without.messages] == ["Numerosi?", PLACEHOLDER, f"Siis {PLACEHOLDER}, kiitos."]
    assert rejoin(without, read_cuts(canonical(cuts))) == read


def test_a_talk_without_identifiers_has_nothing_to_keep_apart() -> None:
    read = read_transcript(talk((0, "bot", "Hei!")), Kind.CHATBOT, started_at=START)
    assert split_identifiers(read) == (read, None)


def test_identifiers_are_put_back_into_their_own_transcript_only() -> None:
    read = read_transcript(talk((0, "bot", "Hei!"), (1, "customer", "0401234567")), Kind.CHATBOT, started_at=START)
    cuts = split_identifiers(read)[1]
    assert cuts is not None
    for other in (talk((0, "bot", "Hei!")), talk((0, "bot", "Hei!"), (1, "customer", "Moi"))):
        with pytest.raises(ValueError, match="no identifier was cut"):
            rejoin(read_transcript(other, Kind.CHATBOT, started_at=START), cuts)


texts = st.lists(st.text(st.sampled_from("abc 0123456789-+(),.\n"), max_size=30), min_size=1, max_size=5)


@settings(max_examples=100)
@given(texts, st.booleans())
def test_cutting_and_rejoining_lose_nothing(lines: list[str], as_survey: bool) -> None:
    if as_survey:
        answers = [{"question": "Mitä?", "answer": text} for text in [*lines, "loppu"]]
        read = read_transcript(
            json.dumps({"answers": [*answers, {"question": "?", "answer": 3}]}).encode(), Kind.SMS_SURVEY
        )
    else:
        said = [(at, "customer", text) for at, text in enumerate([*lines, "loppu"])]
        read = read_transcript(talk(*said), Kind.CHATBOT, started_at=START)
    without, cuts = split_identifiers(read)
    assert (rejoin(without, cuts) if cuts else without) == read


def test_readable_text_says_when_who_and_what_in_the_readers_own_time() -> None:
    read = read_transcript(talk((0, "agent", "Hei"), (3, "customer", "Moi")), Kind.CHAT, started_at=START)
    assert as_text(read, ZoneInfo("Europe/Helsinki")) == (
        "2026-03-01 14:00:00+0200  agent: Hei\n2026-03-01 14:00:03+0200  customer: Moi\n"
    )


@settings(max_examples=100)
@given(st.text(min_size=1).filter(str.strip))
def test_no_text_can_look_like_another_persons_message(text: str) -> None:
    read = read_transcript(talk((0, "customer", text)), Kind.CHAT, started_at=START)
    first, *others = as_text(read).split("\n")[:-1]
    assert first.startswith("2026-03-01 12:00:00+0000  customer: ")
    assert all(line.startswith("    ") for line in others)


def test_the_published_schema_is_the_one_that_is_enforced() -> None:
    published = Path(transcripts.__file__).with_name("transcript.schema.json").read_bytes()
    assert published == transcripts.schema()


@pytest.mark.parametrize(
    "sample", sorted((Path(__file__).parents[1] / "recordings").glob("*/c*.json")), ids=lambda path: path.name
)
def test_every_sample_fits_the_published_schema(sample: Path) -> None:
    jsonschema.validate(json.loads(sample.read_bytes()), json.loads(transcripts.schema()))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(timezones=st.just(UTC)).map(str),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "answers", "at", "from", "text", "question", "answer", "language", "version", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(values.map(json.dumps).map(str.encode) | st.binary(max_size=60), st.sampled_from(Kind))
def test_whatever_arrives_is_a_transcript_or_refused(data: bytes, kind: Kind) -> None:
    try:
        read = read_transcript(data, kind, started_at=START.astimezone(timezone(timedelta(hours=2))))
    except TranscriptInvalid as refused:
        assert refused.rule
    else:
        assert as_text(read)


def test_a_document_nested_without_end_is_refused() -> None:
    assert refusal(b'{"messages":' + b"[" * 200_000)[1] in ("shape", "not-json")
