"""Whoever answers for the recordings sees them come in, and what was turned away; the rest is nobody's to see."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tenants.vocabulary import Role
from tests.ingest.delivering import Tus, pcm, recording_of
from tests.world import As, House, World, wav
from vault.custody import audit
from vault.custody.database import tenant_scope
from vault.ingest import arrivals

SIZE = 6000
KINDS = ("call", "chat", "chatbot", "sms_survey")
"""What the notice of PRH names."""


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
async def tus(world: World, house: House) -> Tus:
    return Tus(world, house, await house.machine())


async def told(person: As) -> dict[str, Any]:
    answer = await person.get("/v1/arrivals")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_before_anything_has_come_every_kind_of_the_notice_stands_at_nothing(house: House) -> None:
    found = await told(house.administrator)
    assert (found["newest_at"], found["uploads"], found["under_way"], found["refused"]) == (None, 0, [], [])
    assert found["received"] == [{"kind": kind, "today": 0, "hour": 0} for kind in KINDS]


async def test_an_upload_is_seen_until_it_is_a_recording_and_counted_then(tus: Tus) -> None:
    dpo = await tus.house.person(Role.DPO)
    url, content = await tus.begun(SIZE), pcm(SIZE)
    assert (await tus.send(url, 0, content[:1000])).status_code == 204
    found = await told(dpo)
    (one,) = found["under_way"]
    assert (found["uploads"], one["id"], one["machine"]) == (1, url.rpartition("/")[2], str(tus.machine.id))
    assert (one["received"], one["length"], one["resumable"], one["name"]) == (1000, SIZE, True, "Demo Person")
    assert one["began_at"] < one["expires_at"]
    recording_of(await tus.send(url, 1000, content[1000:]))
    found = await told(dpo)
    assert (found["uploads"], found["under_way"]) == (0, [])
    assert found["received"][0] == {"kind": "call", "today": 1, "hour": 1}
    assert found["newest_at"] is not None
    async with tus.world.later(timedelta(days=2)):
        assert (await told(dpo))["received"][0] == {"kind": "call", "today": 0, "hour": 0}


async def test_what_comes_in_one_piece_counts_for_nothing_before_all_of_it_is_here(tus: Tus) -> None:
    content, seen = wav(), list[dict[str, Any]]()

    async def slowly() -> AsyncIterator[bytes]:
        yield content[:1000]
        async with asyncio.timeout(15):
            while not seen:
                seen.extend((await told(tus.house.administrator))["under_way"])
        yield content[1000:]

    recording_of(await tus.begin(len(content), slowly(), headers={"content-length": str(len(content))}))
    assert [(one["received"], one["length"], one["resumable"]) for one in seen] == [(0, len(content), False)]


async def test_what_was_refused_is_counted_by_its_rules_with_the_promise(tus: Tus) -> None:
    for contact in ({"shoe_size": 43}, {"shoe_size": 44}, {"caller_number": "unknown"}):
        assert (await tus.begin(SIZE, contact=contact)).status_code == 422
    assert (await tus.begin(4, b"none")).status_code == 422
    refused = {tuple(one["rules"]): one for one in (await told(await tus.house.person(Role.DPO)))["refused"]}
    assert {rules: one["times"] for rules, one in refused.items()} == {
        ("field-not-in-policy",): 2,
        ("phone-number",): 1,
        ("wrong-container",): 1,
    }
    named = refused["field-not-in-policy",]
    assert named["clause"]["id"] == named["clause_id"] == "contact_call"
    assert "soittajan puhelinnumero" in named["clause"]["text"]
    assert (refused["wrong-container",]["clause"], refused["wrong-container",]["clause_id"]) == (None, None)
    async with tus.world.later(timedelta(days=8)):
        assert (await told(tus.house.administrator))["refused"] == []


@pytest.mark.parametrize("sealed", [True, False])
async def test_of_very_many_refusals_the_newest_alone_are_counted_and_it_says_so(
    tus: Tus, monkeypatch: pytest.MonkeyPatch, sealed: bool
) -> None:
    monkeypatch.setattr(arrivals, "COUNTED", 3)
    assert (await tus.begin(SIZE, contact={"caller_number": "unknown"})).status_code == 422
    for size in range(3):
        assert (await tus.begin(SIZE, contact={"shoe_size": size})).status_code == 422
        if size == 1:
            assert (await told(tus.house.administrator))["refused_more"] is False
    if sealed:
        async with tenant_scope(tus.house.tenant):
            assert await audit.seal(tus.house.tenant)
    found = await told(tus.house.administrator)
    assert [(one["rules"], one["times"]) for one in found["refused"]] == [(["field-not-in-policy"], 3)]
    assert found["refused_more"] is True


async def test_nothing_of_it_is_another_controllers(world: World, tus: Tus) -> None:
    await tus.begun(SIZE)
    await tus.house.recording()
    other = await told((await world.house("prh")).administrator)
    assert (other["newest_at"], other["uploads"], other["refused"]) == (None, 0, [])
