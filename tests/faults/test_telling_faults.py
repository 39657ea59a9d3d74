"""Killed at any call, a worker sends a chat at most once, and tells what is told at least once and under one id."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import chat, talk
from tests.faults.victim import run_until_killed
from tests.telling.mailing import Postbox, mail_server
from tests.world import As, House, World
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.disclosure import transcript_sending
from vault.mail_settings import MailServer
from vault.settings import Settings
from vault.telling import delivering
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

MOST_CALLS = 80
"""More than a turn makes: what lives for so many comes to its end."""

STEP = 1 if "VAULT_FAULT_ROUNDS" in os.environ else 7
"""`make faults` kills at every call, a test at some of them."""


@pytest.fixture
async def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def server(world: World, postbox: Postbox) -> AsyncIterator[MailServer]:
    """A mail server on this machine, which this vault's own parts know too while the test lasts."""
    async with mail_server(postbox) as made:
        object.__setattr__(world.custody, "mail", made)
        yield made
        object.__setattr__(world.custody, "mail", None)


async def killed_after(work: object, settings: Settings, house: House, calls: int) -> bool:
    """Whether a worker of its own process was killed before it came to the end."""
    # In a thread: the mail server answers on this one's loop.
    code = await asyncio.to_thread(run_until_killed, work, settings, house.tenant, calls)  # type: ignore[arg-type]  # any work
    assert code in (0, -9)
    return code != 0


async def send(custody: Custody, tenant: UUID, _: object) -> None:
    await transcript_sending.send(custody, tenant)


async def deliver(custody: Custody, tenant: UUID, _: object) -> None:
    await delivering.deliver(custody, tenant)


async def chosen(house: House, machine: As) -> UUID:
    recording = await house.recording(talk("Hei", "Hei"), **chat(contact={"agent_id": "agent-1"}))
    body = {"chosen_by": "customer", "address": f"{recording.hex}@customer.example"}
    asked = await machine.post(f"/v1/recordings/{recording}/transcript-email", json=body)
    assert asked.status_code == 202, asked.text
    return recording


async def test_a_chat_is_sent_at_most_once_wherever_its_worker_is_killed(
    world: World, settings: Settings, postbox: Postbox, server: MailServer
) -> None:
    house = await world.house("valtiokonttori")
    machine = await house.lasting(await house.member(Role.INGEST), "ingest", "send_transcript")
    seen = set()
    for calls in range(1, MOST_CALLS, STEP):
        recording = await chosen(house, machine)
        killed = await killed_after(send, replace(settings, mail=server), house, calls)
        for _ in range(2):
            await send(world.custody, house.tenant, None)
        url = f"/v1/recordings/{recording}/transcript-email"
        (ended,) = (await house.administrator.get(url)).json()
        arrived = postbox.recipients.count(f"{recording.hex}@customer.example")
        assert arrived <= 1, f"killed after {calls} calls it was sent twice"
        assert ended["state"] in (("sent",) if arrived and not killed else ("sent", "unknown"))
        assert arrived == 1 or ended["state"] == "unknown"
        seen.add((arrived, ended["state"]))
        if not killed:
            break
    assert not killed, "it never came to the end"
    assert (1, "sent") in seen
    assert STEP > 1 or seen == {(1, "sent"), (1, "unknown"), (0, "unknown")}
    async with tenant_scope(house.tenant):
        assert not await DB.fetch("SELECT 1 FROM transcript_email WHERE sealed_address IS NOT NULL")


async def test_what_is_told_arrives_wherever_its_worker_is_killed(
    world: World, settings: Settings, postbox: Postbox, server: MailServer
) -> None:
    house = await world.house("prh")
    for calls in range(1, MOST_CALLS, STEP):
        async with tenant_scope(house.tenant):
            message = await tell(house.tenant, Topic.DUTY_OVERDUE, uuid4(), audience=Audience.DPO, now=world.now())
        killed = await killed_after(deliver, replace(settings, mail=server), house, calls)
        await deliver(world.custody, house.tenant, None)
        arrived = [letter for letter in postbox.letters if letter["message-id"].startswith(f"<{message}@")]
        assert 1 <= len(arrived) <= 2
        if not killed:
            break
    assert not killed, "it never came to the end"
