"""Sound is believed only after a decoder has read all of it; what it says of itself is a claim."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from vault.ingest.containers import MEDIA_TYPES, NotWhatItClaims, container_of
from vault.ingest.decoding import Decoding, Readable
from vault.ingest.waveform import Peaks, Waveform

__all__ = ["MEDIA_TYPES", "AudioFacts", "NotWhatItClaims", "Readable", "container_of", "playback_wav", "probe"]

SILENCE = 10 ** (-50 / 20)
"""A recording that never leaves -50 dB of full scale is silent: the noise of a quiet line stays below."""

_WAV_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_MOST_IN_HEADER = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What the decoder found.

    `samples` counts one channel. `silent`: see `SILENCE`. `damaged` says that something could not be decoded or is
    missing at the end; the recording is kept all the same, for half a call is better than none.
    """

    container: str
    codec: str
    channels: int
    sample_rate: int
    samples: int
    silent: bool
    damaged: bool
    peaks: Peaks

    @property
    def duration_seconds(self) -> float:
        """How long it plays, by its samples and not by its header."""
        return self.samples / self.sample_rate

    @property
    def browser_playable(self) -> bool:
        """Whether a browser's own audio element plays it: all but GSM (Chromium plays A-law and µ-law too)."""
        return not self.codec.startswith("gsm")


def probe(file: Readable, media_type: str) -> AudioFacts:
    """Decodes all of `file`, streaming in constant memory, and tells what it is.

    Silence is accepted and said; zero length is refused. Raises UnsupportedMedia for a media type that is not taken,
    NotWhatItClaims for bytes that are not what it names, and whatever reading `file` raises.
    """
    with Decoding(file, container_of(media_type)) as sound:
        waveform = Waveform(sound.channels, sound.sample_rate)
        for block in sound.blocks():
            waveform.add(block)
        return AudioFacts(
            container=sound.container,
            codec=sound.codec,
            channels=sound.channels,
            sample_rate=sound.sample_rate,
            samples=sound.samples,
            silent=waveform.swing < SILENCE,
            damaged=sound.damaged,
            peaks=waveform.peaks(),
        )


def playback_wav(file: Readable, facts: AudioFacts) -> tuple[int, Iterator[bytes]]:
    """The same sound as 16-bit PCM in WAV: its exact size in bytes, and the bytes as they are decoded.

    For codecs that browsers do not play. `facts` are what `probe` said of the same bytes; the iterator raises
    NotWhatItClaims where they are others.
    """
    data_size = facts.samples * facts.channels * 2
    return _WAV_HEADER.size + data_size, _wav(file, facts, data_size)


def _wav(file: Readable, facts: AudioFacts, data_size: int) -> Iterator[bytes]:
    frame_size = facts.channels * 2
    yield _WAV_HEADER.pack(
        b"RIFF",
        min(_WAV_HEADER.size - 8 + data_size, _MOST_IN_HEADER),
        b"WAVE",
        b"fmt ",
        16,
        1,
        facts.channels,
        facts.sample_rate,
        facts.sample_rate * frame_size,
        frame_size,
        16,
        b"data",
        min(data_size, _MOST_IN_HEADER),
    )
    with Decoding(file, facts.container) as sound:
        for block in sound.blocks():
            yield block.T.astype("<i2").tobytes()
        if sound.samples != facts.samples:
            raise NotWhatItClaims("unreadable", "These are not the bytes that were probed.")
