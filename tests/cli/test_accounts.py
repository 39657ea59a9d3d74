"""Signing in from a terminal, and letting others in."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import PASSWORD, SECRET, House, World, wav
from vault.custody.database import DB, tenant_scope


async def sign_in(terminal: Terminal, house: House) -> None:
    email = f"admin@{house.slug}.example"
    words = ("login", email, "--controller", house.slug, "--password-stdin", "--code", await code_of(house, email))
    await terminal.run(*words, typed=PASSWORD + "\n")


async def code_of(house: House, email: str) -> str:
    """A code that is good although this person has just signed in: nobody waits half a minute in a test."""
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "UPDATE code_secret SET last_step = NULL FROM member m WHERE m.id = member_id AND m.email = $1", email
        )
    return house.world.code()


async def test_a_session_is_remembered_for_its_owner_alone(terminal: Terminal, house: House) -> None:
    await sign_in(terminal, house)
    file = terminal.home / "session.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "administrator" in (await terminal.run("whoami")).stdout


async def test_signing_out_ends_the_session_in_the_vault_too(terminal: Terminal, house: House) -> None:
    await sign_in(terminal, house)
    token = json.loads((terminal.home / "session.json").read_text())["token"]
    await terminal.run("logout")
    assert token not in (terminal.home / "session.json").read_text()
    assert "Nobody is signed in" in (await terminal.run("whoami", exit_code=2)).stderr
    terminal.environment["VAULT_TOKEN"] = token
    assert "Not signed in" in (await terminal.run("whoami", exit_code=1)).stderr


async def test_a_token_in_the_environment_is_told_to_go_before_who_signs_in(terminal: Terminal, house: House) -> None:
    terminal.environment["VAULT_TOKEN"] = "a machine's"
    email = f"admin@{house.slug}.example"
    words = ("login", email, "--controller", house.slug, "--password-stdin", "--code", await code_of(house, email))
    assert "VAULT_TOKEN" in (await terminal.run(*words, typed=PASSWORD + "\n")).stdout
    assert "Not signed in" in (await terminal.run("whoami", exit_code=1)).stderr


async def test_signing_out_of_a_session_that_ended_is_no_error(terminal: Terminal, house: House) -> None:
    await sign_in(terminal, house)
    first = (terminal.home / "session.json").read_text()
    await terminal.run("logout")
    (terminal.home / "session.json").write_text(first)
    await terminal.run("logout")
    await terminal.run("logout")


async def test_a_token_is_said_to_the_vault_that_gave_it_and_no_other(terminal: Terminal, house: House) -> None:
    await sign_in(terminal, house)
    terminal.environment["VAULT_URL"] = "http://127.0.0.1:9"
    assert "Nobody is signed in" in (await terminal.run("whoami", exit_code=2)).stderr


async def test_a_wrong_password_is_told_in_the_vaults_words(terminal: Terminal, house: House) -> None:
    words = ("login", "nobody@demo.example", "--controller", house.slug, "--password-stdin", "--code", "123456")
    refused = await terminal.run(*words, typed="wrong\n", exit_code=1)
    assert refused.stderr == "Not signed in. The address, the password or the code is wrong.\n"


async def test_that_nobody_answers_is_told_in_one_sentence(terminal: Terminal) -> None:
    terminal.environment |= {"VAULT_URL": "http://127.0.0.1:9", "VAULT_TOKEN": "a token"}
    refused = await terminal.run("whoami", exit_code=1)
    assert refused.stderr == "No vault answers at http://127.0.0.1:9.\n"


async def test_what_is_no_address_is_told_as_such(terminal: Terminal) -> None:
    terminal.environment |= {"VAULT_URL": "vault.example", "VAULT_TOKEN": "a token"}
    assert "not the address of a vault" in (await terminal.run("whoami", exit_code=1)).stderr


async def test_a_broken_session_file_is_named(terminal: Terminal) -> None:
    (terminal.home / "session.json").write_text("{")
    assert str(terminal.home / "session.json") in (await terminal.run("whoami", exit_code=1)).stderr


async def test_somebody_is_let_in_takes_up_the_invitation_and_is_stopped(terminal: Terminal, house: House) -> None:
    words = ("members", "add", "new@demo.example", "Demo Trainer", "--role", "trainer")
    made = await terminal.json(*words, as_=house.administrator)
    taken = await terminal.run("redeem", made["invitation"], "--password-stdin", "--json", typed=PASSWORD + "\n")
    told = json.loads(taken.stdout)
    login = ("login", "new@demo.example", "--controller", house.slug, "--password-stdin")
    await terminal.run(*login, "--code", told["recovery_codes"][0], typed=PASSWORD + "\n")
    assert (await terminal.json("whoami"))["roles"] == ["trainer"]
    assert "new@demo.example" in (await terminal.run("members", as_=house.administrator)).stdout
    await terminal.run("members", "stop", made["id"], as_=house.administrator)
    listed = await terminal.json("members", as_=house.administrator)
    assert [one["active"] for one in listed if one["id"] == made["id"]] == [False]


async def test_a_machine_delivers_with_a_token_of_its_own(terminal: Terminal, house: House, tmp_path: Path) -> None:
    words = ("members", "add", "pbx@demo.example", "Demo Machine", "--role", "ingest")
    machine = await terminal.json(*words, as_=house.administrator)
    issued = await terminal.run("token", machine["id"], "--scope", "ingest", as_=house.administrator)
    terminal.environment["VAULT_TOKEN"] = issued.stdout.strip()
    file = tmp_path / "call.wav"
    file.write_bytes(wav())
    yesterday = f"{datetime.now(UTC) - timedelta(days=1)}"
    delivery = ("upload", str(file), "--kind", "call", "--source-id", "cli-1", "--started-at", yesterday)
    first = await terminal.json(*delivery, "--contact", "agent_id=agent-1", "--direction", "in")
    second = await terminal.json(*delivery)
    assert second == {"recording": first["recording"], "again": True}


async def test_only_an_administrator_lets_anybody_in(terminal: Terminal, house: House) -> None:
    trainer = await house.person(Role.TRAINER)
    refused = await terminal.run("members", as_=trainer, exit_code=1)
    assert refused.stderr.startswith("Not allowed.")


async def test_the_firms_first_operator_is_the_firms(terminal: Terminal, world: World) -> None:
    words = ("login", world.operator_email, "--password-stdin", "--code", world.code(1))
    assert "the outsourcing firm" in (await terminal.run(*words, typed=PASSWORD + "\n")).stdout


async def test_the_present_code_of_a_secret_is_printed_for_scripts(terminal: Terminal) -> None:
    """The vector of RFC 6238, appendix B, is of another moment; that six digits come is what a script needs."""
    printed = (await terminal.run("code", SECRET)).stdout.strip()
    assert len(printed) == 6
    assert printed.isdecimal()
    assert "base 32" in (await terminal.run("code", "not a secret!", exit_code=2)).stderr


async def test_sessions_are_listed_and_ended(terminal: Terminal, house: House) -> None:
    await sign_in(terminal, house)
    first = (await terminal.json("sessions"))[0]
    assert first["current"]
    await sign_in(terminal, house)
    await terminal.run("sessions", "end", first["id"])
    assert first["id"] not in [each["id"] for each in await terminal.json("sessions")]


async def test_an_account_is_given_back_from_terminals(terminal: Terminal, house: House) -> None:
    second = await house.member(Role.ADMINISTRATOR)
    words = ("members", "add", "lost@demo.example", "Demo Quality", "--role", "quality")
    made = await terminal.json(*words, as_=house.administrator)
    again = await terminal.json("members", "invite-again", made["id"], as_=house.administrator)
    await terminal.run("redeem", again["invitation"], "--password-stdin", typed=PASSWORD + "\n")
    asked = ("members", "recover", "lost@demo.example", "--reason", "seen in person")
    proposal = (await terminal.json(*asked, as_=house.administrator))["id"]
    dpo = await house.member(Role.DPO)  # who may decide, too, and does not see the members
    shown = (await terminal.run("proposals", proposal, as_=dpo)).stdout
    assert "whom: Demo Quality, lost@demo.example" in shown
    await terminal.run("approve", proposal, "--reason", "I know them", "--yes", as_=second)
    back = await terminal.json("members", "give-back", proposal, as_=second)
    await terminal.run("redeem", back["invitation"], "--password-stdin", typed=PASSWORD + "\n")


async def test_whoever_approves_a_second_administrator_learns_whom_and_how_they_are_invited(
    terminal: Terminal, house: House
) -> None:
    second = await house.member(Role.ADMINISTRATOR)
    await house.come_in(house.administrator)  # who could confirm it
    words = ("members", "add", "third@demo.example", "Demo Third", "--role", "administrator", "--reason", "We are two")
    made = await terminal.json(*words, as_=second)
    approving = ("approve", made["proposal"], "--reason", "I know them")
    asked = await terminal.run(*approving, as_=house.administrator, typed="n\n", exit_code=1)
    assert "whom: Demo Third, third@demo.example" in asked.stderr
    said = (await terminal.run(*approving, "--yes", as_=house.administrator)).stdout
    following = f"vault members invite-again {made['id']}"
    assert following in said
    refused = await terminal.run("members", "give-back", made["proposal"], as_=second, exit_code=1)
    assert following in refused.stderr
    assert (await terminal.json("members", "invite-again", made["id"], as_=second))["invitation"]


async def test_whoever_took_an_invitation_up_is_told_to_wait_for_the_next_code(
    terminal: Terminal, house: House
) -> None:
    words = ("members", "add", "waits@demo.example", "Demo Waits", "--role", "trainer")
    made = await terminal.json(*words, as_=house.administrator)
    taken = await terminal.run("redeem", made["invitation"], "--password-stdin", typed=PASSWORD + "\n")
    assert "the app's next code, in up to 30 seconds" in taken.stdout


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("show", "nope"), 1),
        (("proposals", "nope"), 1),
        (("members", "stop", "nope"), 1),
        (("audit", "search", "--object", "nope"), 2),
        (("break-glass", "open", "--reason", "r", "--incident", "i", "--tell", "nope"), 2),
    ],
)
async def test_what_is_no_id_is_told_as_such(
    terminal: Terminal, house: House, words: tuple[str, ...], exit_code: int
) -> None:
    said = await terminal.run(*words, as_=house.administrator, exit_code=exit_code)
    assert "'nope' is no id." in said.stderr


@pytest.mark.parametrize(
    ("words", "choice"),
    [
        (("token", "nope", "--scope", "nosuch"), "ingest"),
        (("support", "admit", "nope", "--safeguard", "nosuch"), "standard_contractual_clauses"),
        (("disclose", "webhook", "add", "https://demo.example", "--topic", "nosuch"), "disclosure.undecided"),
    ],
)
async def test_what_is_none_of_the_choices_is_answered_with_them(
    terminal: Terminal, words: tuple[str, ...], choice: str
) -> None:
    assert f"'{choice}'" in (await terminal.run(*words, exit_code=2)).stderr


async def test_teams_and_what_the_directorys_groups_stand_for_are_kept_from_a_terminal(
    terminal: Terminal, house: House
) -> None:
    who = house.administrator
    team = (await terminal.json("teams", "make", "Morning", as_=who))["id"]
    assert "Morning" in (await terminal.run("teams", as_=who)).stdout
    join = ("teams", "join", team, "--agent-id", "agent-7")
    back = ("--from", "2026-01-01", "--until", "2026-01-02")
    assert "say why" in (await terminal.run(*join, *back, as_=who, exit_code=1)).stderr
    await terminal.run(*join, *back, "--because", "imported", as_=who)
    joined = await terminal.json(*join, as_=who)
    assert "It ends" in (await terminal.run("teams", "leave", joined["id"], as_=who)).stdout
    assert "agent-7" in (await terminal.run("teams", "show", team, as_=who)).stdout
    assert (await terminal.json("teams", "change", team, "Evening", as_=who))["name"] == "Evening"
    await terminal.run("teams", "end", team, as_=who)
    assert "no group" in (await terminal.run("directory", as_=who)).stdout
    nobody = "00000000-0000-0000-0000-000000000000"
    assert "Not found" in (await terminal.run("directory", "map", nobody, as_=who, exit_code=1)).stderr
