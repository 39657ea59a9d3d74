"""A chat that cannot be sent stands in no other's way."""

from typing import Any

import pytest

from tests.disclosure.test_transcript_email import a_chat, asked, chat_system, stands
from tests.telling.mailing import Postbox, configured, mail_server
from tests.world import World
from vault.disclosure import transcript_sending
from vault.errors import Altered


async def test_a_chat_that_does_not_open_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house = await world.house("valtiokonttori")
    machine, broken, sound = await chat_system(house), await a_chat(house), await a_chat(house)
    opened = transcript_sending._chat

    async def chat(custody: Any, kept: Any) -> str:
        if kept.recording.id == broken:
            raise Altered("It is not what was stored.")
        return await opened(custody, kept)

    monkeypatch.setattr(transcript_sending, "_chat", chat)
    postbox = Postbox()
    async with mail_server(postbox) as server:
        with configured(world, server):
            for recording in (broken, sound):
                assert (await asked(machine, recording)).status_code == 202
            assert not await transcript_sending.send(world.custody, house.tenant)
    assert (await stands(house, broken))["state"] == "waiting"
    assert (await stands(house, sound))["state"] == "sent"
    assert len(postbox.letters) == 1
