"""Playable sound carries the package's mark where any tool finds it, and sounds as it did."""

import io
from itertools import product

import av
import pytest

from tests.packages.given import SAMPLES, gathered, in_pieces
from vault.ingest.audio import container_of
from vault.ingest.decoding import Decoding
from vault.packages.marks import new_mark
from vault.packages.ogg import with_comment
from vault.packages.tagging import tag

SOUNDS = ["prh/call-01.wav", "prh/call-03.opus", "prh/call-05.mp3", "flac", "valtiokonttori/call-11.wav"]


def sample(file: str) -> tuple[bytes, str]:
    """A sound and its container."""
    if file == "flac":
        return flac(), "flac"
    types = {"wav": "audio/wav", "opus": "audio/ogg", "mp3": "audio/mpeg"}
    return (SAMPLES / file).read_bytes(), container_of(types[file.rpartition(".")[2]])


def flac() -> bytes:
    """Some sound in FLAC."""
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as out, av.open(str(SAMPLES / "prh/call-01.wav")) as source:
        stream = out.add_stream("flac", rate=8000, layout="mono")
        for frame in source.decode(audio=0):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def samples(content: bytes, container: str) -> bytes:
    """The sound itself."""
    with Decoding(io.BytesIO(content), container) as decoding:
        return b"".join(block.tobytes() for block in decoding.blocks())


@pytest.mark.parametrize(("file", "size"), [(SOUNDS[0], 1), *product(SOUNDS, (999, 1 << 20))])
async def test_the_mark_is_in_the_metadata_and_no_sample_changes(file: str, size: int) -> None:
    content, container = sample(file)
    mark = new_mark()
    chunks, marked = await tag(in_pieces(content, size), container, mark)
    tagged = await gathered(chunks)
    assert marked
    assert mark.encode() in tagged[: 1 << 16]
    assert samples(tagged, container) == samples(content, container)
    if container != "flac":
        with av.open(io.BytesIO(tagged)) as read:
            told = [*read.metadata.values(), *(v for stream in read.streams for v in stream.metadata.values())]
            assert any(mark in value for value in told)


@pytest.mark.parametrize(
    ("content", "container"),
    [
        (b"", "wav"),
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"RF64" + bytes(60), "wav"),
        (b"OggS" + bytes(20), "ogg"),
        (b"fLaC" + bytes(4), "flac"),
        (b"\xd0" * 330, "gsm"),
    ],
)
async def test_sound_without_room_for_a_mark_is_passed_on_as_it_is(content: bytes, container: str) -> None:
    chunks, marked = await tag(in_pieces(content), container, new_mark())
    assert (await gathered(chunks), marked) == (content, False)


def test_tags_that_are_broken_or_would_take_another_page_are_left_alone() -> None:
    content, _ = sample("prh/call-03.opus")
    tags = content.index(b"OpusTags")
    # The length of the vendor's name reaches far beyond the packet.
    broken = content[: tags + 8] + b"\xff\xff\xff\x7f" + content[tags + 12 :]
    assert with_comment(broken, "A=b") == broken
    assert with_comment(content, "A=" + "b" * 66_000) == content
