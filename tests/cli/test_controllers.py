"""The outsourcing firm's side, from a terminal: a controller comes in, and its contract ends."""

import secrets
from datetime import date, datetime, timedelta

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import HELSINKI, PASSWORD, POLICIES, House, World

TODAY = datetime.now(HELSINKI).date()


async def test_a_controller_comes_in_and_its_administrator_signs_in(terminal: Terminal, world: World) -> None:
    slug = f"prh-{secrets.token_hex(4)}"
    file = terminal.home / "policy.toml"
    file.write_text((POLICIES / "prh.toml").read_text().replace('slug = "prh"', f'slug = "{slug}"'))
    dates = ("--starts-on", f"{TODAY}", "--ends-on", f"{TODAY + timedelta(days=1200)}")
    operator = await world.operator()
    words = ("onboard", str(file), *dates, "--admin", "admin@demo.example", "--admin-name", "Demo Administrator")
    made = await terminal.json(*words, as_=operator)
    assert made["slug"] == slug
    await terminal.run("redeem", made["invitation"], "--password-stdin", typed=PASSWORD + "\n")
    assert slug in (await terminal.run("controllers", as_=operator)).stdout


async def test_a_bad_policy_is_refused_with_its_lines(terminal: Terminal, world: World) -> None:
    file = terminal.home / "policy.toml"
    file.write_text((POLICIES / "prh.toml").read_text().replace("schema = 1", "schema = 7"))
    words = ("onboard", str(file), "--starts-on", "2026-01-01", "--ends-on", "2030-01-01")
    admin = ("--admin", "admin@demo.example", "--admin-name", "Demo Administrator")
    refused = await terminal.run(*words, *admin, as_=await world.operator(), exit_code=1)
    assert "policy.schema" in refused.stderr
    assert "policy:3:" in refused.stderr


async def test_what_is_no_day_is_told_before_anything_is_asked(terminal: Terminal) -> None:
    refused = await terminal.run("end-contract", "--last-day", "tomorrow", exit_code=2)
    assert "not a day such as 2026-11-30" in refused.stderr


async def test_a_contract_is_ended_by_two_persons(terminal: Terminal, world: World, house: House) -> None:
    last_day = TODAY + timedelta(days=30)
    words = ("end-contract", "--last-day", f"{last_day}", "--reason", "It was terminated.")
    proposed = await terminal.json(*words, as_=house.administrator)
    assert proposed["effect"]["change"] == "termination"
    assert (await terminal.json("contracts", as_=house.administrator))[0]["state"] == "active"
    approve = ("approve", proposed["id"], "--reason", "We agree.", "--yes")
    assert (await terminal.run(*approve, as_=house.administrator, exit_code=1)).stderr.startswith("Not allowed.")
    await terminal.run(*approve, as_=await world.operator())
    (contract,) = await terminal.json("contracts", as_=house.administrator)
    assert (contract["state"], contract["ends_on"]) == ("ending", f"{last_day}")


async def test_what_is_told_next_is_shown_by_the_contracts_own_days(terminal: Terminal, world: World) -> None:
    house = await world.house("prh")
    (contract,) = await terminal.json("contracts", as_=house.administrator)
    day = date.fromisoformat(contract["ends_on"]) - timedelta(days=90)
    assert (await terminal.run("contracts", as_=house.administrator)).stdout.rstrip().endswith(f"{day}")


async def test_an_operator_names_the_controller_whose_contract_is_to_end(terminal: Terminal, world: World) -> None:
    leaving, why = await world.house("kaiku24"), ("--reason", "It was terminated.")
    operator = await world.operator()
    assert "Name one controller" in (await terminal.run("end-contract", *why, as_=operator, exit_code=2)).stderr
    said = (await terminal.run("end-contract", leaving.slug, *why, as_=operator)).stdout
    assert "vault approve" in said
    assert "no such contract" in (await terminal.run("end-contract", "nobody", *why, as_=operator, exit_code=2)).stderr


async def test_a_supervisor_ends_nothing(terminal: Terminal, house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    refused = await terminal.run("end-contract", "--reason", "No.", as_=supervisor, exit_code=1)
    assert refused.stderr.startswith("Not allowed.")
