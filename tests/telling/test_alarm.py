"""An emergency that nobody confirmed is an alarm everywhere: in the console, by e-mail and by signed webhook."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.disclosure.asking import Desk, authority, desk
from tests.telling.mailing import Postbox, certificate, mail_server
from tests.telling.receiving import Receiver, receiver
from tests.world import World
from vault.telling import delivering
from vault.telling.posting import post
from vault.telling.topics import Topic
from vault.telling.words import said

PUBLIC = "https://hooks.example/vault"


async def test_an_emergency_without_its_second_person_is_told_in_the_console_by_mail_and_by_webhook(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = await desk(world)
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with receiver(context) as there, mail_server(postbox := Postbox()) as server:

        async def lead(_: str, *arguments: Any, **named: Any) -> Any:
            return await post(there.url, *arguments, **named)

        monkeypatch.setattr(delivering, "post", lead)
        topic = Topic.DISCLOSURE_UNCONFIRMED
        hook = await at.administrator.post("/v1/webhooks", json={"url": PUBLIC, "topics": [topic]})
        asked = await unconfirmed(at)
        custody = replace(world.custody, mail=server, webhooks_to_private=True)
        async with world.later(timedelta(hours=25)):
            await at.work()
            (message,) = await shown(at, topic)
            await delivering.deliver(custody, at.house.tenant)
    assert message["object_id"] == asked
    letters = [letter for letter in postbox.letters if letter["subject"] == said(topic, "fi")]
    assert len(letters) == 2, "one to the administrators and one to the DPO"
    (body,) = there.bodies
    assert (body["type"], body["data"]["object"]) == (topic, asked)
    assert is_signed(there, hook.json()["secret"])


async def unconfirmed(at: Desk) -> str:
    """What an administrator alone let go, in an emergency."""
    organisation = await at.organisation("authority", "demo-act-1")
    asked = await at.asked(**authority(organisation, await at.recording(), urgent=True))
    assert (await at.decide(at.administrator, asked["id"], urgent=True)).status_code == 200
    return str(asked["id"])


async def shown(at: Desk, topic: Topic) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await at.dpo.get("/v1/messages", params={"topic": topic})).json()["items"]
    return found


def is_signed(there: Receiver, secret: str) -> bool:
    """Whether the secret signed it at the moment that it names, which to a library is another day than today."""
    ((headers, body),) = there.requests
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    return Webhook(secret).sign(headers["webhook-id"], at, body.decode()) in headers["webhook-signature"].split()
