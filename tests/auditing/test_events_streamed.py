"""A webhook follows the log: in order, each event at least once, from where it stopped, whoever is killed meanwhile."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tenants.vocabulary import Role
from tests.telling.mailing import certificate
from tests.telling.receiving import Receiver, receiver
from tests.world import House, World
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.telling import streaming
from vault.telling.posting import post

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

        async def lead(url: str, *arguments: Any, **named: Any) -> Any:
            assert url == PUBLIC
            return await post(made.url, *arguments, **named)

        monkeypatch.setattr(streaming, "post", lead)
        yield made


@pytest.fixture
async def webhook(house: House, there: Receiver) -> str:
    """The id of a webhook that leads to the receiver and hears of nothing but what is not told."""
    body = {"url": PUBLIC, "topics": ["webhook.tested"]}
    answer = await house.administrator.post("/v1/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    there.secret = answer.json()["secret"]
    return str(answer.json()["webhook"]["id"])


async def follow(house: House, webhook: str, after: int | None = None) -> Any:
    answer = await house.administrator.request("PUT", f"/v1/webhooks/{webhook}/log", json={"after": after})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def followed(house: House, webhook: str) -> Any:
    return (await house.administrator.get(f"/v1/webhooks/{webhook}/log")).json()


async def write(house: House, count: int = 1) -> None:
    async with tenant_scope(house.tenant):
        for _ in range(count):
            event = audit.Event(act="upload.swept", actor=None, object_id=uuid4())
            await audit.record(house.tenant, event, now=house.world.now())


async def due(house: House) -> bool:
    async with tenant_scope(house.tenant):
        return await streaming.is_due(house.tenant, house.world.now())


async def whole(house: House) -> list[dict[str, Any]]:
    async with tenant_scope(house.tenant):
        return await audit.page(house.tenant, after=0, limit=1000)


def brought(there: Receiver) -> list[int]:
    return [event["seq"] for body in there.bodies for event in body["data"]["events"]]


async def test_the_log_is_brought_whole_in_order_signed_and_as_it_was_written(
    house: House, custody: Custody, there: Receiver, webhook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "MOST_EVENTS", 2)
    await follow(house, webhook, after=0)
    await write(house, 5)
    assert await due(house)
    await streaming.stream(custody, house.tenant)
    log = await whole(house)
    assert brought(there) == [event["seq"] for event in log]
    assert [event for body in there.bodies for event in body["data"]["events"]] == log
    said = there.verified()
    assert (said["type"], said["data"]["controller"]) == ("audit.events", str(house.tenant))
    ids = [headers["webhook-id"] for headers, _ in there.requests]
    assert len(set(ids)) == len(ids) > 1
    assert not await due(house)
    assert (await followed(house, webhook))["through"] == len(log)


async def test_what_is_to_come_is_brought_where_nobody_says_from_where(
    house: House, custody: Custody, there: Receiver, webhook: str
) -> None:
    stood = (await follow(house, webhook))["through"]
    await write(house, 3)
    await streaming.stream(custody, house.tenant)
    assert brought(there) == [stood + 1, stood + 2, stood + 3, stood + 4]
    await streaming.stream(custody, house.tenant)
    assert len(there.requests) == 1, "what was posted makes no event"


async def test_a_batch_that_was_not_taken_comes_again_the_same_and_nothing_overtakes_it(
    world: World, house: House, custody: Custody, there: Receiver, webhook: str
) -> None:
    await follow(house, webhook)
    await write(house, 2)
    there.status = 500
    await streaming.stream(custody, house.tenant)
    await write(house, 5)
    await streaming.stream(custody, house.tenant)
    assert len(there.requests) == 1, "it has a time of its own"
    assert (await followed(house, webhook))["outcome"] == "http-500"
    there.status = 204
    async with world.later(timedelta(seconds=6)):
        assert await due(house)
        await streaming.stream(custody, house.tenant)
    first, again, rest = there.requests
    assert (first[0]["webhook-id"], first[1]) == (again[0]["webhook-id"], again[1])
    assert rest[0]["webhook-id"] != first[0]["webhook-id"]
    events = brought(there)
    assert events[3:] == list(range(events[0], events[-1] + 1))


async def test_whoever_dies_after_posting_posts_the_same_batch_again(
    house: House, custody: Custody, there: Receiver, webhook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follow(house, webhook)
    await write(house, 2)

    async def die(*_: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(streaming, "_note", die)
        with pytest.raises(KeyboardInterrupt):
            await streaming.stream(custody, house.tenant)
    await write(house, 2)
    await streaming.stream(custody, house.tenant)
    (before, body), (after, same), _ = there.requests
    assert (before["webhook-id"], body) == (after["webhook-id"], same)
    assert sorted(set(brought(there))) == list(range(brought(there)[0], brought(there)[-1] + 1))


async def test_a_webhook_that_is_gone_is_given_up_and_goes_on_from_there_when_it_is_enabled(
    house: House, custody: Custody, there: Receiver, webhook: str
) -> None:
    stood = (await follow(house, webhook))["through"]
    await write(house)
    there.status = 410
    await streaming.stream(custody, house.tenant)
    found = (await house.administrator.get(f"/v1/webhooks/{webhook}")).json()
    assert found["disabled_for"] == "gone"
    await write(house)
    assert not await due(house)
    await streaming.stream(custody, house.tenant)
    assert len(there.requests) == 1
    there.status = 204
    assert (await house.administrator.post(f"/v1/webhooks/{webhook}/enabling")).status_code == 200
    await streaming.stream(custody, house.tenant)
    assert brought(there)[-1] == len(await whole(house))
    assert sorted(set(brought(there))) == list(range(stood + 1, brought(there)[-1] + 1))


async def test_a_webhook_that_never_answers_is_given_up_after_the_whole_schedule(
    house: House, custody: Custody, there: Receiver, webhook: str
) -> None:
    await follow(house, webhook)
    await write(house)
    there.status = 503
    async with tenant_scope(house.tenant):
        await DB.fetch("UPDATE audit_stream SET attempts = 10 WHERE tenant_id = $1", house.tenant)
    await streaming.stream(custody, house.tenant)
    found = (await house.administrator.get(f"/v1/webhooks/{webhook}")).json()
    assert found["disabled_for"] == "failing"


async def test_a_long_event_ends_a_batch_and_a_key_that_has_gone_posts_nothing(
    house: House, custody: Custody, there: Receiver, webhook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "MOST_BYTES", 1)
    await follow(house, webhook)
    await write(house, 3)
    await streaming.stream(custody, house.tenant)
    assert [len(body["data"]["events"]) for body in there.bodies] == [1] * 4
    monkeypatch.setattr(streaming, "open_target", lambda *_, **__: None)
    await write(house)
    await streaming.stream(custody, house.tenant)
    assert len(there.requests) == 4
    assert (await followed(house, webhook))["outcome"] == "sealed"


async def test_it_is_followed_by_an_administrator_from_an_event_that_there_is_and_left_again(
    house: House, custody: Custody, there: Receiver, webhook: str
) -> None:
    url, dpo = f"/v1/webhooks/{webhook}/log", await house.person(Role.DPO)
    assert (await house.administrator.get(url)).status_code == 404
    assert (await house.administrator.delete(url)).status_code == 404
    assert (await dpo.request("PUT", url, json={})).status_code == 403
    assert (await house.administrator.request("PUT", url, json={"after": 10_000})).status_code == 422
    unknown = f"/v1/webhooks/{uuid4()}/log"
    assert (await house.administrator.request("PUT", unknown, json={})).status_code == 404
    await follow(house, webhook, after=0)
    assert (await house.administrator.delete(url)).status_code == 204
    await streaming.stream(custody, house.tenant)
    assert there.requests == []
    acts = [event["body"].split('"act":"')[1].split('"')[0] for event in await whole(house)]
    assert acts[-2:] == ["webhook.log_followed", "webhook.log_left"]


async def test_a_webhook_that_is_ended_follows_nothing_any_more(house: House, webhook: str) -> None:
    await follow(house, webhook, after=0)
    assert (await house.administrator.delete(f"/v1/webhooks/{webhook}")).status_code == 204
    async with tenant_scope(house.tenant):
        assert await DB.fetch("SELECT 1 FROM audit_stream WHERE tenant_id = $1", house.tenant) == []
