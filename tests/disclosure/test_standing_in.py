"""Whoever is away names who decides meanwhile, and nobody gets a second voice by it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.disclosure.asking import Desk, authority, desk
from tests.world import As, World


@pytest.fixture
async def ours(world: World) -> Desk:
    return await desk(world)


async def delegated(desk: Desk, by: As, stand_in: As, *, days: float = 7, **more: Any) -> httpx.Response:
    """Somebody stands in for some days."""
    ends_at = (desk.house.world.now() + timedelta(days=days)).isoformat()
    return await by.post("/v1/delegations", json={"stand_in": str(stand_in.id), "ends_at": ends_at} | more)


async def waiting(desk: Desk, who: As | None = None) -> str:
    """A request that waits for its decisions."""
    organisation = await desk.organisation("authority", "demo-act-1")
    return str((await desk.asked(who, **authority(organisation, await desk.recording())))["id"])


async def test_a_stand_in_decides_with_the_voice_of_whoever_is_away(ours: Desk) -> None:
    second = await ours.house.member(Role.SUPERVISOR)
    asked = await waiting(ours)
    assert (await second.get(f"/v1/disclosures/{asked}")).status_code == 404
    assert (await ours.decide(second, asked, on_behalf_of=str(ours.administrator.id))).status_code == 404
    assert (await delegated(ours, ours.administrator, second)).status_code == 201
    assert (await ours.see(asked, second))["scope"]["recordings"] == 1
    assert (await ours.decide(second, asked)).status_code == 403
    decided = await ours.decide(second, asked, on_behalf_of=str(ours.administrator.id))
    assert decided.status_code == 200, decided.text
    # The one and the other are one voice; with the DPO's it is the controller's and one more.
    assert (await ours.decide(ours.administrator, asked)).status_code == 403
    approved = (await ours.decide(ours.dpo, asked)).json()
    assert approved["state"] == "approved"
    assert [one["on_behalf_of"] for one in approved["decisions"]] == [str(ours.administrator.id), None]
    (event,) = await logged(ours.house, "disclosure.half_approved")
    assert event["details"]["on_behalf_of"] == str(ours.administrator.id)


async def test_nobody_stands_in_for_whoever_asked_or_for_the_other_decider(ours: Desk) -> None:
    dpo, second = ours.dpo, await ours.house.member(Role.ADMINISTRATOR)
    own = await waiting(ours, dpo)
    assert (await delegated(ours, dpo, second)).status_code == 201
    # Neither in the stead of who asked, nor in their own name while they stand in for them.
    assert (await ours.decide(second, own, on_behalf_of=str(dpo.id))).status_code == 403
    assert (await ours.decide(second, own)).status_code == 403
    asked = await waiting(ours)
    assert (await ours.decide(second, asked)).status_code == 200
    assert (await ours.decide(second, asked, on_behalf_of=str(dpo.id))).status_code == 403
    assert (await ours.decide(dpo, asked)).json()["state"] == "approved"


async def test_an_administrator_who_names_the_stand_in_of_another_is_not_the_second_person(ours: Desk) -> None:
    second = await ours.house.member(Role.SUPERVISOR)
    asked = await waiting(ours)
    assert (await delegated(ours, ours.dpo, second, member=str(ours.administrator.id))).status_code == 403
    made = await delegated(ours, ours.administrator, second, member=str(ours.dpo.id))
    assert made.status_code == 201
    assert (await ours.decide(second, asked, on_behalf_of=str(ours.dpo.id))).status_code == 200
    assert (await ours.decide(ours.administrator, asked)).status_code == 403
    third = await ours.house.member(Role.ADMINISTRATOR)
    other = await waiting(ours)
    assert (await ours.decide(second, other, on_behalf_of=str(ours.dpo.id))).status_code == 200
    assert (await ours.decide(third, other)).json()["state"] == "approved"


async def test_a_delegation_holds_from_its_beginning_to_its_end(world: World, ours: Desk) -> None:
    second = await ours.house.member(Role.SUPERVISOR)
    tomorrow = (world.now() + timedelta(days=1)).isoformat()
    made = (await delegated(ours, ours.dpo, second, days=3, starts_at=tomorrow)).json()
    asked, stead = await waiting(ours), str(ours.dpo.id)
    assert (await ours.decide(second, asked, on_behalf_of=stead)).status_code == 404
    async with world.later(timedelta(days=2)):
        assert (await ours.see(asked, second))["id"] == asked
        assert (await second.get("/v1/delegations")).json() == [made]
    async with world.later(timedelta(days=4)):
        assert (await ours.decide(second, asked, on_behalf_of=stead)).status_code == 404
    async with world.later(timedelta(days=2)):
        assert (await second.post(f"/v1/delegations/{made['id']}/revocation")).status_code == 403
        ended = await ours.administrator.post(f"/v1/delegations/{made['id']}/revocation")
        assert ended.json()["revoked_at"] is not None
        assert (await ours.administrator.post(f"/v1/delegations/{made['id']}/revocation")).status_code == 409
        assert (await ours.decide(second, asked, on_behalf_of=stead)).status_code == 404


async def test_whoever_is_no_longer_active_has_no_stand_in(ours: Desk) -> None:
    leaver, second = await ours.house.member(Role.DPO), await ours.house.member(Role.SUPERVISOR)
    asked = await waiting(ours)
    assert (await delegated(ours, leaver, second)).status_code == 201
    await ours.administrator.delete(f"/v1/members/{leaver.id}")
    assert (await ours.decide(second, asked, on_behalf_of=str(leaver.id))).status_code == 403


async def test_what_cannot_be_delegated_is_refused(world: World, ours: Desk) -> None:
    trainer, second = await ours.house.person(Role.TRAINER), await ours.house.member(Role.SUPERVISOR)
    stranger = (await world.house("kaiku24")).administrator
    cases: list[tuple[As, As, dict[str, Any], str]] = [
        (ours.dpo, ours.dpo, {}, "stand_in"),
        (ours.dpo, trainer, {}, "stand_in"),
        (ours.dpo, stranger, {}, "stand_in"),
        (ours.administrator, second, {"member": str(trainer.id)}, "member"),
        (ours.dpo, second, {"days": -1}, "ends_at"),
        (ours.dpo, second, {"days": 400}, "ends_at"),
    ]
    for by, to, more, field in cases:
        refused = await delegated(ours, by, to, **more)
        assert refused.status_code == 422, refused.text
        assert field in {problem["field"] for problem in refused.json()["errors"]}
    assert (await delegated(ours, second, ours.dpo)).status_code == 403
    assert (await delegated(ours, await world.operator(), second)).status_code == 403
    assert (await ours.administrator.get("/v1/delegations")).json() == []
