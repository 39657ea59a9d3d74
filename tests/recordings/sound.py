"""Sound for the samples: espeak-ng speaks, sox makes a telephone line of it, and recorders' formats come out."""

import io
import random
import struct
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from tests.recordings.words import turns

RATE = 8000
_PAUSE = RATE // 3
_VOICES = {"agent": ("fi", "38", "165"), "customer": ("fi+f3", "62", "150")}
_CHANNELS = ("agent", "customer")
_SUBFORMAT_TAIL = bytes.fromhex("000000001000800000aa00389b71")

Sound = NDArray[np.int16]


def dialogue(controller: str, seconds: int, chance: random.Random) -> Sound:
    """Agent and customer, a channel each, for exactly so many seconds."""
    sound = np.zeros((2, seconds * RATE), np.int16)
    at = 0
    for who, text in turns(controller, chance):
        line = spoken(who, text)[: sound.shape[1] - at]
        sound[_CHANNELS.index(who), at : at + len(line)] = line
        at += len(line) + _PAUSE
        if at >= sound.shape[1]:
            return sound
    return sound


@cache
def spoken(who: str, text: str) -> Sound:
    """One line of text as it sounds over the telephone: 300 to 3400 Hz, 8 kHz."""
    voice, pitch, speed = _VOICES[who]
    wav = _run(["espeak-ng", "-v", voice, "-p", pitch, "-s", speed, "--stdout", text])
    line = ["-r", str(RATE), "-c", "1", "-e", "signed", "-b", "16", "-t", "raw", "-", "sinc", "300-3400"]
    return np.frombuffer(
        _run(["sox", "-D", "-t", "wav", "--ignore-length", "-", *line, "gain", "-n", "-6"], wav), np.int16
    )


def write_sound(folder: Path, name: str, form: str, sound: Sound) -> tuple[str, str]:
    """Writes the sound in one of the formats of `_FORMS`; gives the file's name and its media type."""
    form, _, layout = form.rpartition("-") if form not in _FORMS else (form, "", "mono")
    ending, media_type, encode = _FORMS[form]
    file = f"{name}.{ending}"
    mixed = sound if layout == "stereo" else (sound.astype(np.int32).sum(axis=0, keepdims=True)).astype(np.int16)
    (folder / file).write_bytes(encode(mixed))
    return file, media_type


def by_sox(*options: str) -> Callable[[Sound], bytes]:
    """An encoder: sox with these options for its output."""

    def encode(sound: Sound) -> bytes:
        raw = ["-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", str(sound.shape[0]), "-"]
        # Through a pipe sox cannot go back to write the sizes into the header.
        return with_sizes(_run(["sox", "-D", *raw, *options, "-"], sound.T.tobytes()))

    return encode


def by_ffmpeg(codec: str, container: str, bit_rate: int) -> Callable[[Sound], bytes]:
    """An encoder: one of FFmpeg's, with a bit rate for each channel."""

    def encode(sound: Sound) -> bytes:
        layout = "stereo" if sound.shape[0] == 2 else "mono"
        target = io.BytesIO()
        with av.open(target, "w", format=container, options={"fflags": "+bitexact"}) as out:
            stream = out.add_stream(codec, rate=RATE, layout=layout)
            assert isinstance(stream, AudioStream)
            stream.bit_rate = bit_rate * sound.shape[0]
            frame = av.AudioFrame.from_ndarray(sound.T.reshape(1, -1).copy(), format="s16", layout=layout)
            frame.sample_rate = RATE
            resampler = av.AudioResampler(
                format=stream.codec_context.format,
                layout=layout,
                rate=RATE,
                frame_size=stream.codec_context.frame_size or 1024,
            )
            for part in [*resampler.resample(frame), *resampler.resample(None), None]:
                out.mux(stream.encode(part))
        return target.getvalue()

    return encode


def headerless(sound: Sound) -> bytes:
    """WAV as a recorder leaves it that never goes back to the header: both sizes are at their largest."""
    whole = plain(sound)
    return whole[:4] + b"\xff" * 4 + whole[8:40] + b"\xff" * 4 + whole[44:]


def extensible(sound: Sound) -> bytes:
    """WAV with the longer form of format header, WAVE_FORMAT_EXTENSIBLE."""
    channels = sound.shape[0]
    form = struct.pack("<HHIIHHHHIH", 0xFFFE, channels, RATE, RATE * 2 * channels, 2 * channels, 16, 22, 16, 0, 1)
    form += _SUBFORMAT_TAIL
    data = sound.T.tobytes()
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def plain(sound: Sound) -> bytes:
    """WAV of 16-bit PCM with the shortest header there is."""
    channels, data = sound.shape[0], sound.T.tobytes()
    form = struct.pack("<HHIIHH", 1, channels, RATE, RATE * 2 * channels, 2 * channels, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def with_sizes(data: bytes) -> bytes:
    """A WAV with the sizes in its header put right; anything else as it is."""
    if data[:4] != b"RIFF":
        return data
    at = data.index(b"data") + 4
    size = struct.pack("<I", len(data) - at - 4)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:at] + size + data[at + 4 :]


def _run(command: list[str], given: bytes = b"") -> bytes:
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


_FORMS: dict[str, tuple[str, str, Callable[[Sound], bytes]]] = {
    "wav-pcm16": ("wav", "audio/wav", plain),
    "wav-pcm8": ("wav", "audio/x-wav", by_sox("-t", "wav", "-b", "8", "-e", "unsigned")),
    "wav-pcm24": ("wav", "audio/wav", by_sox("-t", "wav", "-b", "24")),
    "wav-alaw": ("wav", "audio/wav", by_sox("-t", "wav", "-e", "a-law")),
    "wav-mulaw": ("wav", "audio/vnd.wave", by_sox("-t", "wav", "-e", "mu-law")),
    "wav-gsm": ("wav", "audio/wav", by_sox("-t", "wav", "-e", "gsm-full-rate")),
    "wav-extensible": ("wav", "audio/wav", extensible),
    "wav-pcm16-mono-headerless": ("wav", "audio/wav", headerless),
    "gsm": ("gsm", "audio/gsm", by_sox("-t", "gsm")),
    "mp3": ("mp3", "audio/mpeg", by_ffmpeg("libmp3lame", "mp3", 8_000)),
    "ogg-opus": ("opus", "audio/ogg", by_ffmpeg("libopus", "ogg", 6_000)),
    "flac": ("flac", "audio/flac", by_ffmpeg("flac", "flac", 0)),
}
