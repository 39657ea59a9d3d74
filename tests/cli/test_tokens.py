"""A machine's token from a terminal: issued, listed, replaced and ended."""

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import House


async def test_a_token_is_issued_listed_replaced_and_ended(terminal: Terminal, house: House) -> None:
    machine = await house.member(Role.INGEST)
    administrator = house.administrator
    words = ("token", str(machine.id), "--scope", "ingest", "--certificate", "CN=pbx-1,O=Demo Oy")
    issued = await terminal.json(*words, as_=administrator)
    second = await terminal.json("rotate-token", issued["id"], "--overlap", "48", as_=administrator)
    assert second["token"] != issued["token"]
    listed = {each["id"]: each for each in await terminal.json("tokens", str(machine.id), as_=administrator)}
    assert listed[issued["id"]]["replaced_by"] == second["id"]
    assert listed[second["id"]]["bound_to_certificate"]
    shown = (await terminal.run("tokens", str(machine.id), as_=administrator)).stdout
    assert second["token"] not in shown
    await terminal.run("revoke-token", issued["id"], as_=administrator)
    left = await terminal.json("tokens", str(machine.id), as_=administrator)
    assert issued["id"] not in {each["id"] for each in left}
