"""What is due becomes one job, and a job is sent until it is done."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker

from tenants.vocabulary import Role
from tests.builders import chat, talk
from tests.destruction.aside import kept, rows_of
from tests.worker.apart import Apart
from tests.world import House
from vault.auditing import pruning
from vault.custody import outbox
from vault.custody.database import DB, PLATFORM, platform_scope
from vault.custody.outbox import RESEND_AFTER
from vault.destruction import verifying
from vault.ingest.uploads import CLEANED_AFTER, LASTS
from vault.worker.actors import LOG_PRUNE, Hands, declare
from vault.worker.schedule import Schedule, ask

HOUR = timedelta(hours=1, minutes=5)
UPKEEP = ["copies.make", "store.compare", "retention.close_days"]
"""Jobs that every controller has from time to time, whatever a test does with it."""


@pytest.fixture
def broker(apart: Apart) -> StubBroker:
    broker = StubBroker(middleware=[])
    declare(broker, hands(apart))
    return broker


def hands(apart: Apart) -> Hands:
    return Hands(apart.world.custody, apart.world.settings.database_url)


def schedule(apart: Apart, broker: dramatiq.Broker) -> Schedule:
    return Schedule(apart.world.custody, broker, apart.world.settings.database_url)


async def waiting(house: House) -> list[tuple[str, bool]]:
    """The controller's jobs: which, and whether they were sent."""
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT actor, sent_at IS NOT NULL AS sent FROM outbox WHERE tenant_id = $1 AND actor <> ALL($2)"
            " ORDER BY actor",
            house.tenant,
            UPKEEP,
        )
    return [(row["actor"], row["sent"]) for row in rows]


async def carry_out(apart: Apart, house: House) -> None:
    """Do the controller's jobs as a worker does."""
    async with platform_scope():
        rows = await DB.fetch(
            "SELECT id, actor FROM outbox WHERE tenant_id = $1 AND actor <> ALL($2)", house.tenant, UPKEEP
        )
    works = {
        "retention.expire": "expire",
        "retention.close_days": "close_days",
        "contract.advance": "advance",
        "uploads.sweep": "sweep",
        "notices.give": "notify",
        "proposals.carry_out": "carry_out_proposals",
    }
    for row in rows:
        work = getattr(hands(apart), works[row["actor"]])
        await hands(apart).carry_out(row["id"], row["actor"], str(house.tenant), work)


async def a_talk(house: House) -> None:
    """A chatbot's talk whose digits go in an hour."""
    await house.recording(talk("My reference is 1234567."), **chat(kind="chatbot"))


async def test_nothing_due_is_no_job(apart: Apart, house: House) -> None:
    await a_talk(house)
    await ask(apart.world.now())
    assert await waiting(house) == []


async def test_what_is_due_is_one_job_however_often_it_is_asked(apart: Apart, house: House) -> None:
    await a_talk(house)
    async with apart.world.later(HOUR):
        await ask(apart.world.now())
        await ask(apart.world.now())
        assert await waiting(house) == [("retention.expire", False)]
        await carry_out(apart, house)
        assert await waiting(house) == []
        assert "identifiers" not in await kept(house)
        await ask(apart.world.now())
        assert await waiting(house) == []


async def test_a_contract_that_is_over_is_one_job_that_leaves_no_other(apart: Apart) -> None:
    house = await apart.world.house("prh")
    await a_talk(house)
    async with apart.world.later(timedelta(days=2100)):
        await ask(apart.world.now())
        # Nobody was told of the end for as long as nobody worked: that is made up for, and says that it is late.
        assert await waiting(house) == [("contract.advance", False), ("notices.give", False)]
        await carry_out(apart, house)
        assert await waiting(house) == []
        assert await rows_of(house, "recording") == []
        assert {notice["late"] for notice in await rows_of(house, "notice")} == {True}


async def test_an_upload_that_nobody_finished_is_swept_away(apart: Apart, house: House) -> None:
    machine = await house.machine()
    headers = {"tus-resumable": "1.0.0", "upload-length": "1000", "upload-metadata": house.metadata()}
    assert (await machine.post("/v1/uploads", headers=headers)).status_code == 201
    async with apart.world.later(LASTS + CLEANED_AFTER + HOUR):
        await ask(apart.world.now())
        assert ("uploads.sweep", False) in await waiting(house)
        await carry_out(apart, house)
        assert await rows_of(house, "upload") == []
        assert await waiting(house) == []


async def test_a_job_is_handed_over_once_and_again_when_nothing_comes_of_it(
    apart: Apart, house: House, broker: StubBroker
) -> None:
    await a_talk(house)
    async with apart.world.later(HOUR):
        sent = schedule(apart, broker)
        await sent.tick()
        await sent.tick()
        assert await waiting(house) == [("retention.expire", True)]
        assert _messages(broker, house) == 1
        async with apart.world.later(RESEND_AFTER + timedelta(seconds=1)):
            await sent.tick()
        assert _messages(broker, house) == 2
        await carry_out(apart, house)


async def test_logs_that_could_not_be_pruned_are_not_pruned_again_at_each_tick(
    apart: Apart, broker: StubBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[UUID] = []

    async def fails(_: Any, tenant: UUID, __: Any) -> None:
        tried.append(tenant)
        raise TimeoutError

    async def job() -> Any:
        async with platform_scope():
            return (await DB.fetch("SELECT id, sent_at FROM outbox WHERE actor = $1", LOG_PRUNE))[0]

    monkeypatch.setattr(pruning, "prune_log", fails)
    sent = schedule(apart, broker)
    async with apart.world.later(timedelta(days=1)):
        await sent.tick()
        before = await job()
        await hands(apart).carry_out(before["id"], LOG_PRUNE, str(PLATFORM), hands(apart).prune_logs)
        assert tried.count(PLATFORM) == 1
        await sent.tick()
        assert await job() == before, "it is the same job, which was not sent again"
        async with apart.world.later(RESEND_AFTER + timedelta(seconds=1)):
            await sent.tick()
        assert (await job())["sent_at"] > before["sent_at"]
        monkeypatch.undo()
        await hands(apart).carry_out(before["id"], LOG_PRUNE, str(PLATFORM), hands(apart).prune_logs)


async def test_what_the_broker_does_not_take_waits(apart: Apart, house: House) -> None:
    class Refusing(StubBroker):
        def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
            raise OSError("The broker is away.")

    broker = Refusing(middleware=[])
    declare(broker, hands(apart))
    await a_talk(house)
    async with apart.world.later(HOUR):
        with pytest.raises(OSError):
            await schedule(apart, broker).tick()
        assert await waiting(house) == [("retention.expire", False)]
        await carry_out(apart, house)


async def test_a_controller_whose_state_cannot_be_read_delays_nobody_else(apart: Apart, house: House) -> None:
    broken = await apart.world.house()
    await a_talk(house)
    async with platform_scope():
        zone = await DB.fetch("SELECT time_zone FROM contract WHERE tenant_id = $1", broken.tenant)
        await DB.fetch("UPDATE contract SET time_zone = 'Nowhere/Land' WHERE tenant_id = $1", broken.tenant)
    try:
        async with apart.world.later(HOUR):
            await ask(apart.world.now())
            assert await waiting(house) == [("retention.expire", False)]
            await carry_out(apart, house)
    finally:
        async with platform_scope():
            await DB.fetch(
                "UPDATE contract SET time_zone = $2 WHERE tenant_id = $1", broken.tenant, zone[0]["time_zone"]
            )


async def test_a_contract_that_is_being_destroyed_keeps_its_job_until_it_is_destroyed(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await apart.world.house("prh")
    confirmed: list[list[str]] = []
    confirm = verifying.confirm_no_rows

    async def asked_meanwhile(tenant: UUID) -> None:
        await confirm(tenant)
        rows = await DB.fetch("SELECT actor FROM outbox WHERE tenant_id = $1 AND actor <> ALL($2)", tenant, UPKEEP)
        confirmed.append([row["actor"] for row in rows])

    monkeypatch.setattr(verifying, "confirm_no_rows", asked_meanwhile)
    async with apart.world.later(timedelta(days=2100)):
        await ask(apart.world.now())
        await carry_out(apart, house)
        assert "contract.advance" in confirmed[-1]
        assert await waiting(house) == []


async def test_a_day_is_not_closed_while_somebody_destroys_what_is_due(apart: Apart, house: House) -> None:
    tried: list[str] = []

    async def closing(_: UUID) -> bool:
        tried.append("closing")
        return False

    async def meanwhile(_: UUID) -> bool:
        await hands(apart).carry_out(0, "retention.close_days", str(house.tenant), closing)
        return False

    await hands(apart).carry_out(0, "retention.expire", str(house.tenant), meanwhile)
    assert tried == []
    await hands(apart).carry_out(0, "retention.close_days", str(house.tenant), closing)
    assert tried == ["closing"]


async def test_nothing_is_removed_while_a_package_is_being_made(apart: Apart, house: House) -> None:
    tried: list[str] = []

    async def removing(_: UUID) -> bool:
        tried.append("removing")
        return False

    async def packing(_: UUID) -> bool:
        await hands(apart).carry_out(0, "packages.remove", str(house.tenant), removing)
        return False

    await hands(apart).carry_out(0, "disclosures.carry_out", str(house.tenant), packing)
    assert tried == []
    await hands(apart).carry_out(0, "packages.remove", str(house.tenant), removing)
    assert tried == ["removing"]


async def test_a_job_that_somebody_is_at_is_left_alone(apart: Apart, house: House) -> None:
    await a_talk(house)
    async with apart.world.later(HOUR):
        await ask(apart.world.now())

        async def meanwhile(_: UUID) -> bool:
            await carry_out(apart, house)
            return False

        await hands(apart).carry_out(0, "retention.expire", str(house.tenant), meanwhile)
        assert await waiting(house) == [("retention.expire", False)]
        assert "identifiers" in await kept(house)
        await carry_out(apart, house)
        assert await waiting(house) == []


async def test_all_jobs_can_be_sent_again(apart: Apart, house: House, broker: StubBroker) -> None:
    await a_talk(house)
    async with apart.world.later(HOUR):
        await schedule(apart, broker).tick()
        await outbox.send_again()
        assert await waiting(house) == [("retention.expire", False)]
        await carry_out(apart, house)


def _messages(broker: StubBroker, house: House) -> int:
    queue = broker.queues["default"]
    expiries = [message for message in queue.queue if b'"retention.expire"' in message]
    return sum(str(house.tenant).encode() in message for message in expiries)


async def test_what_two_persons_decided_is_a_job_that_does_it(apart: Apart, house: House) -> None:
    second = await house.member(Role.ADMINISTRATOR)
    recording = await house.recording()
    order = {"recording": str(recording), "reason": "The data subject asked for it."}
    proposal = (await house.administrator.post("/v1/orders/destruction", json=order)).json()
    await ask(apart.world.now())
    assert ("proposals.carry_out", False) not in await waiting(house)
    decision = {"approve": True, "reason": "It is checked."}
    await second.post(f"/v1/proposals/{proposal['id']}/decision", json=decision)
    await ask(apart.world.now())
    assert ("proposals.carry_out", False) in await waiting(house)
    await carry_out(apart, house)
    assert await waiting(house) == []
    done = (await second.get(f"/v1/proposals/{proposal['id']}")).json()
    assert (done["state"], done["outcome"]["recordings"]) == ("carried_out", 1)
