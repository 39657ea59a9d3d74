"""In need, content is heard for minutes by those whom the notice names; somebody knows at once, and judges it after."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.world import As, House, World
from vault.handlers import SOURCES
from vault.oversight import glass_reading
from vault.oversight.break_glass import UNREVIEWED_MOST
from vault.telling import watching

NEED = {"reason": "The player shows an error for this call", "incident": "INC-2026-17"}
LISTEN = {"purpose": "verification", "reason": "Finding out why it does not play"}


@dataclass
class Treasury:
    """A controller whose notice knows of need, with a recording and those who are concerned."""

    house: House
    maintenance: As
    dpo: As
    recording: UUID

    async def break_glass(self, who: As | None = None, **changes: Any) -> dict[str, Any]:
        answer = await (who or self.maintenance).post(
            "/v1/break-glass", json=NEED | {"told": str(self.dpo.id)} | changes
        )
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def open(self, who: As | None = None, **changes: Any) -> Any:
        return await (who or self.maintenance).post(f"/v1/recordings/{self.recording}/accesses", json=LISTEN | changes)


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("valtiokonttori")


@pytest.fixture(scope="module")
async def recording(house: House) -> UUID:
    return await house.recording()


@pytest.fixture
async def treasury(house: House, recording: UUID) -> Treasury:
    dpo, maintenance = await house.come_in(await house.person(Role.DPO)), await house.member(Role.MAINTENANCE)
    return Treasury(house, maintenance, dpo, recording)


async def test_without_breaking_the_glass_maintenance_and_security_hear_and_find_nothing(treasury: Treasury) -> None:
    for who in (treasury.maintenance, await treasury.house.member(Role.SECURITY)):
        refused = await treasury.open(who)
        assert (refused.status_code, refused.json()["rule"]) == (403, "glass-not-broken")
        assert refused.json()["clause"]["id"] == "access_maintenance"
        assert (await who.post("/v1/recordings/search", json={})).status_code == 403
        assert (await who.get(f"/v1/recordings/{treasury.recording}")).status_code == 403


async def test_under_broken_glass_content_is_found_described_and_heard_and_each_event_says_so(
    treasury: Treasury,
) -> None:
    broken = await treasury.break_glass()
    assert (broken["state"], broken["reason"], broken["incident"]) == ("open", NEED["reason"], NEED["incident"])
    found = (await treasury.maintenance.post("/v1/recordings/search", json={})).json()
    assert [result["id"] for result in found["items"]] == [str(treasury.recording)]
    assert (await treasury.maintenance.get(f"/v1/recordings/{treasury.recording}")).status_code == 200
    access = (await treasury.open()).json()
    heard = await treasury.maintenance.get(f"/v1/accesses/{access['id']}/content")
    assert heard.status_code == 200
    assert access["expires_at"] <= broken["ends_at"]
    assert (await treasury.maintenance.delete(f"/v1/accesses/{access['id']}")).status_code == 204
    marked = await _marked(treasury, broken["id"])
    opened = {"access.opened", "access.used", "access.ended"}
    assert marked == opened | {"recording.described", "recordings.searched"}
    seen = (await treasury.dpo.get(f"/v1/break-glass/{broken['id']}")).json()
    assert [(each["recording"], each["purpose"]) for each in seen["heard"]] == [
        (str(treasury.recording), "verification")
    ]


async def test_a_second_person_and_the_dpo_are_told_with_the_breaking_itself(treasury: Treasury) -> None:
    await treasury.house.come_in(treasury.house.administrator)
    broken = await treasury.break_glass(told=str(treasury.house.administrator.id))
    messages = await _messages(treasury, "glass.broken", broken["id"])
    assert [message["audience"] for message in messages] == ["dpo"]
    sent = {(each["channel"], each["mailbox"], each["member_id"]) for each in messages[0]["deliveries"]}
    assert sent == {("email", "dpo", None), ("email", None, str(treasury.house.administrator.id))}
    assert NEED["reason"] not in str(messages)


@pytest.mark.parametrize("purpose", ["training", "service_level_studies"])
async def test_need_serves_no_other_purpose(treasury: Treasury, purpose: str) -> None:
    await treasury.break_glass()
    refused = await treasury.open(purpose=purpose)
    assert (refused.status_code, refused.json()["rule"]) == (403, "purpose-not-for-role")


async def test_broken_glass_opens_nothing_of_another_controllers(treasury: Treasury) -> None:
    other = await treasury.house.world.house("valtiokonttori")
    theirs = await other.recording()
    await treasury.break_glass()
    answer = await treasury.maintenance.post(f"/v1/recordings/{theirs}/accesses", json=LISTEN)
    assert answer.status_code == 404
    assert answer.json() == (await treasury.maintenance.post(f"/v1/recordings/{uuid4()}/accesses", json=LISTEN)).json()


async def test_it_ends_with_its_minutes(treasury: Treasury) -> None:
    await treasury.break_glass(minutes=5)
    access = (await treasury.open()).json()
    async with treasury.house.world.later(timedelta(minutes=5)):
        assert (await treasury.maintenance.get(f"/v1/accesses/{access['id']}/content")).status_code == 410
        assert (await treasury.open()).json()["rule"] == "glass-not-broken"


@pytest.mark.parametrize("by", ["maintenance", "dpo", "administrator"])
async def test_whoever_broke_it_and_those_who_review_it_end_it_before_its_time(treasury: Treasury, by: str) -> None:
    broken = await treasury.break_glass()
    access = (await treasury.open()).json()
    who = treasury.house.administrator if by == "administrator" else getattr(treasury, by)
    ended = (await who.post(f"/v1/break-glass/{broken['id']}/end")).json()
    assert (ended["state"], ended["ended_by"]) == ("unreviewed", str(who.id))
    assert (await treasury.maintenance.get(f"/v1/accesses/{access['id']}/content")).json()["rule"] == "glass-not-broken"
    await treasury.break_glass()
    # What was opened under the one that was ended stays closed under another.
    assert (await treasury.maintenance.get(f"/v1/accesses/{access['id']}/content")).status_code == 403
    assert (await treasury.open()).status_code == 201


async def test_it_is_broken_once_at_a_time(treasury: Treasury) -> None:
    await treasury.break_glass()
    again = await treasury.maintenance.post("/v1/break-glass", json=NEED | {"told": str(treasury.dpo.id)})
    assert again.status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [{"reason": " "}, {"incident": " "}, {"minutes": 31}, {"told": str(uuid4())}],
    ids=["no reason", "no number", "too long", "nobody"],
)
async def test_without_need_or_a_second_person_it_is_not_broken(treasury: Treasury, wrong: dict[str, Any]) -> None:
    body = NEED | {"told": str(treasury.dpo.id)} | wrong
    assert (await treasury.maintenance.post("/v1/break-glass", json=body)).status_code == 422
    assert (await treasury.open()).status_code == 403


async def test_nobody_is_their_own_second_person_and_no_supervisor_is_one(treasury: Treasury) -> None:
    both = await treasury.house.come_in(await treasury.house.member(Role.MAINTENANCE, Role.ADMINISTRATOR))
    supervisor = await treasury.house.come_in(await treasury.house.person(Role.SUPERVISOR))
    for who, told in ((both, both), (treasury.maintenance, supervisor)):
        answer = await who.post("/v1/break-glass", json=NEED | {"told": str(told.id)})
        assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (422, "second-person")


async def test_nobody_is_told_at_once_who_has_never_come_in(treasury: Treasury) -> None:
    for role in (Role.ADMINISTRATOR, Role.DPO):
        invited = await treasury.house.member(role)
        answer = await treasury.maintenance.post("/v1/break-glass", json=NEED | {"told": str(invited.id)})
        assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (422, "second-person")
        assert "who has signed in before" in answer.json()["detail"]
        await treasury.house.come_in(invited)
        broken = await treasury.break_glass(told=str(invited.id))
        await treasury.maintenance.post(f"/v1/break-glass/{broken['id']}/end")


async def test_where_the_notice_knows_of_no_need_nobody_breaks_the_glass(world: World) -> None:
    house = await world.house("prh")
    dpo, maintenance = await house.come_in(await house.person(Role.DPO)), await house.member(Role.MAINTENANCE)
    refused = await maintenance.post("/v1/break-glass", json=NEED | {"told": str(dpo.id)})
    assert (refused.status_code, refused.json()["rule"]) == (403, "no-break-glass")
    assert refused.json()["clause"]["id"] == "access"
    supervisor = await house.person(Role.SUPERVISOR)
    assert (await supervisor.post("/v1/break-glass", json=NEED | {"told": str(dpo.id)})).status_code == 403


async def test_somebody_else_reviews_it_once_it_is_over(treasury: Treasury) -> None:
    broken = await treasury.break_glass()
    url, verdict = f"/v1/break-glass/{broken['id']}/review", {"justified": True, "words": "The incident was real"}
    assert (await treasury.dpo.post(url, json=verdict)).status_code == 409
    await treasury.maintenance.post(f"/v1/break-glass/{broken['id']}/end")
    later = await treasury.house.member(Role.DPO)
    assert (await later.post(url, json=verdict)).status_code == 403
    assert (await treasury.maintenance.post(url, json=verdict)).status_code == 403
    reviewed = (await treasury.dpo.post(url, json=verdict)).json()
    assert (reviewed["state"], reviewed["justified"]) == ("reviewed", True)
    assert (reviewed["reviewed_by"], reviewed["words"]) == (str(treasury.dpo.id), verdict["words"])
    assert (await treasury.dpo.post(url, json=verdict)).status_code == 409


async def test_whoever_broke_it_does_not_review_it_in_another_role(treasury: Treasury) -> None:
    both = await treasury.house.member(Role.SECURITY, Role.ADMINISTRATOR)
    broken = await treasury.break_glass(both)
    await both.post(f"/v1/break-glass/{broken['id']}/end")
    verdict = {"justified": True, "words": "I was right"}
    assert (await both.post(f"/v1/break-glass/{broken['id']}/review", json=verdict)).status_code == 403


async def test_without_a_review_it_stays_in_the_list_and_is_an_alarm_after_a_week(treasury: Treasury) -> None:
    broken, tenant = await treasury.break_glass(), treasury.house.tenant
    async with treasury.house.world.later(timedelta(days=8)):
        listed = (await treasury.dpo.get("/v1/break-glass")).json()["items"]
        assert (broken["id"], "overdue") in [(each["id"], each["state"]) for each in listed]
        await watching.watch(treasury.house.world.custody, SOURCES, tenant)
        await watching.watch(treasury.house.world.custody, SOURCES, tenant)
    messages = await _messages(treasury, "glass.unreviewed", broken["id"])
    assert [(message["audience"], message["details"]["stage"]) for message in messages] == [("both", "overdue")]


async def test_however_often_it_is_broken_what_nobody_reviewed_stays_in_the_list(
    treasury: Treasury, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glass_reading, "LISTED_MOST", 2)
    who, dpo = await treasury.house.member(Role.SECURITY), treasury.dpo
    waits = await treasury.break_glass(who)
    await who.post(f"/v1/break-glass/{waits['id']}/end")
    for _ in range(2):
        url = f"/v1/break-glass/{(await treasury.break_glass(who))['id']}"
        await who.post(f"{url}/end")
        assert (await dpo.post(f"{url}/review", json={"justified": True, "words": "It was so"})).status_code == 200
    listed = (await who.get("/v1/break-glass")).json()["items"]
    assert waits["id"] in [each["id"] for each in listed]


async def test_nobody_breaks_it_again_and_again_without_a_review(treasury: Treasury) -> None:
    who = await treasury.house.member(Role.SECURITY)
    broken = []
    for _ in range(UNREVIEWED_MOST):
        broken.append(await treasury.break_glass(who))
        await who.post(f"/v1/break-glass/{broken[-1]['id']}/end")
    need = NEED | {"told": str(treasury.dpo.id)}
    assert (await who.post("/v1/break-glass", json=need)).status_code == 409
    review = {"justified": True, "words": "It was so"}
    assert (await treasury.dpo.post(f"/v1/break-glass/{broken[0]['id']}/review", json=review)).status_code == 200
    assert (await who.post("/v1/break-glass", json=need)).status_code == 201


async def test_its_breaker_sees_their_own_and_no_others(treasury: Treasury) -> None:
    security = await treasury.house.member(Role.SECURITY)
    own, others = await treasury.break_glass(), await treasury.break_glass(security)
    listed = (await treasury.maintenance.get("/v1/break-glass")).json()["items"]
    assert [each["id"] for each in listed] == [own["id"]]
    assert (await treasury.maintenance.get(f"/v1/break-glass/{others['id']}")).status_code == 404
    assert (await treasury.maintenance.post(f"/v1/break-glass/{others['id']}/end")).status_code == 404


async def _marked(treasury: Treasury, glass: str) -> set[str]:
    """The acts whose events name the breaking."""
    events = (await treasury.dpo.get("/v1/audit/events", params={"limit": 1000})).json()["items"]
    return {event["act"] for event in _bodies(events) if event.get("details", {}).get("glass") == glass}


async def _messages(treasury: Treasury, topic: str, about: str) -> list[dict[str, Any]]:
    """What was told of it, in this topic."""
    found = await treasury.dpo.get("/v1/messages", params={"topic": topic, "object_id": about})
    messages: list[dict[str, Any]] = found.json()["items"]
    return messages


def _bodies(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [json.loads(event["body"]) for event in events]
