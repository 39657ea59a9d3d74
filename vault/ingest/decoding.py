"""Only here does FFmpeg touch what a stranger sent, and it may open one container and a few codecs, nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from types import TracebackType
from typing import Any, Protocol, Self

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from vault.ingest.containers import NAMES, NotWhatItClaims, check_head, flac_samples, wav_end
from vault.ingest.waveform import Samples

CODECS = {
    "wav": ("pcm_s16le", "pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s24le", "gsm_ms"),
    "mp3": ("mp3float", "mp3"),
    "ogg": ("opus",),
    "flac": ("flac",),
    "gsm": ("gsm",),
}
"""The containers that are taken and what may be inside each, by FFmpeg's names."""

MOST_CHANNELS = 8
SAMPLE_RATES = range(4_000, 96_001)
LONGEST = timedelta(hours=24)
"""A longer call is refused: a few kilobytes of FLAC can hold years of silence."""

_HEAD_BYTES = 4096
_MUTE_BYTES = 1 << 20
_BLOCK_SAMPLES = 16_384


class Readable(Protocol):
    """All that is asked of a source of bytes: it need not be seekable."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Decoding:
    """One file under the decoder: what it is, and its sound block by block, in constant memory.

    Opening raises NotWhatItClaims where the bytes are not what `container` names. `samples` (of one channel) and
    `damaged` are known once `blocks` has ended.
    """

    def __init__(self, file: Readable, container: str) -> None:
        self.container = container
        self.samples = 0
        self._good_packets = 0
        self._bad_packets = 0
        self._cut_off = False
        self._format = ""
        self._source = _Source(file)
        check_head(self._source.head, container)
        self._input = _open(self._source, container)
        try:
            self._stream = _only_stream(self._input)
            self.codec = _accepted_codec(self._stream, container)
            self.channels, self.sample_rate = _accepted_shape(self._stream)
        except BaseException:
            self._input.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._input.close()

    @property
    def damaged(self) -> bool:
        """Whether packets could not be decoded, or the file ends before its header says."""
        return self._bad_packets > 0 or self._cut_off or self._ends_early()

    def _ends_early(self) -> bool:
        if self.container == "wav":
            return self._source.size < wav_end(self._source.head)
        return self.container == "flac" and self.samples < flac_samples(self._source.head)

    def blocks(self) -> Iterator[Samples]:
        """The sound in blocks of at least 16384 samples, but the last: so that the cost of a block is spread.

        Raises NotWhatItClaims where there is no sound, or more packets are broken than whole.
        """
        longest = int(LONGEST.total_seconds()) * self.sample_rate
        waiting: list[AudioFrame] = []
        count = 0
        for frame in self._frames():
            waiting.append(frame)
            count += frame.samples
            self.samples += frame.samples
            if self.samples > longest:
                raise NotWhatItClaims("too-long", "It plays for more than 24 hours, longer than any call.")
            if count >= _BLOCK_SAMPLES:
                yield _as_int16(waiting)
                waiting, count = [], 0
        self._check_whole()
        if waiting:
            yield _as_int16(waiting)

    def _check_whole(self) -> None:
        if self._bad_packets > self._good_packets:
            raise NotWhatItClaims("unreadable", "Most of it cannot be decoded.")
        if not self.samples:
            raise NotWhatItClaims("empty-audio", "It holds no sound at all: its length is zero.")

    def _frames(self) -> Iterator[AudioFrame]:
        for packet in self._packets():
            try:
                frames = packet.decode()
            except av.FFmpegError:
                # The odd byte that pads a RIFF chunk is no part of the sound.
                self._bad_packets += packet.size > 1
                continue
            self._good_packets += 1
            for frame in frames:
                if self._is_like_the_others(frame):
                    yield frame
                else:
                    self._bad_packets += 1

    def _is_like_the_others(self, frame: AudioFrame) -> bool:
        self._format = self._format or frame.format.name
        shape = (frame.layout.nb_channels, frame.sample_rate, frame.format.name)
        return shape == (self.channels, self.sample_rate, self._format)

    def _packets(self) -> "Iterator[Packet[AudioStream]]":
        try:
            for packet in self._input.demux(self._stream):
                self._source.check()
                yield packet
        except av.FFmpegError:
            self._cut_off = True
        self._source.check()


class _Source:
    """Hands bytes to the decoder and ends a file that keeps it reading without giving sound.

    So neither a picture in a tag nor a packet without end fills the memory. Nothing raises inside `read`: PyAV keeps
    such an error aside and could raise it in another call; to FFmpeg the file just ends, and `check` says why.
    """

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._mute_bytes = 0
        self._failure: Exception | None = None
        self.size = 0
        self.head = b""
        while len(self.head) < _HEAD_BYTES and (more := file.read(_HEAD_BYTES - len(self.head))):
            self.head += bytes(more)
        self._ahead = self.head

    def read(self, size: int, /) -> bytes:
        if self._failure:
            return b""
        try:
            data = self._ahead[:size] or bytes(self._file.read(size))
        except Exception as error:
            self._failure = error
            return b""
        self._ahead = self._ahead[size:]
        self.size += len(data)
        self._mute_bytes += len(data)
        if self._mute_bytes > _MUTE_BYTES:
            self._failure = NotWhatItClaims("unreadable", "More than a mebibyte of it, at one place, holds no sound.")
        # PyAV copies whatever it is given into a buffer of `size` bytes, so more must never pass.
        return data[:size]

    def check(self) -> None:
        """Sound came, or the end: raises what went wrong while reading, else lets reading go on."""
        self._mute_bytes = 0
        if self._failure:
            raise self._failure


def _open(source: _Source, container: str) -> InputContainer:
    options = {
        "format_whitelist": container,
        "codec_whitelist": ",".join(CODECS[container]),
        "protocol_whitelist": "none",
        # PCM is what its header says: no guessing whether it might be DTS in disguise.
        "max_probe_packets": "0",
        # What a header leaves open is settled well before the reading counts as mute; by itself FFmpeg reads seconds.
        "probesize": str(_MUTE_BYTES // 4),
    }
    if container == "wav":
        options["max_size"] = "65536"
    try:
        opened = av.open(source, "r", format=container, container_options=options, metadata_errors="replace")
    except (av.FFmpegError, MemoryError) as error:
        source.check()
        sentence = f"It begins like {NAMES[container]} but its header cannot be read."
        raise NotWhatItClaims("unreadable", sentence) from error
    source.check()
    return opened


def _only_stream(opened: InputContainer) -> AudioStream:
    streams = tuple(opened.streams)
    if len(streams) != 1 or not isinstance(streams[0], AudioStream):
        raise NotWhatItClaims("not-only-sound", "It must hold one audio stream and no picture, video or other stream.")
    return streams[0]


def _accepted_codec(stream: AudioStream, container: str) -> str:
    codec = stream.codec_context.name if stream.codec_context else "an unknown codec"
    if codec not in CODECS[container]:
        taken = ", ".join(CODECS[container])
        raise NotWhatItClaims("unsupported-codec", f"{NAMES[container]} with {codec} inside; taken are: {taken}.")
    return codec


def _accepted_shape(stream: AudioStream) -> tuple[int, int]:
    channels, rate = stream.codec_context.layout.nb_channels, stream.codec_context.sample_rate
    if not 1 <= channels <= MOST_CHANNELS:
        raise NotWhatItClaims("too-many-channels", f"It has {channels} channels; 1 to {MOST_CHANNELS} are taken.")
    if rate not in SAMPLE_RATES:
        least, most = SAMPLE_RATES[0], SAMPLE_RATES[-1]
        raise NotWhatItClaims("sample-rate", f"It has {rate} samples a second; {least} to {most} are taken.")
    return channels, rate


def _as_int16(frames: list[AudioFrame]) -> Samples:
    """One row a channel, scaled to 16 bits. The frames are of one format."""
    raw: NDArray[Any] = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
    if not frames[0].format.is_planar:
        raw = np.ascontiguousarray(raw.reshape(-1, frames[0].layout.nb_channels).T)
    if raw.dtype == np.int32:
        raw = raw >> 16
    elif raw.dtype == np.uint8:
        raw = (raw.astype(np.int16) - 128) << 8
    elif raw.dtype != np.int16:
        # A broken float may be no number at all.
        raw = np.clip(np.nan_to_num(raw), -1, 1) * 32767
    return raw.astype(np.int16, copy=False)
