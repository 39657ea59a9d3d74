"""Two persons from two terminals: one proposes, the other sees what it would do and approves it."""

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import POLICIES, As, House

WHY = ("--reason", "As the data subject asked.")


@pytest.fixture(scope="module")
async def second(house: House) -> As:
    return await house.member(Role.ADMINISTRATOR)


async def test_one_orders_and_another_approves(terminal: Terminal, house: House, second: As) -> None:
    recording = str(await house.recording())
    said = await terminal.run("order-destruction", recording, *WHY, as_=house.administrator)
    assert "recordings: 1" in said.stdout
    (waiting,) = await terminal.json("proposals", "--state", "proposed", as_=second)
    assert "destroy_recording" in (await terminal.run("proposals", as_=second)).stdout
    asked = await terminal.run("approve", waiting["id"], *WHY, as_=second, typed="n\n", exit_code=1)
    assert recording in asked.stderr
    decided = await terminal.json("approve", waiting["id"], *WHY, "--yes", as_=second)
    assert decided["state"] == "approved"
    assert "decided by" in (await terminal.run("proposals", waiting["id"], as_=second)).stdout


async def test_a_data_subject_is_named_without_the_number_in_the_command(terminal: Terminal, house: House) -> None:
    await house.recording(contact={"caller_number": "+358409998877", "agent_id": "agent-9"})
    words = ("order-destruction", "--number", "-", *WHY)
    said = await terminal.run(*words, as_=house.administrator, typed="040 999 8877\n")
    assert "9998877" not in said.stdout
    (waiting,) = [
        one for one in await terminal.json("proposals", as_=house.administrator) if one["action"] == "destroy_subject"
    ]
    rejected = await terminal.json("reject", waiting["id"], "--reason", "A mistake.", as_=house.administrator)
    assert rejected["state"] == "withdrawn"
    agent = await terminal.run("order-destruction", "--agent", "agent-9", *WHY, as_=house.administrator)
    assert "agent_id" in agent.stdout
    neither = await terminal.run("order-destruction", *WHY, as_=house.administrator, exit_code=2)
    assert "Name one" in neither.stderr


async def test_the_next_version_is_previewed_and_proposed(terminal: Terminal, house: House) -> None:
    await house.recording()
    text = (POLICIES / "prh.toml").read_text().replace('slug = "prh"', f'slug = "{house.slug}"')
    file = terminal.home / "policy.toml"
    file.write_text(
        text.replace("version = 1\n", "version = 2\n", 1)
        .replace('content = { keep = "P6M"', 'content = { keep = "P1M"')
        .replace("[contract_end]", '[contract_end]\nreturn_before = true\nreturn_clause = "contract_end"')
    )
    seen = await terminal.run("policy", "preview", str(file), as_=house.administrator)
    assert "call, content: P6M becomes P1M (shorter)" in seen.stdout
    assert "contract_end.return_before: false becomes true" in seen.stdout
    assert "contract_end.return_clause: nothing becomes contract_end" in seen.stdout
    proposed = await terminal.json("policy", "change", str(file), *WHY, as_=house.administrator)
    assert (proposed["action"], proposed["state"]) == ("change_policy", "proposed")
    listed = await terminal.run("policy", "list", as_=house.administrator)
    assert "in_force" in listed.stdout
