"""What is restricted is stored and not used, except as Art. 18(2) allows, until the data subject was told."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tenants.vocabulary import Role
from tests.builders import REASON, access, found, logged, silence
from tests.keeping.holding import NUMBER, SEVEN_MONTHS, THIRTEEN_MONTHS, hears, held, key_of, release, run, standing
from tests.world import As, House, World, wav
from vault.access import listening

CONTESTED = {"ground": "accuracy_contested", "note": "He says that it was not him."}


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def supervisor(house: House) -> As:
    return await house.lasting(await house.person(Role.SUPERVISOR))


@pytest.fixture
async def dpo(house: House) -> As:
    return await house.lasting(await house.person(Role.DPO))


async def restricted(person: As, recording: UUID, **body: Any) -> dict[str, Any]:
    """A restriction that was placed."""
    answer = await person.post(f"/v1/recordings/{recording}/restrictions", json=CONTESTED | body)
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


async def test_what_is_restricted_does_not_exist_for_whoever_may_not_lift_it(
    house: House, supervisor: As, dpo: As
) -> None:
    recording = await house.recording()
    opened = await access(supervisor, recording)
    hold = await held(supervisor, recording)
    await restricted(dpo, recording)
    assert await found(supervisor, number=NUMBER) == []
    assert await found(supervisor) == []
    answers = [
        await supervisor.get(f"/v1/recordings/{recording}"),
        await supervisor.post(f"/v1/recordings/{recording}/accesses", json={"purpose": "training", "reason": REASON}),
        await supervisor.get(opened["content_url"]),
        await supervisor.get(opened["peaks_url"]),
        await supervisor.get(f"/v1/recordings/{recording}/retention"),
        await supervisor.get(f"/v1/recordings/{recording}/holds"),
        await supervisor.post(f"/v1/recordings/{recording}/holds", json={"reason": "legal_claim"}),
        await supervisor.post(f"/v1/holds/{hold['id']}/release"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert (await supervisor.get("/v1/holds")).json()["items"] == []
    assert [item["id"] for item in (await dpo.get("/v1/holds")).json()["items"]] == [hold["id"]]
    assert (await dpo.get(f"/v1/recordings/{recording}/retention")).json()["restricted"]


async def test_a_supervisor_neither_restricts_nor_lifts(house: House, supervisor: As, dpo: As) -> None:
    recording = await house.recording()
    refused = await supervisor.post(f"/v1/recordings/{recording}/restrictions", json=CONTESTED)
    assert refused.status_code == 403
    placed = await restricted(dpo, recording)
    assert (await supervisor.post(f"/v1/restrictions/{placed['id']}/lift")).status_code == 403
    assert (await supervisor.get("/v1/restrictions")).status_code == 403


@pytest.mark.parametrize("role", [Role.DPO, Role.ADMINISTRATOR])
async def test_what_the_law_allows_of_it_is_done_by_name_and_stands_in_the_log(house: House, role: Role) -> None:
    person = await house.person(role)
    recording = await house.recording()
    ask = {"restricted_use": "legal_claims", "reason": REASON}
    early = await person.post(f"/v1/recordings/{recording}/accesses", json=ask)
    assert (early.status_code, early.json()["rule"]) == (403, "not-restricted")
    await restricted(house.administrator, recording)
    opened = await person.post(f"/v1/recordings/{recording}/accesses", json=ask)
    assert (opened.status_code, opened.json()["restricted_use"]) == (201, "legal_claims")
    assert (await person.get(opened.json()["content_url"])).content == wav()
    event = (await logged(house, "access.opened"))[-1]
    assert (event["purpose"], event["details"]["restricted_use"]) == ("legal_claims", "legal_claims")
    both = await person.post(f"/v1/recordings/{recording}/accesses", json=ask | {"purpose": "training"})
    assert both.status_code == 422


async def test_it_is_not_lifted_before_the_data_subject_was_told(house: House, supervisor: As, dpo: As) -> None:
    recording = await house.recording()
    placed = await restricted(dpo, recording)
    url = f"/v1/restrictions/{placed['id']}"
    early = await dpo.post(f"{url}/lift")
    assert (early.status_code, "18(3)" in early.json()["detail"]) == (409, True)
    told = await dpo.post(f"{url}/told")
    assert told.json()["subject_told_at"] is not None
    assert (await dpo.post(f"{url}/told")).status_code == 409
    assert await found(supervisor, number=NUMBER) == []
    lifted = await dpo.post(f"{url}/lift")
    assert (lifted.status_code, lifted.json()["lifted_by"]) == (200, str(dpo.id))
    assert await found(supervisor, number=NUMBER) == [recording]
    assert await hears(supervisor, recording)
    assert await key_of(house, recording) is None
    assert (await dpo.post(f"{url}/lift")).status_code == 409
    assert (await dpo.post(f"{url}/told")).status_code == 409
    assert len(await logged(house, "restriction.subject_told")) == 1


async def test_what_is_restricted_outlives_its_day_and_goes_once_lifted(world: World, house: House, dpo: As) -> None:
    recording = await house.recording()
    placed = await restricted(dpo, recording)
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
        assert await standing(house) == ["contact", "content", "peaks"]
        await dpo.post(f"/v1/restrictions/{placed['id']}/told")
        await dpo.post(f"/v1/restrictions/{placed['id']}/lift")
        await run(house)
        assert await standing(house) == []


async def test_its_date_does_not_end_it_before_the_data_subject_was_told(
    world: World, house: House, supervisor: As, dpo: As
) -> None:
    recording = await house.recording()
    placed = await restricted(dpo, recording, until=(world.now() + timedelta(days=1)).isoformat())
    async with world.later(timedelta(days=2)):
        await run(house)
        assert await found(supervisor, number=NUMBER) == []
        assert [item["id"] for item in (await dpo.get("/v1/restrictions")).json()["items"]] == [placed["id"]]
        await dpo.post(f"/v1/restrictions/{placed['id']}/told")
        assert await found(supervisor, number=NUMBER) == [recording]
        assert (await dpo.get("/v1/restrictions")).json()["items"] == []
        await run(house)
        shown = (await dpo.get(f"/v1/recordings/{recording}/restrictions")).json()["items"]
        assert [(item["lifted_at"] is not None, item["lifted_by"]) for item in shown] == [(True, None)]


async def _restrict(_: House, dpo: As, recording: UUID, __: dict[str, Any]) -> None:
    await restricted(dpo, recording)


async def _let_go(_: House, dpo: As, __: UUID, hold: dict[str, Any]) -> None:
    await release(dpo, hold)


@pytest.mark.parametrize("what_happens", [_restrict, _let_go])
async def test_an_answer_under_way_breaks_off_when_its_recording_is_restricted_or_goes(
    world: World,
    house: House,
    supervisor: As,
    dpo: As,
    what_happens: Callable[[House, As, UUID, dict[str, Any]], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "WATCHED_SECONDS", 0.0)
    recording = await house.recording(silence(40_000_000))
    hold = await held(supervisor, recording)
    async with world.later(SEVEN_MONTHS):
        opened = await access(supervisor, recording)
        headers = {"authorization": f"Bearer {supervisor.token}"}
        with pytest.raises(httpx.RemoteProtocolError):
            async with supervisor.client.stream("GET", opened["content_url"], headers=headers) as answer:
                pieces = answer.aiter_raw()
                await anext(pieces)
                await what_happens(house, dpo, recording, hold)
                async for _ in pieces:
                    pass
