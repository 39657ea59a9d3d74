"""Every call can be seen and heard in a browser, whatever its recorder wrote."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.ingest.audio import NotWhatItClaims, playback_wav, probe
from vault.ingest.waveform import MOST_PAIRS, Peaks, Waveform

SAMPLES = Path(__file__).parents[1] / "recordings"


def wav(samples: bytes, *, tag: int = 1, bits: int = 16) -> bytes:
    form = struct.pack("<HHIIHH", tag, 1, 8000, 1000 * bits, bits // 8, bits)
    size = struct.pack("<I", len(samples))
    return b"RIFF" + size + b"WAVEfmt \x10\0\0\0" + form + b"data" + size + samples


def tone(seconds: int) -> bytes:
    return bytes((np.sin(np.arange(seconds * 8000) * 0.3) * 8000).astype("<i2").tobytes())


@pytest.mark.parametrize("file", ["prh/call-04.gsm", "valtiokonttori/call-11.wav"])
def test_gsm_becomes_a_wav_that_browsers_play_of_exactly_the_size_said(file: str) -> None:
    data = (SAMPLES / file).read_bytes()
    media_type = "audio/gsm" if file.endswith("gsm") else "audio/wav"
    facts = probe(io.BytesIO(data), media_type)
    assert not facts.browser_playable
    size, pieces = playback_wav(io.BytesIO(data), facts)
    played = b"".join(pieces)
    assert len(played) == size
    again = probe(io.BytesIO(played), "audio/wav")
    assert again.browser_playable
    assert (again.codec, again.samples, again.peaks) == ("pcm_s16le", facts.samples, facts.peaks)


def test_playback_of_other_bytes_than_were_probed_is_refused() -> None:
    facts = probe(io.BytesIO(wav(tone(2))), "audio/wav")
    _, pieces = playback_wav(io.BytesIO(wav(tone(1))), facts)
    with pytest.raises(NotWhatItClaims):
        b"".join(pieces)


@pytest.mark.parametrize(("codec", "tag", "bits"), [("pcm_s16le", 1, 16), ("pcm_alaw", 6, 8), ("pcm_mulaw", 7, 8)])
def test_browsers_play_pcm_and_g711_as_they_are(codec: str, tag: int, bits: int) -> None:
    facts = probe(io.BytesIO(wav(tone(1), tag=tag, bits=bits)), "audio/wav")
    assert (facts.codec, facts.browser_playable) == (codec, True)


@settings(max_examples=40)
@given(
    st.integers(1, 3),
    st.lists(st.integers(1, 3000), min_size=1, max_size=12),
    st.sampled_from([100, 8000, 48_000]),
    st.integers(0, 1000),
)
def test_peaks_are_the_lowest_and_highest_of_each_stretch_however_the_sound_arrives(
    channels: int, lengths: list[int], rate: int, seed: int
) -> None:
    sound = np.random.default_rng(seed).integers(-32768, 32768, (channels, sum(lengths)), np.int16)
    waveform = Waveform(channels, rate)
    at = 0
    for length in lengths:
        waveform.add(sound[:, at : at + length])
        at += length
    peaks = waveform.peaks()
    step = peaks.samples_per_pair
    assert peaks.length == -(-sound.shape[1] // step) <= MOST_PAIRS
    pairs = np.frombuffer(peaks.data, np.int8).reshape(peaks.length, channels, 2)
    for number in range(peaks.length):
        stretch = sound[:, number * step : (number + 1) * step]
        assert (pairs[number, :, 0] == stretch.min(axis=1) >> 8).all()
        assert (pairs[number, :, 1] == stretch.max(axis=1) >> 8).all()


def test_peaks_are_stored_and_shown_in_the_formats_of_audiowaveform() -> None:
    peaks = probe(io.BytesIO(wav(tone(1))), "audio/wav").peaks
    assert Peaks.from_bytes(peaks.to_bytes()) == peaks
    shown = peaks.to_json()
    assert (shown["version"], shown["bits"], shown["sample_rate"], shown["samples_per_pixel"]) == (2, 8, 8000, 80)
    assert len(shown["data"]) == 2 * shown["length"] * shown["channels"] == 200
    for other in (b"", peaks.to_bytes()[:-1], b"\1" + peaks.to_bytes()[1:]):
        with pytest.raises(ValueError, match="waveform"):
            Peaks.from_bytes(other)
