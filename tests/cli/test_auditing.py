"""The log is taken home as files, and verified from two checkpoints with nobody's help."""

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import As, House, World


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
