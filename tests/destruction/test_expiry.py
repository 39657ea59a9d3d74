"""Every part goes on its own day: its key first, then its ciphertext, then its rows, and a certificate says so."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import access, chat, found, logged, talk
from tests.destruction.aside import Aside, bucket_of, kept, rows_of, stored
from tests.faults.fuse import Died, fused
from tests.world import House, World
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.custody.keys import KeyringError, KeyState, ShredKeyId
from vault.custody.objects import NotDeleted, ObjectsNotDeleted, ObjectsUnavailable, Version
from vault.destruction import expiry, striking
from vault.destruction.certificates import Certificate, Reason, checkpoint_of, verify_certificate
from vault.destruction.expiry import Expired, expire
from vault.destruction.failing import ALARM_AFTER, pause_after
from vault.destruction.journal import Opened

HOUR = timedelta(hours=1, minutes=5)
PAUSE = timedelta(minutes=1)
SEVEN_MONTHS = timedelta(days=215)
THIRTEEN_MONTHS = timedelta(days=400)
NUMBER = "+358501234567"


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def run(house: House, **parts: Any) -> Expired:
    """One run of expiry, at the vault's own time."""
    return await expire(replace(house.world.custody, **parts), house.tenant, house.world.now())


async def certificates(house: House) -> list[Certificate]:
    """The controller's certificates, newest first, each verified with the published key."""
    key = (await house.world.client.get("/v1/certificate-key")).content
    page = (await house.administrator.get("/v1/certificates")).json()
    files = [await house.administrator.get(f"/v1/certificates/{item['id']}") for item in page["items"]]
    return [verify_certificate(file.content, key) for file in files]


async def newest(house: House) -> dict[str, Any]:
    """The newest destruction, as the controller sees it."""
    answer = await house.administrator.get("/v1/destructions?limit=1")
    item: dict[str, Any] = answer.json()["items"][0]
    return item


async def test_audio_goes_on_its_day_while_the_contact_record_stays(world: World, house: House) -> None:
    recording = await house.recording()
    supervisor = await house.lasting(await house.person(Role.SUPERVISOR))
    assert await kept(house) == ["contact", "content", "peaks"]
    async with world.later(SEVEN_MONTHS):
        assert await run(house) == Expired(due=2, done=2)
        assert await kept(house) == ["contact"]
        assert await found(supervisor, number="050 123 4567") == [recording]
        body = {"purpose": "training", "reason": "The customer called again."}
        refused = await supervisor.post(f"/v1/recordings/{recording}/accesses", json=body)
        assert refused.status_code == 410
        assert refused.json()["destruction"] == (await newest(house))["id"]
    async with world.later(THIRTEEN_MONTHS):
        assert await run(house) == Expired(due=1, done=1)
        assert await kept(house) == []
        assert await found(supervisor, number="050 123 4567") == []


async def test_nothing_is_written_where_nothing_is_due(house: House) -> None:
    await house.recording()
    assert await run(house) == Expired()
    assert await rows_of(house, "destruction") == []


async def test_what_a_customer_told_the_chatbot_goes_after_an_hour_and_the_talk_stays(
    world: World, house: House
) -> None:
    await house.recording(talk("My reference is 1234567."), **chat(kind="chatbot"))
    before = await kept(house)
    async with world.later(HOUR):
        assert await run(house) == Expired(due=1, done=1)
    assert sorted([*await kept(house), "identifiers"]) == before
    assert (await certificates(house))[0].destroyed.tallies[0].part_class == "identifiers"


async def test_rows_keep_nothing_that_opens_or_finds_or_tells_what_was_said(world: World, house: House) -> None:
    recording = await house.recording()
    await access(await house.person(Role.SUPERVISOR), recording)
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
    for part in await rows_of(house, "part"):
        assert {part["wrapped_key"], part["prefix"], part["sealed"], part["promised_until"]} == {None}
    (row,) = await rows_of(house, "recording")
    assert row["duration_ms"] is None
    assert row["facts"].keys() == {"delivered_bytes"}
    assert datetime.fromisoformat(row["started_at"]).day == 1
    assert await rows_of(house, "blind_index") == await rows_of(house, "access") == []


async def test_the_certificate_says_what_was_destroyed_under_which_promise(world: World, house: House) -> None:
    for _ in range(3):
        await house.recording()
    async with world.later(SEVEN_MONTHS):
        await run(house)
    (certificate,) = await certificates(house)
    assert certificate.controller.slug == house.slug
    assert [(tally.kind, tally.part_class, tally.parts) for tally in certificate.destroyed.tallies] == [
        ("call", "content", 6)
    ]
    assert certificate.destroyed.recordings == 0
    assert [clause.id for clause in certificate.clauses] == ["retention_call"]
    assert len(certificate.method.shred_keys_destroyed) == certificate.verification.openings_refused == 1
    assert certificate.key_destroyed_at <= certificate.ciphertext_removed_at <= certificate.completed_at
    assert certificate.last_backup_copy_gone_at - certificate.completed_at > timedelta(days=34)
    assert NUMBER[4:] not in certificate.destroyed.merkle_root + str(certificate)


async def test_the_certificate_names_the_end_of_the_log_that_holds_its_event(world: World, house: House) -> None:
    await house.recording()
    async with world.later(SEVEN_MONTHS):
        await run(house)
    (certificate,) = await certificates(house)
    events = (await house.administrator.get(f"/v1/audit/events?after={certificate.log.seq - 1}&limit=1")).json()
    (event,) = events["items"]
    body = json.loads(event["body"])
    assert event["body"] == certificate.log.event
    proof = await house.administrator.get("/v1/audit/head")
    assert checkpoint_of(certificate.log).tree.size <= proof.json()["seq"]
    assert (body["act"], body["object"]) == ("retention.expired", str(certificate.id))
    assert body["details"]["merkle_root"] == certificate.destroyed.merkle_root


class Stubborn:
    """The real store, except that it keeps the objects whose keys end so."""

    def __init__(self, objects: Any, kept: Iterable[str]) -> None:
        self._objects = objects
        self._kept = tuple(kept)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    async def delete_versions(self, bucket: str, versions: Iterable[tuple[str, str]]) -> int:
        named = list(versions)
        let_go = [one for one in named if not one[0].endswith(self._kept)]
        deleted: int = await self._objects.delete_versions(bucket, let_go)
        if failures := [NotDeleted(*one, "AccessDenied") for one in named if one not in let_go]:
            raise ObjectsNotDeleted(failures)
        return deleted


async def test_what_the_store_will_not_give_up_is_counted_told_and_tried_again(world: World, house: House) -> None:
    stuck, gone = await house.recording(), await house.recording()
    stubborn = Stubborn(world.custody.objects, [f"{stuck}/content"])
    async with world.later(SEVEN_MONTHS):
        assert await run(house, objects=stubborn) == Expired(due=4, done=3, failed=1)
        assert await run(house, objects=stubborn) == Expired()  # not at once
    async with world.later(SEVEN_MONTHS + PAUSE):
        assert await run(house, objects=stubborn) == Expired(due=4, done=3, failed=1)
        told = await newest(house)
        assert (told["state"], told["due"], told["done"], told["failed"]) == ("started", 4, 3, 1)
        assert told["failures"] == {"AccessDenied": 1}
        assert await certificates(house) == []
        assert len(await logged(house, "retention.unfinished")) == 1
    async with world.later(SEVEN_MONTHS + 3 * PAUSE):
        assert await run(house) == Expired(due=4, done=4)
    (certificate,) = await certificates(house)
    assert certificate.destroyed.parts == 4
    told = await newest(house)
    assert (told["state"], told["due"], told["done"], told["failed"]) == ("completed", 4, 4, 0)
    assert gone != stuck


async def test_a_day_with_failures_holds_up_no_other_day(world: World, house: House) -> None:
    first = await house.recording()
    stubborn = Stubborn(world.custody.objects, [f"{first}/content"])
    async with world.later(SEVEN_MONTHS):
        assert await run(house, objects=stubborn) == Expired(due=2, done=1, failed=1)
        await house.recording(talk("My reference is 1234567."), **chat(kind="chatbot", started_at=world.now()))
        async with world.later(HOUR):
            assert await run(house, objects=stubborn) == Expired(due=3, done=2, failed=1)
            assert [certificate.destroyed.parts for certificate in await certificates(house)] == [1]
        async with world.later(HOUR + 3 * PAUSE):
            assert await run(house) == Expired(due=2, done=2)
            assert [certificate.destroyed.parts for certificate in await certificates(house)] == [1, 2]


async def test_a_store_that_is_away_fails_nothing_for_good(world: World, house: House) -> None:
    class Away:
        async def version_pages(self, *_: Any) -> AsyncIterator[list[Version]]:
            raise ObjectsUnavailable("The object store did not answer.")
            yield []

    await house.recording()
    async with world.later(SEVEN_MONTHS):
        assert await run(house, objects=Away()) == Expired(due=2, done=1, failed=1)
        assert (await newest(house))["failures"] == {"ObjectsUnavailable": 1}
        with pytest.raises(KeyringError):
            await _any_content_key(house)
    async with world.later(SEVEN_MONTHS + PAUSE):
        assert await run(house) == Expired(due=2, done=2)


def key_of(house: House, version: Version) -> ShredKeyId:
    """The key that an object is sealed under, by where it lies."""
    return ShredKeyId.parse(house.tenant, "/".join(version.key.split("/")[:2]))


async def _any_content_key(house: House) -> None:
    """Ask for the key of the controller's content as if its instant had not come."""
    part = next(row for row in await rows_of(house, "part") if row["part_class"] == "content")
    key_id = ShredKeyId.parse(house.tenant, part["shred_key_id"])
    assert key_id.bucket is not None
    house.world.custody.keyring.find(key_id, now=key_id.bucket - timedelta(days=1))


async def test_what_nobody_named_goes_too_and_is_counted(world: World, house: House) -> None:
    await house.recording()
    (content,) = await stored(house)
    part_class, bucket, recording, name = content.key.split("/")
    for key in (content.key, f"{content.key}-1", f"{part_class}/{bucket}.2/{recording}/{name}"):
        await world.custody.objects.put(await bucket_of(house), key, 5, b"stray")
    assert len(await stored(house)) == 4
    async with world.later(SEVEN_MONTHS):
        assert await run(house) == Expired(due=2, done=2)
    assert await kept(house) == ["contact"]
    (certificate,) = await certificates(house)
    assert (certificate.destroyed.parts, certificate.method.object_versions_removed) == (2, 4)


async def test_keys_without_parts_go_and_nothing_is_certified(world: World, house: House) -> None:
    recording = await house.recording()
    (content,) = await stored(house)
    async with tenant_scope(house.tenant):
        await DB.fetch("DELETE FROM part WHERE tenant_id = $1 AND recording_id = $2", house.tenant, recording)
    async with world.later(SEVEN_MONTHS):
        assert await run(house) == Expired()
    assert await stored(house) == []
    assert world.custody.keyring.state(key_of(house, content)) is KeyState.DESTROYED
    assert ((await newest(house))["state"], await certificates(house)) == ("completed", [])
    assert (await logged(house, "retention.expired"))[0]["details"] == {"parts": 0, "keys": 1}


async def test_what_a_hold_keeps_stays_and_goes_when_it_is_let_go(world: World, house: House) -> None:
    """The hold is put on the row as keeping does it; that a held part opens is tested there."""
    held, free = await house.recording(), await house.recording()
    await hold_key(house, held, "hold/contract." + held.hex)
    async with world.later(SEVEN_MONTHS):
        assert await run(house) == Expired(due=2, done=2)
        assert [version.key.split("/")[2] for version in await stored(house)] == [str(held)]
        await hold_key(house, held, None)
        assert await run(house) == Expired(due=2, done=2)
    assert await stored(house) == []
    assert {certificate.reason for certificate in await certificates(house)} == {Reason.EXPIRY}
    assert free != held


async def hold_key(house: House, recording: UUID, key_id: str | None) -> None:
    """Keep the recording's parts beyond their day, or keep them no more."""
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "UPDATE part SET hold_key_id = $3, hold_wrapped_key = $4 WHERE tenant_id = $1 AND recording_id = $2",
            house.tenant,
            recording,
            key_id,
            key_id and b"wrapped",
        )


async def test_a_part_whose_day_was_moved_goes_from_where_it_was_sealed(world: World, house: House) -> None:
    await house.recording()
    day = world.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    key = world.custody.keyring.shred_key(ShredKeyId(house.tenant, "content", day), now=world.now())
    async with tenant_scope(house.tenant):
        await DB.fetch(
            "UPDATE part SET destroy_at = $2, shred_key_id = $3 WHERE tenant_id = $1 AND part_class = 'content'",
            house.tenant,
            day,
            str(key.id),
        )
    async with world.later(timedelta(days=2)):
        assert await run(house) == Expired(due=2, done=2)
    assert await stored(house) == []


async def test_one_destruction_s_fault_is_no_other_s(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.recording()
    strike = striking.strike_all

    async def fails_once(custody: Custody, opened: Opened) -> None:
        monkeypatch.setattr(expiry, "strike_all", strike)
        raise ZeroDivisionError

    monkeypatch.setattr(expiry, "strike_all", fails_once)
    async with world.later(THIRTEEN_MONTHS):
        assert await run(house) == Expired(due=3, done=1, failed=2)
        assert [certificate.destroyed.tallies[0].part_class for certificate in await certificates(house)] == ["contact"]
    async with world.later(THIRTEEN_MONTHS + PAUSE):
        assert await run(house) == Expired(due=2, done=2)


async def test_what_fails_again_and_again_becomes_an_alarm(world: World, house: House) -> None:
    await house.recording()
    stubborn = Stubborn(world.custody.objects, ["/content"])
    passed = timedelta()
    for tries in range(1, ALARM_AFTER + 1):
        async with world.later(SEVEN_MONTHS + passed):
            assert not await logged(house, "retention.alarm")
            assert (await run(house, objects=stubborn)).failed == 1
        passed += pause_after(tries)
    (alarm,) = await logged(house, "retention.alarm")
    assert (alarm["details"]["failed"], alarm["details"]["failures"]) == (1, {"AccessDenied": 1})
    assert len(await logged(house, "retention.unfinished")) == 1


async def test_a_day_that_was_destroyed_before_is_noticed_when_a_backup_brings_it_back(
    world: World, house: House
) -> None:
    await house.recording()
    aside = await Aside.copy(house)
    async with world.later(SEVEN_MONTHS):
        await run(house)
        await aside.put_back()
        async with tenant_scope(house.tenant):
            await DB.fetch("UPDATE destruction SET record = '{}' WHERE tenant_id = $1", house.tenant)
        assert await run(house) == Expired(due=2, done=2)
    assert sorted(certificate.reason for certificate in await certificates(house)) == [Reason.EXPIRY, Reason.RESTORED]
    assert len(await logged(house, "restored.destroyed_again")) == 1
    assert await kept(house) == ["contact"]


async def test_killed_at_every_call_it_goes_on_to_one_whole_certificate(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(striking, "BATCH", 3)
    for _ in range(4):
        await house.recording()
    async with world.later(SEVEN_MONTHS):
        deaths, outcome = 0, None
        while outcome is None:
            try:
                outcome = await expire(fused(world.custody, deaths + 1), house.tenant, world.now())
            except Died:
                deaths += 1
    assert deaths > 5
    assert await kept(house) == ["contact"] * 4
    (certificate,) = await certificates(house)
    assert certificate.destroyed.parts == 8


async def test_two_workers_at_once_destroy_once_and_certify_once(world: World, house: House) -> None:
    for _ in range(3):
        await house.recording()
    async with world.later(SEVEN_MONTHS):
        await asyncio.gather(*(run(house) for _ in range(3)))
    (certificate,) = await certificates(house)
    assert certificate.destroyed.parts == 6
    assert len(await logged(house, "retention.expired")) == 1


@pytest.fixture
async def restored(world: World, house: House) -> AsyncIterator[UUID]:
    """A recording whose time was up, put back from a dump of the rows and a copy of the bucket."""
    recording = await house.recording()
    await house.lasting(await house.person(Role.SUPERVISOR))
    aside = await Aside.copy(house)
    async with world.later(THIRTEEN_MONTHS):
        await run(house)
    await aside.put_back()
    yield recording


async def test_put_back_from_a_backup_nothing_opens_even_if_the_clock_is_set_back(
    world: World, house: House, restored: UUID
) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    # The clock stands again where all of it was alive; only the keys are gone.
    assert await found(supervisor, number=NUMBER) == []
    body = {"purpose": "training", "reason": "The customer called again."}
    answer = await supervisor.post(f"/v1/recordings/{restored}/accesses", json=body)
    if answer.status_code == 201:
        answer = await supervisor.get(f"/v1/accesses/{answer.json()['id']}/content")
    assert answer.status_code >= 400
    with pytest.raises(KeyringError):
        await _any_content_key(house)


async def test_a_page_of_destructions_leads_to_the_next(world: World, house: House) -> None:
    await house.recording()
    for months in (7, 13):
        async with world.later(timedelta(days=31 * months)):
            await run(house)
    seen: list[str] = []
    query: dict[str, Any] | None = {"limit": 1}
    while query is not None:
        page = (await house.administrator.get("/v1/destructions", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        query = query | {"cursor": page["next"]} if page["next"] else None
    assert len(seen) == 2
    assert set(seen) == {row["id"] for row in await rows_of(house, "destruction")}
    assert (await house.administrator.get("/v1/destructions?cursor=x")).status_code == 422


async def test_other_people_see_neither_numbers_nor_certificates(world: World, house: House) -> None:
    await house.recording()
    async with world.later(SEVEN_MONTHS):
        await run(house)
    (certificate,) = await certificates(house)
    other = await world.house("prh")
    assert (await other.administrator.get(f"/v1/certificates/{certificate.id}")).status_code == 404
    operator = await world.operator()
    assert (await operator.get(f"/v1/certificates/{certificate.id}")).status_code == 404
    supervisor = await house.person(Role.SUPERVISOR)
    for url in ("/v1/destructions", "/v1/certificates", f"/v1/certificates/{certificate.id}"):
        assert (await supervisor.get(url)).status_code == 403
