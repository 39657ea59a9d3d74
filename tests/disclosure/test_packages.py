"""What was approved is handed over to whom it was approved for, sealed to their key, as often as was approved."""

import asyncio
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pyrage
import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.destruction.aside import bucket_of
from tests.disclosure.asking import REASON, Desk, authority, desk
from tests.disclosure.handing import Hand, copy_for_subject
from tests.packages.certified import Holder, ec_key, holder, rsa_key
from tests.packages.test_cms import opened as opened_cms
from tests.world import As, World, wav
from vault.custody.database import DB, tenant_scope
from vault.custody.objects import PartedUpload
from vault.disclosure import fetching, packing, removing
from vault.disclosure.fetching import RESUMED_FOR
from vault.disclosure.packing import object_key


@pytest.fixture
async def at(world: World) -> Desk:
    return await desk(world)


@pytest.fixture
async def hand(at: Desk) -> Hand:
    """A data subject's copy of one call, looked through and not decided."""
    return await copy_for_subject(at, await at.recording())


async def test_a_copy_goes_from_its_request_to_who_asked_for_it(at: Desk, hand: Hand) -> None:
    subject = await hand.person(_address())
    assert (await hand.seal()).status_code == 200
    await at.approve(hand.id)
    package = await hand.pack()
    assert (package["state"], package["recordings"], package["key"]) == ("ready", 1, hand.age_key)
    sealed = await hand.fetch(subject, package["id"])
    assert hashlib.sha256(sealed).hexdigest() == package["sha256"]
    with zipfile.ZipFile(io.BytesIO(hand.opened(sealed))) as opened:
        assert opened.testzip() is None
        assert {"README.txt", "cover.pdf", "custody.json", "manifest.json"} < set(opened.namelist())
    after = await hand.received()
    (fetch,) = after["fetches"]
    assert (after["state"], fetch["member_id"], fetch["sent"]) == ("received", str(subject.id), len(sealed))
    (receipt,) = [event for event in await logged(at.house, "package.fetched") if event["object"] == hand.id]
    assert (receipt["actor"], receipt["details"]["bytes"]) == (str(subject.id), len(sealed))


async def test_nothing_is_packed_before_there_is_a_person_and_a_key(at: Desk, hand: Hand) -> None:
    await at.approve(hand.id)
    await hand.work()
    assert (await hand.package()).status_code == 404
    await hand.seal()
    await hand.work()
    assert (await hand.package()).status_code == 404


async def test_who_is_named_after_the_approval_is_confirmed_by_a_second_person(at: Desk, hand: Hand) -> None:
    await at.approve(hand.id)
    await hand.seal()
    late = await hand.person(_address())
    await hand.work()
    assert (await hand.package()).status_code == 404, "one person alone had it packed for whom they like"
    assert (await hand.package(late)).status_code == 404
    url = hand.url(f"/recipients/{late.id}/confirmation")
    assert (await at.dpo.post(url)).status_code == 403, "the same person confirmed it"
    assert (await at.supervisor.post(url)).status_code == 403
    assert (await late.post(url)).status_code == 403
    assert (await at.administrator.post(url)).status_code == 200
    package = await hand.pack()
    assert hand.opened(await hand.fetch(late, package["id"]))


async def test_who_was_taken_off_and_named_again_needs_that_too(at: Desk, hand: Hand) -> None:
    subject = await hand.person(_address())
    await at.approve(hand.id)
    assert (await at.dpo.delete(hand.url(f"/recipients/{subject.id}"))).status_code == 204
    (named,) = (await hand.name(member_id=str(subject.id))).json()["recipients"]
    assert not named["may_receive"]


async def test_a_second_fetch_is_refused(at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    await hand.fetch(subject, package["id"])
    await hand.received()
    again = await hand.begin(subject, package["id"])
    assert again.status_code == 409, again.text
    await hand.sweep()
    assert (await hand.begin(subject, package["id"])).status_code == 410


async def test_a_complete_fetch_gives_nothing_more(world: World, at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    fetch = (await hand.begin(subject, package["id"])).json()["id"]
    assert (await hand.content(subject, fetch)).status_code == 200
    await hand.received()
    assert (await hand.content(subject, fetch)).status_code == 410
    assert (await hand.content(subject, fetch, range="bytes=0-9")).status_code == 410
    async with world.later(RESUMED_FOR):
        assert (await hand.content(subject, fetch, range="bytes=1-9")).status_code == 410


async def test_the_rest_of_a_download_whose_last_bytes_never_arrived_is_sent_again(at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    fetch = (await hand.begin(subject, package["id"])).json()["id"]
    whole = (await hand.content(subject, fetch)).content
    await hand.received()
    rest = await hand.content(subject, fetch, range="bytes=100-")
    assert (rest.status_code, rest.content) == (206, whole[100:])
    assert await hand.until(partial(_was_sent, 2 * package["size"] - 100))
    assert len([each for each in await logged(at.house, "package.fetched") if each["object"] == hand.id]) == 1


async def test_a_download_that_is_hung_up_on_is_resumed(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "NOTED", 100_000)
    hand = await copy_for_subject(at, await at.recording(content=wav(30.0)))
    subject, package = await _packed(at, hand)
    fetch, have = (await hand.begin(subject, package["id"])).json()["id"], b""
    headers = {"authorization": f"Bearer {subject.token}"}
    stops = [package["size"] // 3, 2 * package["size"] // 3]
    while len(have) < package["size"]:
        resumed = {"range": f"bytes={len(have)}-"} if have else {}
        async with subject.client.stream("GET", f"/v1/fetches/{fetch}/content", headers=headers | resumed) as answer:
            assert answer.status_code in (200, 206), await answer.aread()
            async for piece in answer.aiter_bytes():
                have += piece
                if stops and len(have) >= stops[0]:
                    del stops[0]
                    break
    assert hashlib.sha256(have).hexdigest() == package["sha256"]
    assert (await hand.received())["state"] == "received"


async def test_it_is_fetched_as_often_as_was_approved(at: Desk) -> None:
    hand = await copy_for_subject(at, await at.recording(), fetches=2)
    subject, package = await _packed(at, hand)
    first = await hand.fetch(subject, package["id"])
    await hand.received()
    assert await hand.fetch(subject, package["id"]) == first
    await hand.received(times=2)
    assert (await hand.begin(subject, package["id"])).status_code == 409


async def test_a_download_that_breaks_off_is_resumed_and_counts_once(at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    fetch = (await hand.begin(subject, package["id"])).json()["id"]
    begin = await hand.content(subject, fetch, range="bytes=0-999")
    assert (begin.status_code, begin.headers["content-range"]) == (206, f"bytes 0-999/{package['size']}")
    assert (await hand.begin(subject, package["id"])).json()["id"] == fetch, "it began a second one"
    etag = begin.headers["etag"]
    rest = await hand.content(subject, fetch, range="bytes=1000-", **{"if-range": etag})
    assert rest.status_code == 206
    whole = begin.content + rest.content
    assert hashlib.sha256(whole).hexdigest() == package["sha256"]
    assert (await hand.received())["fetches"][0]["sent"] == package["size"]


async def test_a_fetch_that_skips_a_byte_is_no_receipt(at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    fetch = (await hand.begin(subject, package["id"])).json()["id"]
    await hand.content(subject, fetch, range="bytes=0-499")
    await hand.content(subject, fetch, range="bytes=501-")
    await hand.until(lambda seen: seen["fetches"][0]["sent"] == package["size"] - 1)
    assert (await hand.package()).json()["state"] == "ready"
    await hand.content(subject, fetch, range="bytes=500-500")
    assert (await hand.received())["state"] == "received"


async def test_one_fetch_is_not_as_many_copies_as_one_likes(at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    fetch = (await hand.begin(subject, package["id"])).json()["id"]
    but_the_last = {"range": f"bytes=0-{package['size'] - 2}"}
    sent = 0
    for _ in range(4):
        if (await hand.content(subject, fetch, **but_the_last)).status_code != 206:
            break
        sent += package["size"] - 1
        await hand.until(partial(_was_sent, sent))
    assert (await hand.content(subject, fetch, **but_the_last)).status_code == 410
    assert (await hand.begin(subject, package["id"])).status_code == 409


async def test_after_its_date_it_is_gone_and_nothing_is_held(world: World, at: Desk) -> None:
    recording = await at.recording()
    until = world.now() + timedelta(days=5)
    hand = await copy_for_subject(at, recording, give_until=until.isoformat())
    subject, package = await _packed(at, hand)
    assert await at.holds(recording)
    async with world.later(timedelta(days=5, minutes=1)):
        assert (await hand.begin(subject, package["id"])).status_code == 410
        await hand.sweep()
        assert (await at.see(hand.id))["state"] == "expired"
        await hand.work()
        assert not await at.holds(recording)
    assert await _stored(at, hand.id) == []


async def test_what_was_fetched_is_removed_and_nothing_is_held(at: Desk) -> None:
    recording = await at.recording()
    hand = await copy_for_subject(at, recording)
    subject, package = await _packed(at, hand)
    assert await _stored(at, hand.id)
    await hand.fetch(subject, package["id"])
    await hand.received()
    await hand.sweep()
    assert await _stored(at, hand.id) == []
    assert (await at.see(hand.id))["state"] == "fulfilled"
    await hand.work()
    assert not await at.holds(recording)


async def test_what_is_revoked_is_given_no_more(at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    fetch = (await hand.begin(subject, package["id"])).json()["id"]
    revoked = await at.administrator.post(hand.url("/revocation"), json={"reason": "It was a mistake."})
    assert revoked.status_code == 200, revoked.text
    assert (await hand.content(subject, fetch)).status_code == 410
    assert (await hand.begin(subject, package["id"])).status_code == 410
    await hand.sweep()
    assert await _stored(at, hand.id) == []


async def test_the_worker_is_called_when_a_file_is_to_go(world: World, at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    await hand.fetch(subject, package["id"])
    await hand.received()
    async with tenant_scope(at.house.tenant):
        assert not await removing.is_due(at.house.tenant, world.now())
        assert await removing.is_due(at.house.tenant, world.now() + RESUMED_FOR)
    await hand.sweep()
    async with tenant_scope(at.house.tenant):
        assert not await removing.is_due(at.house.tenant, world.now() + RESUMED_FOR)


async def test_an_agent_receives_a_copy_of_their_own_call(world: World) -> None:
    at = await desk(world, "valtiokonttori")
    agent = await at.house.member(Role.AGENT, agent_id="a-17")
    recording = await at.house.recording(contact={"agent_id": "a-17"})
    hand = await copy_for_subject(at, recording, agent_id="a-17")
    assert (await hand.name(member_id=str(agent.id))).status_code == 201
    await hand.seal()
    await at.approve(hand.id)
    package = await hand.pack()
    assert hand.opened(await hand.fetch(agent, package["id"]))


async def test_evidence_goes_to_a_person_of_the_controllers_own(world: World) -> None:
    at = await desk(world, "vertaislaina")
    terms = {"recordings": [str(await at.recording())], "purpose": "dispute"}
    hand = Hand(at, (await at.asked(kind="evidence", terms=terms, details={"reason": REASON}))["id"])
    assert (await hand.name(member_id=str(at.supervisor.id))).status_code == 201
    await hand.seal()
    await at.approve(hand.id)
    package = await hand.pack()
    assert (await hand.begin(at.dpo, package["id"])).status_code == 404
    with zipfile.ZipFile(io.BytesIO(hand.opened(await hand.fetch(at.supervisor, package["id"])))) as opened:
        chain = json.loads(opened.read("custody.json"))
    assert {"disclosure.requested", "disclosure.approved"} <= {event["act"] for event in chain["decided"]}


async def test_nobody_else_fetches_it(world: World, at: Desk, hand: Hand) -> None:
    subject, package = await _packed(at, hand)
    fetch = (await hand.begin(subject, package["id"])).json()["id"]
    other = await copy_for_subject(at, await at.recording())
    another = await other.person(_address())
    stranger = (await desk(world)).administrator
    for who in (at.dpo, at.administrator, at.supervisor, another, stranger):
        assert (await hand.begin(who, package["id"])).status_code == 404
        assert (await hand.content(who, fetch)).status_code == 404
    for who in (await at.house.machine(), await world.operator()):
        assert (await hand.begin(who, package["id"])).status_code == 403
        assert (await hand.content(who, fetch)).status_code == 403


async def test_a_recipient_sees_nothing_but_their_own_matter(at: Desk, hand: Hand) -> None:
    subject, _ = await _packed(at, hand)
    other = await copy_for_subject(at, await at.recording())
    for path in ("/package", "/seal"):
        assert (await subject.get(f"/v1/disclosures/{hand.id}{path}")).status_code == 200
        assert (await subject.get(f"/v1/disclosures/{other.id}{path}")).status_code == 404
    for path in (f"/v1/disclosures/{hand.id}/recipients", "/v1/members", "/v1/audit/events", "/v1/holds"):
        assert (await subject.get(path)).status_code == 403, path
    assert (await hand.name(subject, email=_address(), name="Demo Person")).status_code == 403


@pytest.mark.parametrize("key", [rsa_key(), ec_key()], ids=["rsa", "ec"])
async def test_it_is_sealed_to_a_certificate_too(at: Desk, hand: Hand, key: Any) -> None:
    whose = holder(key)
    subject = await hand.person(_address())
    sealed_to = (await hand.seal(certificate=whose.pem)).json()
    await at.approve(hand.id)
    package = await hand.pack()
    assert (package["sealing"], package["key"]) == ("cms", sealed_to["key"])
    plain = opened_cms(await hand.fetch(subject, package["id"]), whose)
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        assert archive.testzip() is None


async def test_an_organisations_registered_key_is_used_and_no_other(at: Desk) -> None:
    whose = holder(rsa_key())
    organisation = await at.organisation("authority", "demo-act-1")
    await _register(at, organisation, whose)
    hand = Hand(at, (await at.asked(**authority(organisation, await at.recording())))["id"])
    assert (await hand.seal()).status_code == 409
    found = (await at.dpo.get(hand.url("/seal"))).json()
    assert (found["registered"], found["sealing"]) == (True, "cms")
    refused = await hand.name(email=_address(), name="Demo Person")
    assert refused.status_code == 422, "somebody of elsewhere would receive what an authority asked for"
    assert (await hand.name(member_id=str(at.supervisor.id))).status_code == 422


async def test_a_key_that_is_made_for_a_recipient_is_shown_once(at: Desk, hand: Hand) -> None:
    made = await hand.seal(generate=True)
    assert made.headers["cache-control"] == "private, no-store"
    hand.identity = pyrage.x25519.Identity.from_str(made.json()["secret"])
    assert made.json()["key"] == hand.age_key
    assert (await at.dpo.get(hand.url("/seal"))).json()["secret"] is None
    subject = await hand.person(_address())
    await at.approve(hand.id)
    package = await hand.pack()
    assert hand.opened(await hand.fetch(subject, package["id"]))


async def test_a_recipient_names_their_own_key_until_it_is_packed(at: Desk, hand: Hand) -> None:
    subject = await hand.person(_address())
    assert (await hand.seal(subject, age_key=hand.age_key)).status_code == 404, "before anybody has approved it"
    await at.approve(hand.id)
    assert (await hand.seal(subject, age_key=hand.age_key)).status_code == 200
    await hand.pack()
    assert (await hand.seal(subject)).status_code == 409
    assert (await hand.seal()).status_code == 409


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"age_key": "age1nonsense"}, "age-recipient"),
        ({"certificate": "nonsense"}, "certificate"),
        ({"certificate": holder(rsa_key(1024)).pem}, "certificate-weak"),
        ({"certificate": holder(rsa_key(), until=timedelta(seconds=-1)).pem}, "certificate-expired"),
        ({"certificate": holder(rsa_key()).pem, "generate": True}, "either"),
        ({"generate": False}, "either"),
    ],
    ids=["age", "text", "weak", "expired", "both", "none"],
)
async def test_nothing_is_sealed_to_what_is_no_fit_key(hand: Hand, body: dict[str, Any], rule: str) -> None:
    refused = await hand.seal(**body)
    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, rule)


async def test_an_organisation_that_ended_gets_nothing_more(world: World, at: Desk) -> None:
    organisation = await at.organisation("authority", "demo-act-1")
    await _register(at, organisation, holder(rsa_key()))
    officer = await _officer(at, organisation)
    hand = Hand(at, (await at.asked(**authority(organisation, await at.recording())))["id"])
    assert (await hand.name(member_id=str(officer.id))).status_code == 201
    await at.approve(hand.id)
    package = await hand.pack()
    await at.end(organisation)
    refused = await hand.begin(officer, package["id"])
    assert refused.status_code == 403, refused.text
    assert (await at.see(hand.id))["state"] == "stopped"
    await hand.sweep()
    assert await _stored(at, hand.id) == []


async def test_what_nobody_confirmed_in_time_is_not_given(world: World, at: Desk) -> None:
    organisation = await at.organisation("authority", "demo-act-1")
    await _register(at, organisation, holder(rsa_key()))
    officer = await _officer(at, organisation)
    asked = await at.asked(**authority(organisation, await at.recording(), urgent=True))
    hand = Hand(at, asked["id"])
    assert (await hand.name(member_id=str(officer.id))).status_code == 201
    assert (await at.decide(at.administrator, hand.id, urgent=True)).status_code == 200
    package = await hand.pack()
    async with world.later(timedelta(hours=25)):
        assert (await hand.begin(officer, package["id"])).status_code == 409
        assert (await at.decide(at.dpo, hand.id)).status_code == 200
        assert (await hand.begin(officer, package["id"])).status_code == 201


async def test_what_was_begun_is_removed_when_it_comes_to_nothing(
    at: Desk, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hand.person(_address())
    await hand.seal()
    await at.approve(hand.id)

    # Killed when the file is in the store and its row is not written yet.
    async def killed(*_: Any) -> bool:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(packing, "_write_down", killed)
        with pytest.raises(asyncio.CancelledError):
            await hand.work()
    assert len(await _stored(at, hand.id)) == 1
    await at.administrator.post(hand.url("/revocation"), json={"reason": "It was a mistake."})
    await hand.sweep()
    assert await _stored(at, hand.id) == []
    assert await _making(at) == 0


async def test_whoever_is_killed_while_packing_is_followed_by_the_next(
    at: Desk, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = await hand.person(_address())
    await hand.seal()
    await at.approve(hand.id)

    async def killed(*_: Any) -> str:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(PartedUpload, "complete", killed)
        patch.setattr(PartedUpload, "abort", killed)
        with pytest.raises(asyncio.CancelledError):
            await hand.work()
    package = await hand.pack()
    assert len(await _stored(at, hand.id)) == 1
    assert await _unfinished(at) == 0
    assert await _making(at) == 0
    assert hand.opened(await hand.fetch(subject, package["id"]))


async def test_a_key_named_while_it_is_packed_is_the_one_it_is_sealed_to(
    at: Desk, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = await hand.person(_address())
    await hand.seal(age_key=str(pyrage.x25519.Identity.generate().to_public()))
    await at.approve(hand.id)
    make = packing._make

    async def slowly(*arguments: Any) -> Any:
        made = await make(*arguments)
        assert (await hand.seal()).status_code == 200
        return made

    with monkeypatch.context() as patch:
        patch.setattr(packing, "_make", slowly)
        assert not await hand.work()
    package = await hand.pack()
    assert hand.opened(await hand.fetch(subject, package["id"]))


def _was_sent(size: int, seen: dict[str, Any]) -> bool:
    return bool(seen["fetches"][0]["sent"] == size)


async def test_what_is_restricted_while_it_is_packed_is_not_given(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    organisation, recording = await at.organisation("authority", "demo-act-1"), await at.recording()
    await _register(at, organisation, holder(rsa_key()))
    officer = await _officer(at, organisation)
    hand = Hand(at, (await at.asked(**authority(organisation, recording)))["id"])
    await hand.name(member_id=str(officer.id))
    await at.approve(hand.id)
    make = packing._make

    async def slowly(*arguments: Any) -> Any:
        made = await make(*arguments)
        url = f"/v1/recordings/{recording}/restrictions"
        restricted = await at.dpo.post(url, json={"ground": "accuracy_contested"})
        assert restricted.status_code == 201, restricted.text
        return made

    with monkeypatch.context() as patch:
        patch.setattr(packing, "_make", slowly)
        await hand.work()
    assert (await at.see(hand.id))["state"] == "stopped"
    assert (await hand.package()).status_code == 404
    await hand.sweep()
    assert await _stored(at, hand.id) == []


async def _packed(at: Desk, hand: Hand) -> tuple[As, dict[str, Any]]:
    subject = await hand.person(_address())
    assert (await hand.seal()).status_code == 200
    await at.approve(hand.id)
    return subject, await hand.pack()


async def _register(at: Desk, organisation: UUID, whose: Holder) -> None:
    """The organisation's certificate; how it is registered is tested elsewhere."""
    async with tenant_scope(at.house.tenant):
        await DB.fetch("UPDATE organisation SET certificate = $2 WHERE id = $1", organisation, whose.pem)


async def _officer(at: Desk, organisation: UUID) -> As:
    """A named person of an organisation; how they are invited is tested elsewhere."""
    officer = await at.house.member(Role.RECIPIENT)
    async with tenant_scope(at.house.tenant):
        await DB.fetch(
            "INSERT INTO organisation_person (tenant_id, organisation_id, member_id, invited_by, invited_at)"
            " VALUES ($1, $2, $3, $4, $5)",
            *(at.house.tenant, organisation, officer.id, at.administrator.id, at.house.world.now()),
        )
    return officer


async def _stored(at: Desk, disclosure: str) -> list[str]:
    """Versions of the package's object in the store."""
    objects, bucket = at.house.world.custody.objects, await bucket_of(at.house)
    return [one.version_id async for one in objects.versions(bucket, object_key(UUID(disclosure)))]


async def _unfinished(at: Desk) -> int:
    objects, bucket = at.house.world.custody.objects, await bucket_of(at.house)
    return len(await objects.list_unfinished_uploads(bucket))


async def _making(at: Desk) -> int:
    async with tenant_scope(at.house.tenant):
        return int((await DB.fetch("SELECT count(*) FROM package_making"))[0][0])


def _address() -> str:
    return f"{uuid4().hex}@outside.example"
