"""What is told stands with the fact that it tells of, once, and says nothing of anybody."""

from uuid import uuid4

import pytest

from tests.builders import logged
from tests.world import House, World
from vault.custody.database import DB, tenant_scope
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


async def test_what_is_told_once_of_an_object_is_told_once(world: World, house: House) -> None:
    disclosure, now = uuid4(), world.now()
    async with tenant_scope(house.tenant):
        told = [
            await tell(
                house.tenant, Topic.DISCLOSURE_UNDECIDED, disclosure, audience=Audience.DPO, now=now, once="first"
            )
            for _ in range(2)
        ]
    assert (told[0] is not None, told[1]) == (True, None)
    assert [event["object"] for event in await logged(house, "message.told")] == [str(disclosure)]


async def test_both_mailboxes_are_written_to_where_both_are_meant(world: World, house: House) -> None:
    async with tenant_scope(house.tenant):
        message = await tell(
            house.tenant, Topic.DISCLOSURE_UNCONFIRMED, uuid4(), audience=Audience.BOTH, now=world.now()
        )
        rows = await DB.fetch("SELECT mailbox FROM message_delivery WHERE message_id = $1 ORDER BY mailbox", message)
    assert [row["mailbox"] for row in rows] == ["administrators", "dpo"]


@pytest.mark.parametrize("said", ["+358501234567", "Demo Person", "a sentence", "demo@person.example"])
async def test_words_that_are_no_slug_are_not_told(world: World, house: House, said: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        async with tenant_scope(house.tenant):
            await tell(
                house.tenant,
                Topic.GRANT_ENDED,
                uuid4(),
                audience=Audience.DPO,
                now=world.now(),
                details={"why": said},
            )
