"""The worker checks once more what two persons approved, and nothing is given that may not be by then."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tenants.contracts import ContractState
from tenants.disclosing import DisclosureEvent
from tests.builders import change_contract, logged
from tests.destruction.aside import rows_of
from tests.disclosure.asking import Desk, authority, desk
from tests.faults.victim import run_until_killed
from tests.world import World
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.destruction.contract_end import advance
from vault.disclosure import holding
from vault.disclosure.carrying import Giver, carry_out, end_with_contract
from vault.disclosure.model import Disclosure
from vault.disclosure.steps import move


@dataclass
class Taker:
    """Gives what is approved to nobody, and remembers that it was asked to."""

    ready: bool = True
    fails: set[UUID] = field(default_factory=set)
    asked: list[UUID] = field(default_factory=list)

    @property
    def givers(self) -> dict[DisclosureEvent, Giver]:
        return {event: Giver(self._ready, self._give) for event in (DisclosureEvent.PACK, DisclosureEvent.OPEN)}

    async def _ready(self, _: Disclosure) -> bool:
        return self.ready

    async def _give(self, custody: Custody, disclosure: Disclosure) -> bool:
        self.asked.append(disclosure.id)
        if disclosure.id in self.fails:
            raise OSError("The store is away.")
        now = custody.clock.now()
        async with tenant_scope(disclosure.tenant):
            await move(disclosure, disclosure.needs.gives, actor=None, now=now, carried_out_at=now)
        return True


@pytest.fixture
async def ours(world: World) -> Desk:
    return await desk(world)


def group(organisation: UUID, recording: UUID, until: datetime) -> dict[str, Any]:
    """A request for a company of the group."""
    terms = {"recordings": [str(recording)], "purpose": "quality", "valid_until": until.isoformat()}
    return {"kind": "group", "organisation": str(organisation), "terms": terms, "details": {"reason": "A review."}}


async def test_what_two_approved_is_given_once_it_can_be(ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording()))
    taker = Taker()
    await ours.work(taker.givers)
    await ours.decide(ours.dpo, asked["id"])
    await ours.work(taker.givers)
    assert taker.asked == []
    await ours.decide(ours.administrator, asked["id"])
    taker.ready = False
    assert await ours.work(taker.givers)
    taker.ready = True
    assert await ours.work(taker.givers)
    assert await ours.work(taker.givers)
    assert taker.asked == [UUID(asked["id"])]
    assert (await ours.see(asked["id"]))["state"] == "ready"


async def test_a_membership_that_ended_in_between_stops_it_wherever_it_stands(ours: Desk) -> None:
    recording, until = await ours.recording(), ours.house.world.now() + timedelta(days=30)
    company = await ours.organisation("company", member=True)
    approved = await ours.asked(**group(company, recording, until))
    await ours.approve(approved["id"])
    waiting = await ours.asked(**group(company, recording, until))
    await ours.leave(company)
    refused = await ours.decide(ours.dpo, waiting["id"])
    assert (refused.status_code, refused.json()["rule"]) == (403, "membership-ended")
    taker = Taker()
    await ours.work(taker.givers)
    stopped = await ours.see(approved["id"])
    assert (taker.asked, stopped["state"], stopped["ended_rule"]) == ([], "stopped", "membership-ended")
    assert (await ours.ask(**group(company, recording, until))).json()["rule"] == "membership-ended"
    (event,) = await logged(ours.house, "disclosure.stopped")
    assert (event["details"]["rule"], event["clause"]) == ("membership-ended", "disclosure_group")


async def test_an_organisation_that_ended_or_a_permit_that_ran_out_stops_it(world: World, ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording()))
    await ours.approve(asked["id"])
    await ours.end(organisation)
    prh = await desk(world, "prh")
    until = (world.now() + timedelta(days=2)).isoformat()
    study = await prh.asked(
        kind="research",
        organisation=str(await prh.organisation("research")),
        terms={
            "recordings": [str(await prh.recording())],
            "purpose": "development",
            "permit_id": "P-1",
            "permit_until": until,
            "duty_until": (world.now() + timedelta(days=1)).isoformat(),
        },
        details={"reason": "A study.", "named_persons": ["Demo Person"], "environment": "A secured room"},
    )
    await prh.approve(study["id"])
    taker = Taker()
    await ours.work(taker.givers)
    assert (await ours.see(asked["id"]))["ended_rule"] == "organisation-ended"
    async with world.later(timedelta(days=3)):
        await prh.work(taker.givers)
        assert (await prh.see(study["id"]))["ended_rule"] == "permit-ended"
    assert taker.asked == []


async def test_what_was_restricted_after_the_approval_is_not_given(ours: Desk) -> None:
    organisation, recording = await ours.organisation("authority", "demo-act-1"), await ours.recording()
    asked = await ours.asked(**authority(organisation, recording, await ours.recording()))
    await ours.approve(asked["id"])
    url = f"/v1/recordings/{recording}/restrictions"
    assert (await ours.dpo.post(url, json={"ground": "unlawful_processing"})).status_code == 201
    taker = Taker()
    await ours.work(taker.givers)
    assert (taker.asked, (await ours.see(asked["id"]))["ended_rule"]) == ([], "recordings-gone")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE disclosure_item SET limits = '{\"content\": true}' WHERE disclosure_id = $1",
        "UPDATE disclosure_item SET state = 'included' WHERE disclosure_id = $1",
        "UPDATE disclosure SET terms = terms || '{\"fetches\": 9}' WHERE id = $1",
        "UPDATE disclosure SET scope_sha256 = '\\x00' WHERE id = $1",
        "UPDATE disclosure_decision SET scope_sha256 = '\\x00' WHERE disclosure_id = $1",
    ],
)
async def test_a_scope_that_was_widened_after_the_approval_is_not_given(ours: Desk, change: str) -> None:
    organisation, one, other = (
        await ours.organisation("authority", "demo-act-1"),
        *[await ours.recording() for _ in range(2)],
    )
    asked = await ours.asked(**authority(organisation, one, other))
    await ours.change(asked["id"], one, limits={"excerpts": [[0, 500]]})
    await ours.change(asked["id"], other, included=False)
    await ours.approve(asked["id"])
    async with tenant_scope(ours.house.tenant):
        await DB.fetch(change, UUID(asked["id"]))
    taker = Taker()
    await ours.work(taker.givers)
    assert (taker.asked, (await ours.see(asked["id"]))["ended_rule"]) == ([], "scope-changed")


async def test_one_that_fails_is_tried_again_and_delays_no_other(ours: Desk) -> None:
    organisation, recording = await ours.organisation("authority", "demo-act-1"), await ours.recording()
    ids = [(await ours.asked(**authority(organisation, recording)))["id"] for _ in range(2)]
    for id in ids:
        await ours.approve(id)
    taker = Taker(fails={UUID(ids[0])})
    assert not await ours.work(taker.givers)
    assert [(await ours.see(id))["state"] for id in ids] == ["approved", "ready"]
    taker.fails.clear()
    assert await ours.work(taker.givers)
    assert (await ours.see(ids[0]))["state"] == "ready"


async def test_several_disclosures_each_keep_what_they_cover(ours: Desk) -> None:
    organisation, recording = await ours.organisation("authority", "demo-act-1"), await ours.recording()
    ids = [(await ours.asked(**authority(organisation, recording)))["id"] for _ in range(2)]
    assert len(await ours.holds(recording)) == 2
    await ours.supervisor.post(f"/v1/disclosures/{ids[0]}/withdrawal")
    await ours.work()
    (left,) = await ours.holds(recording)
    assert left["id"] == (await ours.see(ids[1]))["scope"]["items"][0]["held_by"]
    ended = [row for row in await rows_of(ours.house, "hold") if row["released_at"]]
    assert [(row["released_by"], row["disclosure_id"]) for row in ended] == [(None, ids[0])]


async def test_what_is_open_ends_with_the_contract_and_what_is_held_for_it_waits_for_a_person(ours: Desk) -> None:
    organisation, recording = await ours.organisation("authority", "demo-act-1"), await ours.recording()
    undecided, approved = [(await ours.asked(**authority(organisation, recording)))["id"] for _ in range(2)]
    await ours.approve(approved)
    world = ours.house.world
    last_day = world.today() + timedelta(days=1)
    assert (await change_contract(ours.house, last_day)).status_code == 200
    async with world.later(timedelta(days=3)):
        taker = Taker()
        for _ in range(2):
            assert await ours.work(taker.givers)
        assert (await ours.ask(**authority(organisation, recording))).status_code == 403
    assert taker.asked == []
    rows = {row["id"]: row for row in await rows_of(ours.house, "disclosure")}
    assert [(rows[id]["state"], rows[id]["ended_rule"]) for id in (undecided, approved)] == [
        ("lapsed", "contract-over"),
        ("stopped", "contract-over"),
    ]
    assert [row["released_at"] for row in await rows_of(ours.house, "hold")] == [None, None]


async def test_after_the_contract_the_register_stands_and_its_words_open_no_more(ours: Desk) -> None:
    organisation, recording = await ours.organisation("authority", "demo-act-1"), await ours.recording()
    asked = (await ours.asked(**authority(organisation, recording)))["id"]
    await ours.decide(ours.dpo, asked)
    order = f"/v1/disclosures/{asked}/documents?purpose=order"
    sent = await ours.dpo.post(order, content=b"%PDF-1.7", headers={"content-type": "application/pdf"})
    assert sent.status_code == 201
    world, (hold,) = ours.house.world, await ours.holds(recording)
    assert (await change_contract(ours.house, world.today() + timedelta(days=1))).status_code == 200
    async with world.later(timedelta(days=3)):
        assert await end_with_contract(world.custody, ours.house.tenant)
        assert (await ours.administrator.post(f"/v1/holds/{hold['id']}/release")).status_code == 200
        assert await advance(world.custody, ours.house.tenant, world.now()) is ContractState.DESTROYED
    (row,) = await rows_of(ours.house, "disclosure")
    assert (row["state"], row["ended_rule"], row["sealed"]) == ("lapsed", "contract-over", None)
    assert [one["sealed_reason"] for one in await rows_of(ours.house, "disclosure_decision")] == ["\\x"]
    assert len(await rows_of(ours.house, "disclosure_item")) == 1
    assert await rows_of(ours.house, "disclosure_document") == []


@contextmanager
def _killed_before_it_is_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    async def nothing(*_: Any) -> None:
        pass

    with monkeypatch.context() as patch:
        patch.setattr(holding, "keep", nothing)
        yield


async def _work(custody: Custody, tenant: UUID, now: datetime) -> None:
    await carry_out(custody, {}, tenant)


async def test_a_worker_killed_anywhere_leaves_each_hold_placed_once_and_let_go_once(
    ours: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation, recordings = (
        await ours.organisation("authority", "demo-act-1"),
        [await ours.recording() for _ in range(2)],
    )
    with _killed_before_it_is_held(monkeypatch):
        asked = await ours.asked(**authority(organisation, *recordings))
    assert await ours.holds(recordings[0]) == []
    settings, tenant = ours.house.world.settings, ours.house.tenant
    for calls in range(1, 400, 5):
        if run_until_killed(_work, settings, tenant, calls) == 0:
            break
    assert [len(await ours.holds(each)) for each in recordings] == [1, 1]
    await ours.supervisor.post(f"/v1/disclosures/{asked['id']}/withdrawal")
    for calls in range(1, 400, 5):
        if run_until_killed(_work, settings, tenant, calls) == 0:
            break
    assert [len(await ours.holds(each)) for each in recordings] == [0, 0]
    assert len(await logged(ours.house, "hold.placed")) == len(await logged(ours.house, "hold.released")) == 2
