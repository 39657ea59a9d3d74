"""How retention stands, from a terminal: what lies ahead, and what should be gone and is not."""

from datetime import datetime, timedelta

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.destruction.aside import rows_of
from tests.world import World
from vault.destruction.expiry import expire


async def test_the_calendar_shows_a_day_ahead_overdue_and_done(world: World, terminal: Terminal) -> None:
    house = await world.house("prh")
    await house.recording()
    officer = await house.lasting(await house.person(Role.DPO))
    parts = [part for part in await rows_of(house, "part") if part["part_class"] == "content"]
    at = datetime.fromisoformat(parts[0]["destroy_at"])
    days = ("--from", str(at.date()), "--to", str(at.date() + timedelta(days=1)))
    ahead = (await terminal.run("calendar", *days, as_=officer)).stdout
    assert "upcoming" in ahead
    assert "2 call content" in ahead
    assert "The next go at" in ahead
    async with world.later(at - world.now() + timedelta(seconds=1)):
        overdue = (await terminal.run("calendar", *days, as_=officer, exit_code=1)).stdout
        assert "2 parts are overdue and untouched, the oldest since" in overdue
        await expire(world.custody, house.tenant, world.now())
        told = await terminal.json("calendar", *days, as_=officer)
    assert told["now"]["overdue"]["parts"] == 0
    assert [(day["state"], day["done"]) for day in told["days"] if day["due"]] == [("done", 2)]
