"""A waveform takes the same few kilobytes for three seconds and for a whole day."""

import struct
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Sound as 16-bit samples: one row a channel."""

MOST_PAIRS = 4096
"""Pairs kept for each channel. When they are full, neighbours are merged and each pair covers twice the time."""

_FIRST_PAIR_SECONDS = 0.01
_HEADER = struct.Struct("<iIiiIi")
_VERSION = 2
_EIGHT_BITS = 1


@dataclass(frozen=True, slots=True)
class Peaks:
    """The lowest and highest sample of each stretch of sound, as signed 8-bit numbers.

    Stored as the binary waveform format, version 2, of the BBC's audiowaveform; shown as its JSON, which
    browser players (wavesurfer.js, peaks.js) read as it is.
    """

    channels: int
    sample_rate: int
    samples_per_pair: int
    data: bytes

    @property
    def length(self) -> int:
        """How many pairs each channel has."""
        return len(self.data) // (2 * self.channels)

    def to_bytes(self) -> bytes:
        """The binary waveform format, version 2."""
        header = _HEADER.pack(
            _VERSION, _EIGHT_BITS, self.sample_rate, self.samples_per_pair, self.length, self.channels
        )
        return header + self.data

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Reads what `to_bytes` wrote. Raises ValueError where it is something else."""
        if len(stored) < _HEADER.size:
            raise ValueError("a waveform has a header of 24 bytes")
        version, flags, sample_rate, samples_per_pair, length, channels = _HEADER.unpack_from(stored)
        if (version, flags) != (_VERSION, _EIGHT_BITS) or len(stored) != _HEADER.size + 2 * length * channels:
            raise ValueError("not an 8-bit waveform of version 2")
        return cls(channels, sample_rate, samples_per_pair, stored[_HEADER.size :])

    def to_json(self) -> dict[str, Any]:
        """The same as audiowaveform's JSON: `data` holds min, max of channel 1, min, max of channel 2, and again."""
        return {
            "version": _VERSION,
            "channels": self.channels,
            "sample_rate": self.sample_rate,
            "samples_per_pixel": self.samples_per_pair,
            "bits": 8,
            "length": self.length,
            "data": np.frombuffer(self.data, np.int8).tolist(),
        }


class Waveform:
    """Gathers peaks from sound as it streams by, in a fixed amount of memory."""

    def __init__(self, channels: int, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._step = max(1, round(sample_rate * _FIRST_PAIR_SECONDS))
        self._full = 0
        self._open = 0
        self._low = np.full((channels, MOST_PAIRS), 32767, np.int16)
        self._high = np.full((channels, MOST_PAIRS), -32768, np.int16)

    def add(self, samples: Samples) -> None:
        """Takes the next stretch of sound, of any length."""
        while samples.shape[1]:
            take = min(samples.shape[1], (MOST_PAIRS - self._full) * self._step - self._open)
            self._fold(samples[:, :take])
            samples = samples[:, take:]
            if self._full == MOST_PAIRS:
                self._halve()

    def _fold(self, samples: Samples) -> None:
        count = samples.shape[1]
        starts = np.concatenate(([0], np.arange(self._step - self._open, count, self._step)))
        here = slice(self._full, self._full + len(starts))
        low, high = self._low[:, here], self._high[:, here]
        np.minimum(low, np.minimum.reduceat(samples, starts, axis=1), out=low)
        np.maximum(high, np.maximum.reduceat(samples, starts, axis=1), out=high)
        pairs, self._open = divmod(self._open + count, self._step)
        self._full += pairs

    def _halve(self) -> None:
        half = MOST_PAIRS // 2
        self._low[:, :half] = np.minimum(self._low[:, ::2], self._low[:, 1::2])
        self._high[:, :half] = np.maximum(self._high[:, ::2], self._high[:, 1::2])
        self._low[:, half:] = 32767
        self._high[:, half:] = -32768
        self._full = half
        self._step *= 2

    @property
    def swing(self) -> float:
        """Half the distance from the lowest to the highest sample of the widest channel; full scale is 1.

        The distance, not the loudest sample, so that a line with a constant offset still counts as silent.
        """
        return float((self._high.max(axis=1).astype(np.int32) - self._low.min(axis=1)).max()) / 65536

    def peaks(self) -> Peaks:
        """What has been gathered so far."""
        length = self._full + (1 if self._open else 0)
        pairs = np.stack((self._low[:, :length], self._high[:, :length]), axis=-1) >> 8
        data = pairs.transpose(1, 0, 2).astype(np.int8).tobytes()
        return Peaks(self._low.shape[0], self._sample_rate, self._step, data)
