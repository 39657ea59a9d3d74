"""What an import has done is known to the next run, also when a kill cut the last note short."""

import stat
from pathlib import Path

from vault.client.journal import Journal


def test_the_next_run_knows_what_is_durable_and_what_waits(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "journal.jsonl"
    with Journal(file) as first:
        first.begun("call-1", "/v1/uploads/1")
        first.begun("call-2", "/v1/uploads/2")
        first.delivered("call-2", "recording-2")
    with Journal(file) as second:
        assert (second.upload("call-1"), second.recording("call-1")) == ("/v1/uploads/1", None)
        assert (second.upload("call-2"), second.recording("call-2")) == (None, "recording-2")
        assert (second.upload("call-3"), second.recording("call-3")) == (None, None)


def test_a_note_that_a_kill_cut_short_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    with Journal(file) as first:
        first.delivered("call-1", "recording-1")
        first.delivered("call-2", "recording-2")
    file.write_bytes(file.read_bytes()[:-10])
    with Journal(file) as second:
        assert (second.recording("call-1"), second.recording("call-2")) == ("recording-1", None)
        second.delivered("call-2", "recording-2")
    with Journal(file) as third:
        assert third.recording("call-2") == "recording-2"


def test_source_ids_are_not_written_down(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    with Journal(file) as journal:
        journal.delivered("+358 50 000 3203", "recording-1")
    assert "3203" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
