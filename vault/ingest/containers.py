"""What a file is shows in its first bytes, whatever its media type claims."""

from vault.errors import FieldProblem, Invalid, UnsupportedMedia

MEDIA_TYPES = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/gsm": "gsm",
    "audio/x-gsm": "gsm",
}
"""The media types that a call may have, and the container that each claims."""

NAMES = {"wav": "WAV", "mp3": "MP3", "ogg": "Ogg/Opus", "flac": "FLAC", "gsm": "GSM 06.10"}
"""The containers, as sentences name them."""

_GSM_FRAME_BYTES = 33
# Recorders that never go back to the header leave its size at 0 or close to the end of 31 or 32 bits.
_UNKNOWN_SIZE = 0x7FFF_0000


class NotWhatItClaims(Invalid):
    """The bytes are not the sound that their media type promises, or not sound that the vault takes.

    `rule` is one of wrong-container, unsupported-codec, unreadable, empty-audio, not-only-sound,
    too-many-channels, sample-rate, too-long.
    """

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence, [FieldProblem("content", rule, sentence)])
        self.rule = rule


def container_of(media_type: str) -> str:
    """The container that a media type claims; parameters such as `codecs` are ignored. Raises UnsupportedMedia."""
    name = media_type.partition(";")[0].strip().lower()
    if name not in MEDIA_TYPES:
        raise UnsupportedMedia(f"A call is taken as one of {', '.join(sorted(MEDIA_TYPES))}.")
    return MEDIA_TYPES[name]


def wav_end(head: bytes) -> int:
    """Where the header says that the sound ends, in bytes from the beginning; 0 where it does not know."""
    at = 12
    while at + 8 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"data":
            return at + 8 + size if size < _UNKNOWN_SIZE else 0
        at += 8 + size + size % 2
    return 0


def flac_samples(head: bytes) -> int:
    """How many samples the STREAMINFO block promises; 0 where it does not know (RFC 9639 §8.2)."""
    return int.from_bytes(head[21:26], "big") & 0xF_FFFF_FFFF


def check_head(head: bytes, container: str) -> None:
    """Names what the bytes are, by their first ones; FFmpeg would at times read on until it finds something."""
    if not head:
        raise NotWhatItClaims("empty-audio", "It holds no sound at all: there is not a single byte.")
    found = _container_by_head(head)
    if found != container:
        what = f"the bytes are {NAMES[found]}" if found else f"the bytes are none of {', '.join(NAMES.values())}"
        raise NotWhatItClaims("wrong-container", f"It is said to be {NAMES[container]}, but {what}.")


def _container_by_head(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"fLaC"):
        return "flac"
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return "mp3"
    # ETSI's GSM 06.10 as files hold it: 33 bytes a frame, each beginning with the four bits 0xD.
    if all(first >> 4 == 0xD for first in head[::_GSM_FRAME_BYTES]):
        return "gsm"
    return None


def _is_mp3_frame(head: bytes) -> bool:
    """Eleven bits of sync, layer III, a bit rate and a sample rate that exist (ISO/IEC 11172-3 §2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] >> 5 != 0b111 or (head[1] >> 1) & 3 != 1:
        return False
    return (head[1] >> 3) & 3 != 1 and 1 <= head[2] >> 4 <= 14 and (head[2] >> 2) & 3 != 3
