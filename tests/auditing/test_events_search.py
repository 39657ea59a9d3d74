"""The log is searched by those who may read it: one recording's story, one person's acts, every refusal."""

import asyncio
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.world import As, House, World
from vault.auditing import searching
from vault.auditing.searching import Wanted
from vault.custody import audit
from vault.custody.database import DB, tenant_scope
from vault.subjects import listening


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def found(person: As, **asked: Any) -> list[dict[str, Any]]:
    answer = await person.post("/v1/audit/search", json=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def opened(house: House, person: As, recording: UUID, purpose: str = "quality") -> Any:
    body = {"purpose": purpose, "reason": "a sample of the week"}
    return await person.post(f"/v1/recordings/{recording}/accesses", json=body)


async def test_one_recording_is_followed_from_its_arrival_to_who_heard_it(house: House) -> None:
    recording, other = await house.recording(), await house.recording()
    supervisor, dpo = await house.person(Role.SUPERVISOR), await house.person(Role.DPO)
    assert (await opened(house, supervisor, recording)).status_code == 201
    assert (await opened(house, supervisor, other)).status_code == 201
    story = await found(dpo, object=str(recording))
    assert [event["act"] for event in story] == ["access.opened", "recording.received"]
    assert (story[0]["actor"], story[0]["purpose"], story[0]["outcome"]) == (str(supervisor.id), "quality", "done")
    assert {event["object"] for event in story} == {str(recording)}
    assert datetime.fromisoformat(story[0]["at"]) >= datetime.fromisoformat(story[1]["at"])


async def test_one_persons_acts_and_every_refusal_are_found(house: House) -> None:
    recording, dpo = await house.recording(), await house.person(Role.DPO)
    supervisor, agent = await house.person(Role.SUPERVISOR), await house.member(Role.AGENT, agent_id="agent-2")
    assert (await opened(house, supervisor, recording)).status_code == 201
    assert (await opened(house, agent, recording)).status_code in (403, 404)
    assert "access.opened" in [event["act"] for event in await found(dpo, actor=str(supervisor.id))]
    refused = await found(dpo, outcome="refused")
    assert [(event["act"], event["actor"]) for event in refused] == [("access.opened", str(agent.id))]
    assert refused[0]["details"]["rule"]
    both = await found(dpo, acts=["access.opened", "recording.received"], object=str(recording))
    assert [event["act"] for event in both] == ["access.opened", "access.opened", "recording.received"]
    assert await found(dpo, purpose="training", object=str(recording)) == []


async def test_pages_follow_each_other_and_times_bound_them(world: World, house: House) -> None:
    dpo, things = await house.person(Role.DPO), [uuid4() for _ in range(7)]
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    async with tenant_scope(house.tenant):
        for number, thing in enumerate(things):
            event = audit.Event(act="upload.swept", actor=None, object_id=thing)
            await audit.record(house.tenant, event, now=now + timedelta(minutes=number))
    asked: dict[str, Any] = {"acts": ["upload.swept"], "limit": 3}
    seen: list[str] = []
    while True:
        page = (await dpo.post("/v1/audit/search", json=asked)).json()
        seen += [event["object"] for event in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert seen == [str(thing) for thing in reversed(things)]
    bounded = {"from": "2026-03-01T12:02:00Z", "to": "2026-03-01T14:05:00+02:00"}
    assert [event["object"] for event in await found(dpo, **bounded)] == [str(things[n]) for n in (4, 3, 2)]


async def test_that_it_was_searched_stands_in_the_log_by_its_filters_and_without_their_values(house: House) -> None:
    dpo = await house.person(Role.DPO)
    await found(dpo, actor=str(dpo.id), purpose="quality", **{"from": "2026-01-01T00:00:00Z"})
    last = (await found(dpo, acts=["audit.searched"]))[0]
    assert last["actor"] == str(dpo.id)
    assert last["details"] == {"filters": ["actor", "purpose", "from"], "found": 0}


async def test_nobody_but_administrator_and_dpo_searches_and_the_refusal_is_told_once(house: House) -> None:
    supervisor, dpo = await house.person(Role.SUPERVISOR), await house.person(Role.DPO)
    answer = await supervisor.post("/v1/audit/search", json={})
    assert answer.status_code == 403
    (event,) = await found(dpo, acts=["request.refused"])
    assert (event["actor"], event["outcome"]) == (str(supervisor.id), "refused")
    assert event["details"] == {"operation": "search_audit", "reason": "not-allowed"}
    assert event["request"] == answer.headers["x-request-id"]


async def test_what_an_act_tells_of_its_refusal_is_not_told_again(house: House) -> None:
    recording, dpo = await house.recording(), await house.person(Role.DPO)
    agent = await house.member(Role.AGENT, agent_id="agent-2")
    await opened(house, agent, recording)
    await opened(house, await house.person(Role.SUPERVISOR), recording, purpose="curiosity")
    assert await found(dpo, acts=["request.refused"]) == []
    assert len(await found(dpo, outcome="refused")) == 2


async def test_what_is_asked_in_another_form_is_refused(house: House) -> None:
    dpo = await house.person(Role.DPO)
    for body in (
        {"from": "2026-03-01T12:00:00"},
        {"outcome": "perhaps"},
        {"limit": 501},
        {"who": "me"},
        {"actor": "me"},
    ):
        assert (await dpo.post("/v1/audit/search", json=body)).status_code == 400, body
    unknown = await dpo.post("/v1/audit/search", json={"acts": ["access.imagined"]})
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["field"] == "acts"


async def test_another_controllers_events_are_not_found(world: World, house: House) -> None:
    recording, stranger = await house.recording(), await world.house("tilastokeskus")
    assert await found(stranger.administrator, object=str(recording)) == []
    assert await found(stranger.administrator, actor=str((await house.machine()).id)) == []


def test_a_search_knows_by_what_it_asks() -> None:
    assert Wanted().names() == []
    everything = Wanted(
        acts=("a.b",),
        actor=uuid4(),
        object_id=uuid4(),
        purpose="quality",
        outcome="done",
        since=datetime.now(UTC),
        until=datetime.now(UTC),
    )
    assert everything.names() == ["acts", "actor", "object", "purpose", "outcome", "from", "to"]


SEALED_MEANWHILE: dict[str, tuple[Any, str, tuple[str, str, Any]]] = {
    "a search": (searching, "search", ("POST", "/v1/audit/search", {})),
    "an export's own event": (audit, "record", ("GET", "/v1/audit/export", None)),
    "who consulted": (listening, "consultations", ("GET", "/v1/recordings/{recording}/listens", None)),
}


@pytest.mark.parametrize("what", SEALED_MEANWHILE)
async def test_the_log_is_sealed_while_somebody_reads_it(
    house: House, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    recording, dpo = await house.recording(), await house.person(Role.DPO)
    where, name, (method, url, body) = SEALED_MEANWHILE[what]
    read, sealed = getattr(where, name), list[int]()

    async def seal() -> None:
        async with tenant_scope(house.tenant):
            await DB.script("SET LOCAL lock_timeout = '5s'")
            sealed.append(await audit.seal(house.tenant))

    async def lasting(*asked: Any, **more: Any) -> Any:
        found = await read(*asked, **more)
        await asyncio.create_task(seal(), context=Context())  # somebody else's, who is in no scope yet
        return found

    monkeypatch.setattr(where, name, lasting)
    answer = await dpo.request(method, url.format(recording=recording), json=body)
    assert answer.status_code == 200, answer.text
    assert sealed
