"""From a terminal, too, those who have power are watched."""

import json
from datetime import timedelta
from pathlib import Path

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.world import World
from vault.oversight import reviews


async def test_the_glass_is_broken_ended_and_reviewed(terminal: Terminal, world: World) -> None:
    house = await world.house("valtiokonttori")
    dpo, security = await house.come_in(await house.person(Role.DPO)), await house.member(Role.SECURITY)
    assert "Nobody" in (await terminal.run("break-glass", "list", as_=dpo)).stdout
    words = ("break-glass", "open", "--reason", "A call does not play", "--incident", "INC-7", "--tell", str(dpo.id))
    broken = await terminal.json(*words, "--minutes", "5", as_=security)
    assert broken["state"] == "open"
    await terminal.run("break-glass", "end", broken["id"], as_=security)
    assert "INC-7" in (await terminal.run("break-glass", "list", as_=dpo)).stdout
    judged = ("break-glass", "review", broken["id"], "--justified", "--words", "It did not play")
    assert (await terminal.json(*judged, as_=dpo))["justified"] is True


async def test_rights_are_confirmed_and_the_record_is_verified_offline(
    terminal: Terminal, world: World, tmp_path: Path
) -> None:
    house = await world.house("prh")
    second, trainer = await house.member(Role.ADMINISTRATOR), await house.person(Role.TRAINER)
    await terminal.run("rights", "superior", str(trainer.id), str(second.id), as_=house.administrator)
    opened = await terminal.json("rights", "open", as_=house.administrator)
    shown = await terminal.json("rights", "show", opened["id"], as_=second)
    for line in shown["lines"]:
        who = house.administrator if line["member"] == str(second.id) else second
        act = "remove" if line["member"] == str(trainer.id) and line["role"] else "confirm"
        await terminal.run("rights", act, line["id"], as_=who)
    await reviews.advance(world.custody, house.tenant)
    assert opened["id"] in (await terminal.run("rights", "reviews", as_=second)).stdout
    record, key = tmp_path / "rights.json", tmp_path / "key.pem"
    await terminal.run("rights", "record", opened["id"], "-o", str(record), as_=second)
    await terminal.run("certificates", "key", "-o", str(key), as_=second)
    verified = await terminal.run("verify", str(record), "--key", str(key))
    assert f"{trainer.id} trainer: removed" in verified.stdout
    forged = json.loads(record.read_bytes())
    forged["record"]["last_day"] = "2026-01-01"
    record.write_text(json.dumps(forged, separators=(",", ":"), sort_keys=True))
    assert "proves nothing" in (await terminal.run("verify", str(record), "--key", str(key), exit_code=1)).stderr


async def test_support_is_refused_with_the_clause_where_the_notice_records_no_safeguard(
    terminal: Terminal, world: World
) -> None:
    house = await world.house("prh")
    until = (world.now() + timedelta(hours=1)).isoformat()
    words = ("support", "admit", str(house.tenant), "--safeguard", "adequacy_decision", "--reason", "They can help")
    refused = await terminal.run(*words, "--until", until, as_=house.administrator, exit_code=1)
    assert "The policy refuses this" in refused.stderr
    assert "Nobody was let in" in (await terminal.run("support", "list", as_=house.administrator)).stdout
    assert "Nothing was unusual" in (await terminal.run("unusual", "list", as_=house.administrator)).stdout
