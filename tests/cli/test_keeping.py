"""Holding, restricting and letting go from a terminal."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import As, House, World
from vault.keeping.bulk_steps import carry_on


@pytest.fixture(scope="module")
async def supervisor(house: House) -> As:
    return await house.person(Role.SUPERVISOR)


@pytest.fixture
async def call(house: House) -> UUID:
    return await house.recording(contact={"caller_number": "+358503334444"})


async def test_a_recording_is_held_explains_itself_and_is_let_go(
    terminal: Terminal, supervisor: As, call: UUID
) -> None:
    words = ("--reason", "legal_claim", "--until", "2090-01-01T00:00Z", "--note", "A claim.")
    placed = await terminal.json("hold", str(call), *words, as_=supervisor)
    told = (await terminal.run("retention", str(call), as_=supervisor)).stdout
    for said in ("held", placed["id"], "Art. 17(3)(e)", "What would change it: Releasing the hold"):
        assert said in told
    assert "held for: legal_claim" in (await terminal.run("show", str(call), as_=supervisor)).stdout
    assert placed["id"] in (await terminal.run("holds", "--reason", "legal_claim", as_=supervisor)).stdout
    assert "Released at" in (await terminal.run("release", placed["id"], as_=supervisor)).stdout
    assert (await terminal.run("holds", as_=supervisor)).stdout == "Nothing is held.\n"
    assert (await terminal.json("retention", str(call), as_=supervisor))["parts"][0]["state"] == "kept"


async def test_a_recording_is_restricted_used_by_name_and_lifted_once_told(
    terminal: Terminal, house: House, call: UUID
) -> None:
    administrator = house.administrator
    placed = await terminal.json("restrict", str(call), "--ground", "objection_pending", as_=administrator)
    use = ("--restricted-use", "legal_claims", "--reason", "A lawyer asks.", "-o", str(terminal.home / "call.wav"))
    assert "for legal_claims" in (await terminal.run("play", str(call), *use, as_=administrator)).stderr
    early = await terminal.run("lift", placed["id"], as_=administrator, exit_code=1)
    assert "18(3)" in early.output
    assert "Lifted at" in (await terminal.run("lift", placed["id"], "--told", as_=administrator)).stdout


async def test_all_that_is_found_is_held_and_let_go_again(
    terminal: Terminal, world: World, house: House, supervisor: As, call: UUID
) -> None:
    nothing = await terminal.run("bulk-hold", "--reason", "legal_claim", as_=supervisor, exit_code=2)
    assert "Name what to hold" in nothing.output
    words = ("bulk-hold", "--reason", "legal_claim", "--number", "050 333 4444")
    placed = asyncio.create_task(terminal.json(*words, as_=supervisor))
    bulk = await _worked(world, house, placed)
    assert (bulk["state"], bulk["failed"]) == ("placed", 0)
    assert bulk["done"] == bulk["total"] > 0
    released = asyncio.create_task(terminal.json("release", bulk["id"], "--bulk", as_=supervisor))
    assert (await _worked(world, house, released))["state"] == "released"


async def _worked(world: World, house: House, task: asyncio.Task[Any]) -> Any:
    """A worker works until the command is content."""
    while not task.done():
        await carry_on(world.custody, house.tenant)
        await asyncio.sleep(0.05)
    return task.result()
