"""An administrator's webhook gets what is told, signed, again and again until it takes it or is given up."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.telling.mailing import certificate
from tests.telling.receiving import Receiver, receiver
from tests.world import House, World
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.telling import delivering
from vault.telling.posting import post
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic
from vault.telling.webhooks import MOST_WEBHOOKS

PUBLIC = "https://hooks.example/vault"


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.fixture
def custody(world: World) -> Custody:
    """The vault's parts, with receivers beside it allowed."""
    return replace(world.custody, webhooks_to_private=True)


@pytest.fixture
async def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    trusted, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with receiver(context) as made:
        yield made


async def registered(house: House, there: Receiver, *topics: str) -> str:
    """The id of a webhook that leads to the receiver: registered by its public name, which is then moved inside."""
    body = {"url": PUBLIC, "topics": list(topics)}
    answer = await house.administrator.post("/v1/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    there.secret = answer.json()["secret"]
    return str(answer.json()["webhook"]["id"])


@pytest.fixture(autouse=True)
def leading_there(there: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was registered under a public name leads to the receiver, since the internet is not part of a test."""

    async def lead(url: str, *arguments: Any, **named: Any) -> Any:
        assert url == PUBLIC
        return await post(there.url, *arguments, **named)

    monkeypatch.setattr(delivering, "post", lead)


async def told(world: World, house: House, topic: Topic = Topic.DISCLOSURE_REQUESTED, **details: Any) -> UUID:
    async with tenant_scope(house.tenant):
        message = await tell(house.tenant, topic, uuid4(), audience=Audience.DPO, now=world.now(), details=details)
    assert message is not None
    return message


async def stands(house: House, webhook: str) -> dict[str, Any]:
    found: dict[str, Any] = (await house.administrator.get(f"/v1/webhooks/{webhook}")).json()
    return found


async def test_what_is_told_is_posted_thin_and_signed(
    world: World, house: House, custody: Custody, there: Receiver
) -> None:
    webhook = await registered(house, there)
    message = await told(world, house, kind="authority", count=3)
    await delivering.deliver(custody, house.tenant)
    await delivering.deliver(custody, house.tenant)
    said = there.verified()
    assert said["type"] == "disclosure.requested"
    assert said["timestamp"].endswith("Z")
    assert said["data"].keys() == {"id", "controller", "object", "kind", "count"}
    assert len(there.requests) == 1
    assert there.requests[0][0]["webhook-id"] == str(message) == said["data"]["id"]
    (last,) = (await stands(house, webhook))["deliveries"]
    assert (last["state"], last["outcome"], last["attempts"]) == ("delivered", "http-204", 1)


async def test_only_what_was_asked_for_is_posted(world: World, house: House, custody: Custody, there: Receiver) -> None:
    await registered(house, there, "duty.overdue")
    await told(world, house)
    await told(world, house, Topic.DUTY_OVERDUE)
    await delivering.deliver(custody, house.tenant)
    assert [body["type"] for body in there.bodies] == ["duty.overdue"]


async def test_what_is_not_taken_comes_again_by_the_standards_schedule_under_one_id(
    world: World, house: House, custody: Custody, there: Receiver
) -> None:
    webhook = await registered(house, there)
    await told(world, house)
    there.status = 500
    waits = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    passed = timedelta()
    for wait in waits:
        async with world.later(passed):
            await delivering.deliver(custody, house.tenant)
            (last,) = (await stands(house, webhook))["deliveries"]
            async with tenant_scope(house.tenant):
                row = (
                    await DB.fetch(
                        "SELECT next_at - tried_at AS wait FROM message_delivery WHERE webhook_id = $1", UUID(webhook)
                    )
                )[0]
            assert timedelta(seconds=wait) <= row["wait"] <= timedelta(seconds=wait * 1.1)
            assert not (await stands(house, webhook))["disabled_at"]
        passed += row["wait"] + timedelta(seconds=1)
    async with world.later(passed):
        await delivering.deliver(custody, house.tenant)
    ended = await stands(house, webhook)
    (last,) = ended["deliveries"]
    assert (last["state"], last["attempts"], last["outcome"]) == ("given_up", 10, "http-500")
    assert ended["disabled_for"] == "failing"
    assert len({headers["webhook-id"] for headers, _ in there.requests}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in there.requests}) == 10
    messages = (await house.administrator.get("/v1/messages", params={"topic": "webhook.disabled"})).json()["items"]
    assert [(one["object_id"], one["details"]) for one in messages] == [(webhook, {"for": "failing"})]


async def test_one_that_takes_other_messages_is_not_given_up(
    world: World, house: House, custody: Custody, there: Receiver
) -> None:
    webhook = await registered(house, there)
    await told(world, house)
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE message_delivery SET attempts = 9 WHERE webhook_id = $1", UUID(webhook))
    await told(world, house)
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "UPDATE message_delivery SET next_at = next_at + interval '1 hour' WHERE webhook_id = $1 AND attempts = 9",
            UUID(webhook),
        )
    await delivering.deliver(custody, house.tenant)
    there.status = 500
    async with world.later(timedelta(hours=2)):
        await delivering.deliver(custody, house.tenant)
    assert (await stands(house, webhook))["disabled_at"] is None
    assert len(await logged(house, "message.undelivered")) == 1


async def test_patience_that_is_asked_for_is_longer_than_the_schedules(
    world: World, house: House, custody: Custody, there: Receiver
) -> None:
    await registered(house, there)
    await told(world, house)
    there.status, there.headers = 429, {"retry-after": "3600"}
    await delivering.deliver(custody, house.tenant)
    async with tenant_scope(house.tenant):
        assert not await delivering.is_due(house.tenant, world.now() + timedelta(minutes=59))
        assert await delivering.is_due(house.tenant, world.now() + timedelta(minutes=61))


async def test_one_that_is_gone_is_left_alone_until_it_is_enabled(
    world: World, house: House, custody: Custody, there: Receiver
) -> None:
    webhook = await registered(house, there)
    await told(world, house)
    await told(world, house)
    there.status = 410
    await delivering.deliver(custody, house.tenant)
    await told(world, house)
    await delivering.deliver(custody, house.tenant)
    gone = await stands(house, webhook)
    assert gone["disabled_for"] == "gone"
    assert {each["state"] for each in gone["deliveries"]} <= {"given_up", "dropped"}
    assert len(there.requests) <= 2
    asked, there.status = len(there.requests), 200
    enabled = (await house.administrator.post(f"/v1/webhooks/{webhook}/enabling")).json()
    assert enabled["disabled_at"] is None
    await told(world, house)
    await delivering.deliver(custody, house.tenant)
    assert len(there.requests) == asked + 1
    assert len(await logged(house, "webhook.disabled")) == 1
    assert len(await logged(house, "webhook.enabled")) == 1


async def test_a_receiver_that_is_away_is_tried_again(
    world: World, house: House, custody: Custody, there: Receiver
) -> None:
    webhook = await registered(house, there)
    await told(world, house)
    port, there.url = there.url, "https://localhost:1/"
    await delivering.deliver(custody, house.tenant)
    (last,) = (await stands(house, webhook))["deliveries"]
    assert (last["state"], last["outcome"]) == ("waiting", "unreachable")
    there.url = port
    async with world.later(timedelta(seconds=6)):
        await delivering.deliver(custody, house.tenant)
    assert len(there.requests) == 1


async def test_a_worker_killed_after_posting_posts_again_under_the_same_id(
    world: World, house: House, custody: Custody, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    async def dies(*_: object) -> None:
        raise Killed

    await registered(house, there)
    message = await told(world, house)
    async with tenant_scope(house.tenant):
        await DB.fetch("DELETE FROM message_delivery WHERE channel = 'email' AND message_id = $1", message)
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_note", dies)
        with pytest.raises(Killed):
            await delivering.deliver(custody, house.tenant)
    await delivering.deliver(custody, house.tenant)
    await delivering.deliver(custody, house.tenant)
    assert [headers["webhook-id"] for headers, _ in there.requests] == [str(message)] * 2


async def test_a_test_goes_to_that_webhook_alone_and_once(
    world: World, house: House, custody: Custody, there: Receiver
) -> None:
    webhook = await registered(house, there, "duty.overdue")
    await registered(house, Receiver())
    there.status = 500
    tested = await house.administrator.post(f"/v1/webhooks/{webhook}/test")
    assert tested.status_code == 202
    await delivering.deliver(custody, house.tenant)
    async with world.later(timedelta(days=1)):
        await delivering.deliver(custody, house.tenant)
    (body,) = there.bodies
    assert (body["type"], body["data"]["object"]) == ("webhook.tested", webhook)
    (last,) = (await stands(house, webhook))["deliveries"]
    assert (last["message_id"], last["state"]) == (tested.json()["message_id"], "given_up")
    assert (await stands(house, webhook))["disabled_at"] is None
    assert (await house.administrator.get("/v1/messages")).json()["items"] == []


async def test_two_secrets_sign_for_a_day_and_then_the_new_one_alone(
    world: World, house: House, custody: Custody, there: Receiver
) -> None:
    webhook = await registered(house, there)
    before = there.secret
    renewed = (await house.administrator.post(f"/v1/webhooks/{webhook}/secret")).json()["secret"]
    assert renewed != before
    await told(world, house)
    await delivering.deliver(custody, house.tenant)
    for there.secret in (before, renewed):
        assert there.verified()
    async with world.later(timedelta(hours=25)):
        await told(world, house)
        await delivering.deliver(custody, house.tenant)
    assert len(there.requests[-1][0]["webhook-signature"].split(" ")) == 1


async def test_a_secret_is_shown_once_and_neither_it_nor_the_address_lies_in_clear(
    world: World, house: House, there: Receiver
) -> None:
    webhook = await registered(house, there)
    assert there.secret.startswith("whsec_")
    for answer in (
        await house.administrator.get("/v1/webhooks"),
        await house.administrator.get(f"/v1/webhooks/{webhook}"),
    ):
        assert PUBLIC in answer.text
        assert there.secret not in answer.text
    async with tenant_scope(house.tenant):
        (row,) = await DB.fetch("SELECT * FROM webhook")
    assert b"hooks.example" not in row["sealed"]
    assert there.secret.encode() not in row["sealed"]


async def test_what_is_ended_gets_nothing_more(world: World, house: House, custody: Custody, there: Receiver) -> None:
    webhook = await registered(house, there)
    await told(world, house)
    assert (await house.administrator.delete(f"/v1/webhooks/{webhook}")).status_code == 204
    await told(world, house)
    await delivering.deliver(custody, house.tenant)
    assert not there.requests
    assert (await house.administrator.get(f"/v1/webhooks/{webhook}")).status_code == 404
    assert [event["act"] for event in await logged(house, "webhook.ended")] == ["webhook.ended"]


async def test_only_an_administrator_has_webhooks(world: World, house: House, there: Receiver) -> None:
    webhook = await registered(house, there)
    for role in (Role.DPO, Role.SUPERVISOR):
        person = await house.person(role)
        assert (await person.get("/v1/webhooks")).status_code == 403
        assert (await person.post("/v1/webhooks", json={"url": PUBLIC})).status_code == 403
    stranger = (await world.house("prh")).administrator
    assert (await stranger.get("/v1/webhooks")).json() == []
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/secret"), ("POST", "/enabling"), ("POST", "/test")):
        assert (await stranger.request(method, f"/v1/webhooks/{webhook}{path}")).status_code == 404


async def test_what_cannot_be_posted_to_is_refused_by_name(house: House) -> None:
    for url in ("http://hooks.example/", "https://10.0.0.1/", "https://localhost.:x/"):
        refused = await house.administrator.post("/v1/webhooks", json={"url": url})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "url"
    assert (await house.administrator.post("/v1/webhooks", json={"url": PUBLIC, "topics": ["all"]})).status_code in (
        400,
        422,
    )


async def test_there_are_only_so_many(house: House) -> None:
    for _ in range(MOST_WEBHOOKS):
        assert (await house.administrator.post("/v1/webhooks", json={"url": PUBLIC})).status_code == 201
    assert (await house.administrator.post("/v1/webhooks", json={"url": PUBLIC})).status_code == 409
