"""Whoever has to know reads it at once, gets an e-mail of it, and takes note of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.telling.mailing import Postbox, mail_server
from tests.world import As, House, World
from vault.custody.database import tenant_scope
from vault.telling import delivering
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic
from vault.telling.words import LANGUAGES, TOPICS, letter, said, spoken


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def told(world: World, house: House, topic: Topic = Topic.DISCLOSURE_REQUESTED, **more: Any) -> UUID:
    """Tell something of a new object, and give the message's id."""
    asked: dict[str, Any] = {"audience": Audience.DPO, "now": world.now()} | more
    async with tenant_scope(house.tenant):
        message = await tell(house.tenant, topic, uuid4(), **asked)
    assert message is not None
    return message


async def read(person: As, **query: Any) -> dict[str, Any]:
    answer = await person.get("/v1/messages", params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def delivery(person: As, message: UUID) -> dict[str, Any]:
    """How the one delivery of a message stands."""
    (found,) = (await person.get(f"/v1/messages/{message}")).json()["deliveries"]
    return dict(found)


async def test_messages_are_read_newest_first_page_by_page(world: World, house: House) -> None:
    told_ones = [await told(world, house) for _ in range(5)]
    dpo = await house.person(Role.DPO)
    first = await read(dpo, limit=3)
    second = await read(dpo, limit=3, cursor=first["next"])
    assert [UUID(one["id"]) for one in first["items"] + second["items"]] == told_ones[::-1]
    assert second["next"] is None
    one = first["items"][0]
    assert (await read(dpo, object_id=one["object_id"]))["items"] == [one]
    assert (await read(dpo, topic="grant.ended"))["items"] == []


async def test_a_person_takes_note_once(world: World, house: House) -> None:
    message = await told(world, house)
    dpo = await house.person(Role.DPO)
    for person in (dpo, house.administrator):
        noted = (await person.post(f"/v1/messages/{message}/acknowledge")).json()
        assert noted["acknowledged_by"] == str(dpo.id)
    assert (await read(dpo, unacknowledged=True))["items"] == []
    assert len(await logged(house, "message.acknowledged")) == 1


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT, Role.INGEST])
async def test_nobody_else_reads_messages(world: World, house: House, role: Role) -> None:
    message = await told(world, house)
    person = await house.machine() if role is Role.INGEST else await house.person(role)
    assert (await person.get("/v1/messages")).status_code == 403
    assert (await (await world.operator()).get(f"/v1/messages/{message}")).status_code in (403, 404)
    stranger = (await world.house("prh")).administrator
    assert (await stranger.get(f"/v1/messages/{message}")).status_code == 404
    assert (await read(stranger))["items"] == []


async def test_without_a_mail_server_everybody_who_looks_is_told_so(world: World, house: House) -> None:
    message = await told(world, house)
    dpo = await house.person(Role.DPO)
    assert (await read(dpo))["email"] == "not_configured"
    assert (await world.client.get("/v1/health")).json()["email"] == "not_configured"
    await delivering.deliver(world.custody, house.tenant)
    assert (await delivery(dpo, message))["state"] == "not_configured"


async def test_a_letter_goes_to_the_mailbox_of_the_notice_and_says_nothing_of_anybody(
    world: World, house: House
) -> None:
    disclosure = await told(world, house, Topic.DISCLOSURE_UNCONFIRMED, audience=Audience.BOTH)
    postbox = Postbox()
    async with mail_server(postbox) as server:
        custody = replace(world.custody, mail=server)
        await delivering.deliver(custody, house.tenant)
        await delivering.deliver(custody, house.tenant)
    assert sorted(postbox.recipients) == ["kirjaamo@prh.example", "tietosuoja@prh.example"]
    (one, other) = postbox.letters
    assert one["subject"] == other["subject"] == said(Topic.DISCLOSURE_UNCONFIRMED, "fi")
    assert str(disclosure) in one.get_content()
    assert house.slug not in one.get_content()
    states = (await house.administrator.get(f"/v1/messages/{disclosure}")).json()["deliveries"]
    assert [(each["mailbox"], each["state"], each["attempts"]) for each in states] == [
        ("administrators", "delivered", 1),
        ("dpo", "delivered", 1),
    ]


async def test_a_server_that_is_busy_is_asked_again_by_the_schedule_and_one_that_refuses_is_not(
    world: World, house: House
) -> None:
    message, dpo = await told(world, house), await house.person(Role.DPO)
    postbox = Postbox(to_letter="451 later")
    async with mail_server(postbox) as server:
        custody = replace(world.custody, mail=server)
        await delivering.deliver(custody, house.tenant)
        waiting = await delivery(dpo, message)
        assert (waiting["state"], waiting["outcome"], waiting["attempts"]) == ("waiting", "smtp-451", 1)
        async with tenant_scope(house.tenant):
            assert not await delivering.is_due(house.tenant, world.now())
            assert await delivering.is_due(house.tenant, world.now() + timedelta(seconds=6))
        postbox.to_letter = "554 no"
        async with world.later(timedelta(seconds=6)):
            await delivering.deliver(custody, house.tenant)
    ended = await delivery(dpo, message)
    assert (ended["state"], ended["outcome"], ended["next_at"]) == ("given_up", "smtp-554", None)
    assert [event["details"]["outcome"] for event in await logged(house, "message.undelivered")] == ["smtp-554"]


async def test_a_letter_of_which_nobody_knows_is_sent_again_under_the_same_id(world: World, house: House) -> None:
    await told(world, house)
    postbox = Postbox(breaks_off=True)
    async with mail_server(postbox) as server:
        custody = replace(world.custody, mail=server)
        await delivering.deliver(custody, house.tenant)
        postbox.breaks_off = False
        async with world.later(timedelta(seconds=6)):
            await delivering.deliver(custody, house.tenant)
    assert len(postbox.letters) == 2
    assert len({each["message-id"] for each in postbox.letters}) == 1


@pytest.mark.parametrize("topic", list(Topic))
def test_every_topic_has_its_words_in_every_language(topic: Topic) -> None:
    assert len(set(TOPICS[topic])) == len(LANGUAGES)
    for language in LANGUAGES:
        message = uuid4()
        assert str(message) in letter(topic, language, object_id=None, message=message)


def test_a_controller_is_written_to_in_its_first_language_that_the_vault_speaks() -> None:
    assert spoken(("sv", "fi")) == "sv"
    assert spoken(("se", "fi")) == "fi"
    assert spoken(("se",)) == "en"
