"""Sound is taken for what a decoder finds in it."""

import io
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.errors import UnsupportedMedia
from vault.ingest.audio import MEDIA_TYPES, NotWhatItClaims, probe
from vault.ingest.waveform import MOST_PAIRS

SAMPLES = Path(__file__).parents[1] / "recordings"


class Pipe:
    """A source of bytes that can only be read forwards, a little at a time."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        while not self._rest and (piece := next(self._pieces, b"")):
            self._rest = piece
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


def wav(samples: bytes, *, channels: int = 1, rate: int = 8000, tag: int = 1, bits: int = 16, size: int = -1) -> bytes:
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    size = len(samples) if size < 0 else size
    return (
        b"RIFF" + struct.pack("<I", size) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", size) + samples
    )


def tone(seconds: float, *, loudness: int = 8000, rate: int = 8000) -> bytes:
    wave = np.sin(np.arange(int(seconds * rate)) * 0.3) * loudness
    return bytes(wave.astype("<i2").tobytes())


def refusal(data: bytes, media_type: str) -> str:
    with pytest.raises(NotWhatItClaims) as refused:
        probe(io.BytesIO(data), media_type)
    assert refused.value.detail.endswith(".")
    assert refused.value.problems[0].rule == refused.value.rule
    return refused.value.rule


@pytest.mark.parametrize(
    ("file", "media_type", "codec", "channels", "seconds"),
    [
        ("kaiku24/call-20.wav", "audio/wav", "pcm_s16le", 1, 6),
        ("kaiku24/call-22.wav", "audio/x-wav", "pcm_u8", 1, 7),
        ("kaiku24/call-21.wav", "audio/wav", "pcm_s24le", 1, 3),
        ("kaiku24/call-26.wav", "audio/wav", "pcm_s16le", 1, 4),
        ("prh/call-02.wav", "audio/wav", "pcm_alaw", 2, 6),
        ("vertaislaina/call-18.wav", "audio/vnd.wave", "pcm_mulaw", 2, 5),
        ("vertaislaina/call-16.wav", "audio/wav", "pcm_s16le", 1, 4),
        ("valtiokonttori/call-11.wav", "audio/wav", "gsm_ms", 1, 30),
        ("prh/call-04.gsm", "audio/gsm", "gsm", 1, 75),
        ("prh/call-05.mp3", "audio/mpeg; charset=binary", "mp3float", 1, 40),
        ("valtiokonttori/call-10.opus", "Audio/OGG", "opus", 2, 45),
        ("kaiku24/call-24.flac", "audio/flac", "flac", 2, 6),
    ],
)
def test_every_format_of_recorders_is_read_for_what_it_is(
    file: str, media_type: str, codec: str, channels: int, seconds: int
) -> None:
    facts = probe(io.BytesIO((SAMPLES / file).read_bytes()), media_type)
    assert (facts.codec, facts.channels) == (codec, channels)
    assert facts.duration_seconds == pytest.approx(seconds, abs=0.1)
    assert not facts.silent
    assert not facts.damaged


def test_a_source_that_only_gives_a_little_at_a_time_is_read_the_same() -> None:
    data = (SAMPLES / "prh/call-02.wav").read_bytes()
    pieces = (data[at : at + 7] for at in range(0, len(data), 7))
    assert probe(Pipe(pieces), "audio/wav") == probe(io.BytesIO(data), "audio/wav")


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFFF])
def test_a_length_that_a_recorder_never_wrote_is_found_by_decoding(size: int) -> None:
    facts = probe(io.BytesIO(wav(tone(2), size=size)), "audio/wav")
    assert facts.duration_seconds == 2
    assert not facts.damaged


def test_a_recording_that_ends_before_its_header_says_is_kept_and_marked_damaged() -> None:
    facts = probe(io.BytesIO(wav(tone(2), size=64_000)), "audio/wav")
    assert (facts.duration_seconds, facts.damaged) == (2, True)


@pytest.mark.parametrize(
    ("file", "media_type"),
    [
        ("kaiku24/call-24.flac", "audio/flac"),
        ("prh/call-04.gsm", "audio/gsm"),
        ("valtiokonttori/call-11.wav", "audio/wav"),
    ],
)
def test_a_recording_cut_off_in_the_middle_is_kept_and_marked_damaged(file: str, media_type: str) -> None:
    data = (SAMPLES / file).read_bytes()
    facts = probe(io.BytesIO(data[: len(data) // 2 + 5]), media_type)
    assert facts.damaged
    assert facts.samples > 0


def test_noise_in_the_midst_of_a_recording_costs_only_what_it_hit() -> None:
    data = bytearray((SAMPLES / "prh/call-05.mp3").read_bytes())
    data[20_000:20_500] = bytes(500)
    facts = probe(io.BytesIO(bytes(data)), "audio/mpeg")
    assert facts.duration_seconds == pytest.approx(40, abs=2)


def test_sound_that_changes_its_channels_midway_is_taken_up_to_there_and_marked_damaged() -> None:
    first, second = (
        (SAMPLES / "kaiku24/call-23.opus").read_bytes(),
        (SAMPLES / "valtiokonttori/call-10.opus").read_bytes(),
    )
    facts = probe(io.BytesIO(first + second), "audio/ogg")
    assert (facts.channels, round(facts.duration_seconds), facts.damaged) == (1, 240, True)


def test_frames_of_another_rate_are_left_out_and_mark_the_recording_damaged() -> None:
    silent_frame_at_44_100 = b"\xff\xfb\x90\xc4" + bytes(413)
    data = (SAMPLES / "prh/call-05.mp3").read_bytes() + silent_frame_at_44_100 * 10
    facts = probe(io.BytesIO(data), "audio/mpeg")
    assert (facts.sample_rate, round(facts.duration_seconds), facts.damaged) == (8000, 40, True)


@pytest.mark.parametrize(("channels", "rate"), [(2, 44_100), (6, 22_050), (8, 96_000)])
def test_sound_of_many_bytes_a_second_is_read_like_any_other(channels: int, rate: int) -> None:
    seconds = 3_000_000 // (channels * 2 * rate) + 1
    facts = probe(io.BytesIO(wav(tone(seconds * channels, rate=rate), channels=channels, rate=rate)), "audio/wav")
    assert (facts.channels, facts.duration_seconds) == (channels, seconds)


def test_a_header_longer_than_is_looked_at_promises_nothing() -> None:
    whole = wav(tone(1), size=32_000)
    facts = probe(io.BytesIO(whole[:12] + b"LIST" + struct.pack("<I", 5000) + bytes(5000) + whole[12:]), "audio/wav")
    assert (facts.duration_seconds, facts.damaged) == (1, False)


def test_an_mp3_needs_no_tag_and_is_refused_when_most_of_it_is_noise() -> None:
    data = (SAMPLES / "prh/call-05.mp3").read_bytes()
    begin = data.index(b"\xff\xe3")
    length = data.index(b"\xff\xe3", begin + 4) - begin
    assert probe(io.BytesIO(data[begin:]), "audio/mp3").duration_seconds == pytest.approx(40, abs=0.2)
    noise = (data[begin : begin + 4] + b"\xff" * (length - 4)) * 400
    assert refusal(data[begin : begin + length * 20] + noise, "audio/mpeg") == "unreadable"


def test_a_day_is_longer_than_any_call() -> None:
    day = 24 * 60 * 60 * 4000
    head = wav(b"", rate=4000, bits=8, size=0xFFFF_FFFF)
    pieces = iter([head, *[bytes(1 << 20)] * (day >> 20), bytes(1 << 20)])
    with pytest.raises(NotWhatItClaims, match="24 hours"):
        probe(Pipe(pieces), "audio/wav")


def test_silence_is_taken_and_said() -> None:
    assert probe(io.BytesIO(wav(bytes(16_000))), "audio/wav").silent


def test_line_noise_around_an_offset_counts_as_silence_and_a_whisper_does_not() -> None:
    noise = (np.frombuffer(tone(1, loudness=30), "<i2") + 2000).astype("<i2").tobytes()
    assert probe(io.BytesIO(wav(noise)), "audio/wav").silent
    assert not probe(io.BytesIO(wav(tone(1, loudness=300))), "audio/wav").silent


@pytest.mark.parametrize("media_type", sorted(MEDIA_TYPES))
def test_no_bytes_are_refused_as_empty_whatever_they_claim(media_type: str) -> None:
    assert refusal(b"", media_type) == "empty-audio"


def test_a_recording_of_zero_length_is_refused() -> None:
    assert refusal(wav(b""), "audio/wav") == "empty-audio"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (wav(tone(1), channels=9), "too-many-channels"),
        (wav(tone(1), rate=1000), "sample-rate"),
        (wav(tone(1), rate=1_000_000), "sample-rate"),
        (wav(tone(1), tag=3, bits=32), "unsupported-codec"),
        (wav(tone(1), tag=0x55), "unsupported-codec"),
    ],
)
def test_sound_that_no_telephone_system_makes_is_refused(data: bytes, rule: str) -> None:
    assert refusal(data, "audio/wav") == rule


def test_a_playlist_is_never_followed() -> None:
    secret = SAMPLES / "prh" / "call-01.wav"
    for media_type in MEDIA_TYPES:
        for text in (f"#EXTM3U\n{secret}\n", f"ffconcat version 1.0\nfile '{secret}'\n"):
            assert refusal(text.encode(), media_type) == "wrong-container"


def test_a_media_type_that_is_not_sound_of_a_call_is_named_with_those_that_are() -> None:
    with pytest.raises(UnsupportedMedia, match="audio/wav"):
        probe(io.BytesIO(wav(tone(1))), "video/mp4")


def test_what_reading_the_source_raises_is_not_mistaken_for_bad_sound() -> None:
    def broken() -> Iterator[bytes]:
        yield wav(tone(1), size=0xFFFF_FFFF)
        raise ConnectionError("the store went away")

    with pytest.raises(ConnectionError):
        probe(Pipe(broken()), "audio/wav")
    assert probe(io.BytesIO(wav(tone(1))), "audio/wav").samples == 8000


def test_a_picture_of_any_size_in_a_tag_fills_no_memory() -> None:
    frame = b"APIC" + struct.pack(">I", 200_000_000) + b"\0\0\0image/png\0\3\0"
    size = 200_000_100
    head = b"ID3\3\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + frame
    pieces = iter([head, *[bytes(65_536)] * 3000])
    with pytest.raises(NotWhatItClaims, match="holds no sound"):
        probe(Pipe(pieces), "audio/mpeg")
    assert sum(map(len, pieces)) > 100_000_000


def test_a_call_of_hours_takes_no_more_memory_than_one_of_minutes() -> None:
    def peak(minutes: int) -> int:
        pieces = (wav(b"", size=0xFFFF_FFFF) if part == 0 else tone(60) for part in range(minutes + 1))
        tracemalloc.start()
        facts = probe(Pipe(pieces), "audio/wav")
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert facts.duration_seconds == minutes * 60
        assert 1 <= facts.peaks.length <= MOST_PAIRS
        return used

    assert peak(60) < peak(5) * 1.2


BEGINNINGS = [
    b"",
    wav(tone(0.02)),
    (SAMPLES / "prh/call-05.mp3").read_bytes()[:600],
    (SAMPLES / "valtiokonttori/call-10.opus").read_bytes()[:900],
    (SAMPLES / "kaiku24/call-24.flac").read_bytes()[:900],
    (SAMPLES / "prh/call-04.gsm").read_bytes()[:99],
    (SAMPLES / "valtiokonttori/call-11.wav").read_bytes()[:300],
]


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(BEGINNINGS)))
    for _ in range(draw(st.integers(0, 6)) if data else 0):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data) + draw(st.binary(max_size=200))


@settings(max_examples=400)
@given(broken(), st.sampled_from(sorted(MEDIA_TYPES)))
def test_no_bytes_whatever_do_more_than_be_refused(data: bytes, media_type: str) -> None:
    try:
        facts = probe(io.BytesIO(data), media_type)
    except NotWhatItClaims as refused:
        assert refused.rule
    else:
        assert facts.samples > 0
        assert facts.container == MEDIA_TYPES[media_type]
