"""What must be refused, and by which rule: a folder whose manifest names the rule that each row breaks."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.recordings.sound import RATE, by_ffmpeg, by_sox, plain

Row = dict[str, Any]


def make(folder: Path) -> None:
    """Writes the files, `manifest.jsonl` that brings them, and `rules.json`: the rule that refuses each source id."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    rows = [*_sounds(folder), *_talks(folder)]
    rules = {row["source_id"]: row.pop("rule") for row in rows}
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "rules.json").write_text(json.dumps(rules, indent=1) + "\n")


def _sounds(folder: Path) -> list[Row]:
    tone = (np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE) * 8000).astype(np.int16).reshape(1, -1)
    mp3, flac = by_ffmpeg("libmp3lame", "mp3", 8_000)(tone), by_ffmpeg("flac", "flac", 0)(tone)
    text, playlist = b"This is a text, whatever its name says.\n", b"#EXTM3U\nhttp://192.0.2.1/call.mp3\n"
    crowd = plain(np.repeat(tone[:, :800], 9, axis=0))
    return [
        _item(folder, "text.wav", "audio/wav", text * 20, "wrong-container"),
        _item(folder, "mp3.wav", "audio/wav", mp3, "wrong-container"),
        _item(folder, "wav.mp3", "audio/mpeg", plain(tone), "wrong-container"),
        _item(folder, "playlist.mp3", "audio/mpeg", playlist, "wrong-container"),
        _item(folder, "video.mp3", "audio/mpeg", video(), "wrong-container"),
        _item(folder, "cut-in-header.wav", "audio/wav", plain(tone)[:30], "unreadable"),
        _item(folder, "cut-in-header.flac", "audio/flac", flac[:20], "unreadable"),
        _item(folder, "no-bytes.wav", "audio/wav", b"", "empty-audio"),
        _item(folder, "no-samples.wav", "audio/wav", plain(tone[:, :0]), "empty-audio"),
        _item(folder, "adpcm.wav", "audio/wav", by_sox("-t", "wav", "-e", "ima-adpcm")(tone), "unsupported-codec"),
        _item(folder, "vorbis.ogg", "audio/ogg", by_sox("-t", "ogg")(tone), "unsupported-codec"),
        _item(folder, "picture.mp3", "audio/mpeg", picture() + mp3, "not-only-sound"),
        _item(folder, "many-channels.wav", "audio/wav", crowd, "too-many-channels"),
    ]


def _talks(folder: Path) -> list[Row]:
    talk, extra, silence = _talk(text="Hei!"), _talk(text="Hei!", mood="good"), _talk(text=" ")
    return [
        _item(folder, "extra-field.json", "application/json", extra, "shape"),
        _item(folder, "not-json.json", "application/json", b"Hei!", "not-json"),
        _item(folder, "said-nothing.json", "application/json", silence, "empty-transcript"),
        _item(folder, "identity-code.json", "application/json", talk, "identity-code")
        | {"contact": {"agent_name": "010190-900P"}},
        _item(folder, "unnamed-field.json", "application/json", talk, "field-not-in-policy")
        | {"contact": {"shoe_size": 43}},
        _item(folder, "future.json", "application/json", talk, "in-the-future")
        | {"started_at": "2999-01-01T00:00:00Z"},
    ]


def _talk(**said: str) -> bytes:
    return json.dumps({"messages": [{"at": 0, "from": "customer"} | said]}).encode()


def _item(folder: Path, name: str, media_type: str, data: bytes, rule: str) -> Row:
    (folder / name).write_bytes(data)
    kind = "call" if media_type.startswith("audio/") else "chat"
    row: Row = {"file": name, "kind": kind, "source_id": f"refused-{name}", "media_type": media_type}
    return row | {"started_at": "-P1D", "contact": {}, "rule": rule}


def video() -> bytes:
    """A film of a few grey frames in MP4."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((24, 16), 128, np.uint8), format="yuv420p")))
        out.mux(stream.encode(None))
    return target.getvalue()


def picture() -> bytes:
    """An ID3v2.3 tag that holds a picture of one dot."""
    dot = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c636000000002"
        "0001e221bc330000000049454e44ae426082"
    )
    frame = b"\0image/png\0\3\0" + dot
    body = b"APIC" + len(frame).to_bytes(4, "big") + b"\0\0" + frame
    return b"ID3\3\0\0" + bytes([0, 0, len(body) >> 7, len(body) & 0x7F]) + body
