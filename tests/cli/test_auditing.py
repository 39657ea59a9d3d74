"""The log is taken home as files, and verified from two checkpoints with nobody's help."""

from pathlib import Path

import pytest

from tenants.vocabulary import Role
from tests.auditing.logs import Memory, entries, log_of, signed
from tests.cli.conftest import Terminal
from tests.world import As, House, World
from vault.auditing.tiles import Tile
from vault.auditing.verifying import LogForged, LogLacking, Verified, verify
from vault.cli.auditing import Folder


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def officer(house: House) -> As:
    return await house.person(Role.DPO)


async def test_a_log_is_fetched_grows_and_is_verified_offline(terminal: Terminal, house: House, officer: As) -> None:
    folder, older, key = (terminal.home / name for name in ("log", "older", "log.vkey"))
    await terminal.run("audit", "key", "-o", str(key), as_=officer)
    await terminal.run("audit", "checkpoint", "-o", str(older), as_=officer)
    await house.recording()
    assert "new in" in (await terminal.run("audit", "fetch", str(folder), as_=officer)).stdout
    said = await terminal.run("audit", "verify", "--since", str(older), "--log", str(folder), "--key", str(key))
    assert "none was altered or removed" in said.stdout
    await terminal.run("audit", "verify", "--since", str(older), as_=officer)
    (entries,) = (folder / "tile" / "entries").rglob("000*/*")
    content = entries.read_bytes()
    entries.write_bytes(content.replace(b'"done"', b'"gone"', 1))
    words = ("audit", "verify", "--since", str(older), "--log", str(folder), "--key", str(key))
    assert "First: event 1." in (await terminal.run(*words, exit_code=1)).stderr
    origin, size, rest = older.read_text().split("\n", 2)
    older.write_text(f"{origin}\n{int(size) + 1}\n{rest}")
    assert "proves nothing" in (await terminal.run(*words, exit_code=1)).stderr


async def test_files_fetched_later_than_the_checkpoints_verify_them(
    terminal: Terminal, house: House, officer: As
) -> None:
    folder, older, newer, key = (terminal.home / name for name in ("log", "older", "newer", "log.vkey"))
    await terminal.run("audit", "key", "-o", str(key), as_=officer)
    await terminal.run("audit", "checkpoint", "-o", str(older), as_=officer)
    await house.recording()
    await terminal.run("audit", "checkpoint", "-o", str(newer), as_=officer)
    await house.recording()
    await terminal.run("audit", "fetch", str(folder), as_=officer)
    words = ("audit", "verify", "--log", str(folder), "--since", str(older), "--until", str(newer), "--key", str(key))
    assert "none was altered or removed" in (await terminal.run(*words)).stdout
    for hashes in (folder / "tile" / "0").rglob("*.p/*"):
        hashes.unlink()
    lacking = (await terminal.run(*words, exit_code=1)).stderr
    assert "This folder lacks the hashes of the events from 1 on" in lacking
    assert "not what was signed for" not in lacking


async def test_a_log_that_no_witness_has_cosigned_is_told_as_such(terminal: Terminal, officer: As) -> None:
    told = await terminal.run("audit", "checkpoint", "--cosigned", as_=officer, exit_code=1)
    assert told.stderr == "No witness has cosigned it yet.\n"


def written(log: Memory, root: Path) -> Folder:
    """A log's files in a folder."""
    for path, content in log.files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return Folder(root)


@pytest.mark.parametrize(("until", "fetched"), [(65, 66), (65, 200), (300, 301), (255, 256), (300, 600)])
def test_a_wider_tile_stands_for_the_partial_one_that_was_not_fetched(until: int, fetched: int, tmp_path: Path) -> None:
    events = entries(fetched)
    folder = written(log_of(events), tmp_path)
    assert verify(folder, signed(events[:47]), signed(events[:until])) == Verified(47, until, until, 0)


def test_what_was_altered_is_found_in_a_wider_tile_too(tmp_path: Path) -> None:
    events = entries(66)
    folder = written(log_of([*events[:9], b"another", *events[10:]]), tmp_path)
    with pytest.raises(LogForged) as found:
        verify(folder, signed(events[:47]), signed(events[:65]))
    assert not isinstance(found.value, LogLacking)


def test_a_wider_tile_that_is_cut_off_stands_for_none(tmp_path: Path) -> None:
    events = entries(67)
    folder = written(log_of(events), tmp_path)
    cut = tmp_path / Tile(0, 0, 66).path
    cut.write_bytes(b"short")
    assert verify(folder, None, signed(events[:65])).entries == 65
    (tmp_path / Tile(0, 0, 67).path).unlink()
    with pytest.raises(LogLacking):
        verify(folder, None, signed(events[:65]))


def test_what_was_kept_and_is_not_whole_names_no_event_and_hides_no_forgery(tmp_path: Path) -> None:
    events = entries(66)
    now = [*events[:9], b"another", *events[10:]]
    with pytest.raises(LogForged) as found:
        verify(log_of(now), signed(events[:47]), signed(now), kept=Folder(tmp_path))
    assert (type(found.value), found.value.seq) == (LogForged, None)
