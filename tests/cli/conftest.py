"""A terminal: commands are run as somebody types them, against the vault that all tests share."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.world import As, House, World
from vault.cli import main


@dataclass
class Terminal:
    """One person's terminal, with a configuration of its own."""

    url: str
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    async def run(self, *words: str, as_: As | None = None, typed: str | None = None, exit_code: int = 0) -> Result:
        """Run `vault` with these words; `as_` gives it a token, `typed` is what stands on its standard input."""
        environment = {
            "VAULT_CLI_CONFIG": str(self.home / "session.json"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "VAULT_URL": self.url,
            "VAULT_TOKEN": as_.token if as_ else "",
        } | self.environment
        # In a thread: the vault answers on this one's loop.
        result = await asyncio.to_thread(CliRunner().invoke, main, list(words), env=environment, input=typed)
        assert result.exit_code == exit_code, f"{result.output}\n{result.exception!r}"
        return result

    async def json(self, *words: str, as_: As | None = None) -> Any:
        """Run `vault` with these words and `--json`; what it says."""
        return json.loads((await self.run(*words, "--json", as_=as_)).stdout)


@pytest.fixture
def terminal(world: World, tmp_path: Path) -> Terminal:
    return Terminal(str(world.client.base_url).rstrip("/"), tmp_path)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    """A controller under PRH's policy, whose administrator has taken up the invitation."""
    house = await world.house("prh")
    await world.redeem(house.invitation)
    return house
