"""A folder is imported row by row, and a bad row is named without stopping the good ones."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.admission import admit
from tenants.contracts import Contract
from tenants.reading import read_policy
from tenants.recordings import Direction, Kind
from vault.errors import Invalid
from vault.ingest.audio import MEDIA_TYPES, NotWhatItClaims, probe
from vault.ingest.manifest import ManifestRow, RowProblem, read_manifest
from vault.ingest.transcripts import TranscriptInvalid, read_transcript

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "recordings"
CONTROLLERS = sorted(path.stem for path in (ROOT / "tenants").glob("*.toml"))
ROW: dict[str, Any] = {
    "file": "a.wav",
    "kind": "call",
    "source_id": "pbx-1",
    "media_type": "audio/wav",
    "started_at": "2026-03-01T12:00:00Z",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.wav").write_bytes(b"sound")
    return tmp_path


def read_rows(folder: Path, *rows: dict[str, Any] | str) -> list[ManifestRow | RowProblem]:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    (folder / "manifest.jsonl").write_text(text, encoding="utf-8")
    return list(read_manifest(folder, now=NOW))


def read_csv(folder: Path, text: str) -> list[ManifestRow | RowProblem]:
    (folder / "manifest.csv").write_bytes(text.encode())
    return list(read_manifest(folder, now=NOW))


def problem(found: ManifestRow | RowProblem) -> tuple[int, str]:
    assert isinstance(found, RowProblem)
    assert found.sentence.endswith(".")
    return found.line, found.rule


def refused(found: ManifestRow | RowProblem) -> str:
    assert isinstance(found, RowProblem)
    return found.sentence


def good(found: ManifestRow | RowProblem) -> ManifestRow:
    assert isinstance(found, ManifestRow), found
    return found


def test_a_line_of_json_is_a_recording(folder: Path) -> None:
    row = good(*read_rows(folder, ROW | {"direction": "in", "contact": {"caller_number": "040 123 4567"}}))
    assert (row.line, row.file) == (1, folder / "a.wav")
    assert row.metadata.kind is Kind.CALL
    assert row.metadata.direction is Direction.IN
    assert row.metadata.contact == {"caller_number": "040 123 4567"}


def test_a_spreadsheet_says_the_same_as_json_lines(folder: Path) -> None:
    said = good(*read_rows(folder, ROW | {"contact": {"caller_number": "0401234567", "message_count": 3}}))
    (folder / "manifest.jsonl").unlink()
    header = (
        "file,kind,source_id,media_type,started_at,ended_at,contact.caller_number,contact.message_count,contact.city"
    )
    cells = "a.wav,call,pbx-1,audio/wav,2026-03-01T12:00:00Z,,0401234567,3,"
    for separator in ",;":
        text = "\ufeff" + f"{header}\r\n{cells}\r\n".replace(",", separator)
        assert good(*read_csv(folder, text)).metadata == said.metadata


def test_a_row_of_a_spreadsheet_is_named_by_the_line_on_which_it_begins(folder: Path) -> None:
    text = 'file,source_id\na.wav,"x\ny"\nb.wav\na.wav,z\n'
    assert [problem(found) for found in read_csv(folder, text)] == [(2, "shape"), (4, "columns"), (5, "shape")]


@pytest.mark.parametrize("header", ["file,knid", "file,file", "file,contact."])
def test_a_column_that_nobody_knows_is_said_once(folder: Path, header: str) -> None:
    assert [problem(found) for found in read_csv(folder, header + "\n1,2\n3,4\n")] == [(1, "columns")]


def test_a_bad_row_does_not_stop_the_good_ones(folder: Path) -> None:
    found = read_rows(folder, "{", "", ROW | {"kind": "fax"}, "[]", '{"a": ' * 5000, ROW)
    assert [problem(row) for row in found[:4]] == [(1, "not-json"), (3, "shape"), (4, "not-json"), (5, "not-json")]
    assert good(found[4]).line == 6


def test_what_is_not_of_the_shape_is_told_with_its_field_and_the_words_that_would_be_right(folder: Path) -> None:
    found = read_rows(folder, ROW | {"kind": "fax"}, ROW | {"colour": 1}, ROW | {"started_at": "1.11.2026"})
    assert [refused(row) for row in found] == [
        "kind: Expected one of call, chat, chatbot, sms_survey.",
        "colour: Object contains unknown field `colour`.",
        "started_at: Invalid RFC3339 encoded datetime.",
    ]


@pytest.mark.parametrize("name", ["../a.wav", "/etc/passwd", "x/../../a.wav", "link"])
def test_a_file_outside_the_folder_is_never_read(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "import"
    folder.mkdir()
    (tmp_path / "a.wav").write_bytes(b"secret")
    (folder / "link").symlink_to(tmp_path / "a.wav")
    assert [problem(row) for row in read_rows(folder, ROW | {"file": name})] == [(1, "file-outside")]


@pytest.mark.parametrize("name", ["b.wav", "", "\0", "a" * 5000, ".", None, 7])
def test_a_file_that_is_not_there_is_said(folder: Path, name: object) -> None:
    assert [problem(row) for row in read_rows(folder, ROW | {"file": name})] == [(1, "file-missing")]


def test_the_second_row_of_a_source_id_is_a_duplicate_and_says_where_the_first_is(folder: Path) -> None:
    first, second = read_rows(folder, ROW, ROW)
    assert good(first)
    assert problem(second) == (2, "duplicate-source-id")
    assert isinstance(second, RowProblem)
    assert (second.source_id, second.file) == ("pbx-1", "a.wav")
    assert "line 1" in second.sentence


def test_a_row_that_could_not_be_imported_does_not_take_its_source_id(folder: Path) -> None:
    first, second = read_rows(folder, ROW | {"file": "b.wav"}, ROW)
    assert problem(first) == (1, "file-missing")
    assert good(second)


def test_samples_count_their_times_from_the_import(folder: Path) -> None:
    row = good(*read_rows(folder, ROW | {"started_at": "-P1MT2H", "ended_at": "PT90S"}))
    assert row.metadata.started_at == datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert row.metadata.ended_at == row.metadata.started_at + timedelta(seconds=90)
    row = good(*read_rows(folder, ROW | {"ended_at": "PT1M"}))
    assert row.metadata.ended_at == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "times",
    [
        {"started_at": "-Pyesterday"},
        {"started_at": "-P9999Y"},
        {"ended_at": "Plater"},
        {"started_at": "yesterday", "ended_at": "PT1M"},
        {"started_at": "2026-03-01T12:00:00", "ended_at": "PT1M"},
    ],
)
def test_a_relative_time_that_means_nothing_is_said(folder: Path, times: dict[str, str]) -> None:
    assert [problem(row) for row in read_rows(folder, ROW | times)] == [(1, "relative-time")]


def test_a_folder_has_one_manifest(folder: Path) -> None:
    with pytest.raises(Invalid, match="no manifest"):
        read_manifest(folder, now=NOW)
    (folder / "manifest.csv").touch()
    (folder / "manifest.jsonl").touch()
    with pytest.raises(Invalid, match="two manifests"):
        read_manifest(folder, now=NOW)


@pytest.mark.parametrize("name", ["manifest.csv", "manifest.jsonl"])
def test_a_manifest_in_another_encoding_is_said(folder: Path, name: str) -> None:
    (folder / name).write_bytes("file,kind\nä,call\n".encode("latin-1"))
    assert [row.rule for row in read_manifest(folder, now=NOW) if isinstance(row, RowProblem)][-1] == "not-utf-8"


def test_a_line_without_end_is_not_read_into_memory(folder: Path) -> None:
    assert [problem(row) for row in read_rows(folder, "x" * (1 << 21))] == [(1, "line-too-long")]
    (folder / "manifest.jsonl").unlink()
    assert problem(read_csv(folder, "file,kind\na.wav," + "x" * (1 << 21))[-1]) == (2, "columns")


def test_nothing_personal_is_shown_where_a_row_is_printed(folder: Path) -> None:
    row = good(*read_rows(folder, ROW | {"contact": {"caller_number": "0401234567"}}))
    assert "0401234567" not in repr(row)
    assert "a.wav" not in repr(row)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["manifest.csv", "manifest.jsonl"]), st.binary(max_size=120), st.booleans())
def test_no_manifest_whatever_does_more_than_name_its_problems(
    folder: Path, name: str, data: bytes, headed: bool
) -> None:
    head = b"file,kind,source_id,media_type,started_at\na.wav,call,x,audio/wav," if headed else b""
    (folder / name).write_bytes(head + data)
    assert all(isinstance(row, ManifestRow | RowProblem) for row in read_manifest(folder, now=NOW))
    (folder / name).unlink()


def sample_rows(folder: str) -> list[ManifestRow]:
    return [good(row) for row in read_manifest(SAMPLES / folder, now=NOW)]


def read_content(row: ManifestRow) -> None:
    if row.metadata.media_type in MEDIA_TYPES:
        with row.file.open("rb") as file:
            probe(file, row.metadata.media_type)
    else:
        read_transcript(row.file.read_bytes(), row.metadata.kind, started_at=row.metadata.started_at)


def refusals(controller: str, row: ManifestRow) -> list[str]:
    policy = read_policy((ROOT / "tenants" / f"{controller}.toml").read_text(), source=controller)
    contract = Contract(starts_on=date(2025, 1, 1), ends_on=date(2027, 1, 1), time_zone="Europe/Helsinki")
    return [refusal.rule for refusal in admit(policy, contract, row.metadata, NOW)]


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_every_sample_is_admitted_by_its_controllers_policy(controller: str) -> None:
    for row in sample_rows(controller):
        assert refusals(controller, row) == [], row.file.name
        read_content(row)


def test_there_are_samples_of_every_length_format_and_kind() -> None:
    rows = [row for controller in CONTROLLERS for row in sample_rows(controller)]
    assert len(rows) >= 45
    assert {row.metadata.kind for row in rows} == set(Kind)
    assert {row.file.suffix for row in rows} == {".wav", ".mp3", ".opus", ".flac", ".gsm", ".json"}
    assert sum(row.file.stat().st_size for row in rows) < 4 << 20


def test_what_must_be_refused_is_refused_by_the_rule_that_it_breaks() -> None:
    rules = json.loads((SAMPLES / "refused" / "rules.json").read_text())
    for row in sample_rows("refused"):
        try:
            read_content(row)
            broken = refusals("prh", row)
        except (NotWhatItClaims, TranscriptInvalid) as refused:
            broken = [refused.rule]
        assert rules.pop(row.metadata.source_id) in broken, row.file.name
    assert not rules
