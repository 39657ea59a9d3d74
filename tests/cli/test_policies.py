"""A policy is checked where it is written."""

import json

import pytest

from tests.cli.conftest import Terminal
from tests.world import POLICIES

MISSPELT = ('time_zone = "Europe/Helsinki"', 'timezone = "Europe/Helsinki"')


@pytest.mark.parametrize("slug", ["prh", "valtiokonttori", "vertaislaina", "tilastokeskus", "kaiku24"])
async def test_each_published_policy_is_good(terminal: Terminal, slug: str) -> None:
    assert ": good. " in (await terminal.run("policy", "check", str(POLICIES / f"{slug}.toml"))).stdout


async def test_a_mistake_is_told_with_its_line_and_what_would_be_right(terminal: Terminal) -> None:
    file = terminal.home / "misspelt.toml"
    file.write_text((POLICIES / "prh.toml").read_text().replace(*MISSPELT))
    said = (await terminal.run("policy", "check", str(file), exit_code=1)).stdout
    assert f"{file}:7: timezone: " in said
    assert "time_zone" in said


async def test_mistakes_are_told_to_a_program_too(terminal: Terminal) -> None:
    file = terminal.home / "misspelt.toml"
    file.write_text((POLICIES / "prh.toml").read_text().replace(*MISSPELT))
    said = json.loads((await terminal.run("policy", "check", str(file), "--json", exit_code=1)).stdout)
    assert said["valid"] is False
    assert said["problems"][0]["path"] == "timezone"


async def test_a_retention_beyond_the_contract_is_told(terminal: Terminal) -> None:
    contract = ("--starts-on", "2026-01-01", "--ends-on", "2026-12-31")
    said = await terminal.run("policy", "check", str(POLICIES / "prh.toml"), *contract, exit_code=1)
    assert "P2Y is longer than the contract" in said.stdout


async def test_what_is_no_text_is_told_as_such(terminal: Terminal) -> None:
    file = terminal.home / "latin.toml"
    file.write_bytes("slug = 'ä'".encode("latin-1"))
    assert "not UTF-8" in (await terminal.run("policy", "check", str(file), exit_code=1)).stderr


async def test_the_schema_is_the_committed_one(terminal: Terminal) -> None:
    committed = (POLICIES / "policy.schema.json").read_text()
    assert (await terminal.run("policy", "schema")).stdout == committed
