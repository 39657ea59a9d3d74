"""What somebody tries who wants more than was approved, sooner, for somebody else, or of another controller."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import chat, started_so_that_it_goes_tomorrow, talk
from tests.disclosure.asking import NUMBER, REASON, Desk, authority, desk
from tests.disclosure.given import PERMIT_LASTS, research, to_authority
from tests.disclosure.handing import Hand
from tests.grants.granted import company
from tests.keeping.holding import SEVEN_MONTHS, held, run, standing
from tests.organisations.registered import INSTITUTE, POLICE, person_of, register, second
from tests.world import World, wav
from vault.packages.opening import NotOpened, open_age
from vault.packages.verifying import PackageInvalid, verify

BASIS = POLICE["legal_bases"][0]


@pytest.fixture
async def at(world: World) -> Desk:
    made = await desk(world)
    await second(made.house)
    return made


async def test_nobody_goes_first_or_confirms_what_they_asked_for_in_an_emergency(at: Desk) -> None:
    organisation, recording = await at.organisation("authority", "demo-act-1"), await at.recording()
    another = await at.house.member(Role.DPO)
    own = await at.asked(at.administrator, **authority(organisation, recording, urgent=True))
    assert (await at.decide(at.administrator, own["id"], urgent=True)).status_code == 403
    asked = await at.asked(at.dpo, **authority(organisation, recording, urgent=True))
    assert (await at.decide(at.administrator, asked["id"], urgent=True)).status_code == 200
    assert (await at.decide(at.dpo, asked["id"])).status_code == 403
    assert (await at.see(asked["id"]))["confirmed_at"] is None
    assert (await at.decide(another, asked["id"])).json()["confirmed_at"] is not None


async def test_what_was_approved_is_widened_at_no_later_step(at: Desk) -> None:
    recording, left_out, foreign = await at.recording(), await at.recording(), await at.recording("+358507654321")
    organisation = await register(at.house)
    officer = await person_of(at.house, organisation)
    wanted = authority(organisation, recording, left_out, terms={"legal_basis": BASIS}, urgent=True)
    hand = Hand(at, (await at.asked(**wanted))["id"])
    assert (await hand.name(member_id=str(officer.id))).status_code == 201
    assert (await hand.seal()).status_code == 200
    assert (await at.change(hand.id, recording, limits={"excerpts": [[0, 500]]})).status_code == 200
    assert (await at.change(hand.id, left_out, included=False)).status_code == 200
    approved = (await at.decide(at.administrator, hand.id, urgent=True)).json()["scope"]

    async def tries(step: str) -> None:
        for who in (at.dpo, at.administrator, at.supervisor):
            for limits in ({}, {"excerpts": [[0, 1000]]}):
                assert (await at.change(hand.id, recording, who, limits=limits)).status_code in (403, 409), step
            assert (await at.change(hand.id, left_out, who, included=True)).status_code in (403, 409), step
            assert (await at.change(hand.id, foreign, who, included=True)).status_code in (403, 404, 409), step
        assert (await at.change(hand.id, recording, officer, limits={})).status_code in (403, 404), step
        scope = (await at.see(hand.id))["scope"]
        assert (scope["sha256"], scope["minutes"]) == (approved["sha256"], approved["minutes"]), step

    await tries("approved by one")
    assert (await at.decide(at.dpo, hand.id)).status_code == 200
    await tries("confirmed")
    package = await hand.pack()
    await tries("packed")
    plain = hand.opened(await hand.fetch(officer, package["id"]))
    await hand.received()
    await tries("received")
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        given = {name.rpartition("/")[2] for name in archive.namelist() if name.startswith("recordings/")}
    assert given == {"contact.json", "excerpt-01.wav", "recording.vcon"}


async def test_what_comes_in_after_the_request_is_not_given_with_it(at: Desk) -> None:
    asked_for = await at.recording()
    organisation = await register(at.house)
    wanted = authority(organisation, terms={"legal_basis": BASIS}, details={"numbers": [NUMBER]})
    hand = Hand(at, (await at.asked(**wanted))["id"])
    came_in = await at.recording()
    assert (await at.change(hand.id, came_in, included=True)).status_code == 404
    assert (await hand.name(member_id=str((await person_of(at.house, organisation)).id))).status_code == 201
    await hand.seal()
    await at.approve(hand.id)
    assert (await hand.pack())["recordings"] == 1
    assert [item["recording"] for item in (await at.see(hand.id))["scope"]["items"]] == [str(asked_for)]
    assert await at.holds(came_in) == []


async def test_another_controllers_ids_are_as_unknown_as_nobodys_wherever_they_are_named(
    world: World, at: Desk
) -> None:
    theirs = await desk(world)
    foreign_recording, foreign_member = await theirs.recording(), await theirs.house.member(Role.RECIPIENT)
    foreign_organisation = await register(theirs.house)
    foreign = await to_authority(theirs, foreign_recording)
    foreign_package = await foreign.hand.pack()
    ours = await to_authority(at, await at.recording())
    sister = await company(world, at)
    grant = await sister.grant(await at.recording())
    handler = await at.handler()

    async def answers(recording: UUID, member: UUID, organisation: UUID, package: str) -> list[tuple[int, str]]:
        """What each way to name an id is answered, without the ids themselves."""
        wanted = authority(organisation, terms={"legal_basis": BASIS}, details={"numbers": [NUMBER]})
        named = authority(ours_organisation, recording, terms={"legal_basis": BASIS})
        terms = {"recordings": [str(recording)], "purpose": "quality"}
        request = {"right": "access", "for": "data_subject", "channel": "letter", "received_on": today}
        tried = [
            await at.ask(**named),
            await at.ask(kind="evidence", terms=terms, details={"reason": REASON}),
            await at.ask(**wanted),
            await at.change(ours.id, recording, included=True),
            await at.dpo.get(ours.hand.url(f"/items/{recording}/listens")),
            await ours.hand.name(member_id=str(member)),
            await at.dpo.delete(ours.hand.url(f"/recipients/{member}")),
            await at.decide(at.dpo, ours.id, on_behalf_of=str(member)),
            await sister.hear(grant, recording),
            await ours.hand.begin(ours.recipient, package),
            await handler.post("/v1/subject-requests", json=request | {"said": {"recordings": [str(recording)]}}),
            await at.administrator.get(f"/v1/organisations/{organisation}"),
            await at.administrator.post(f"/v1/organisations/{organisation}/end"),
            await at.administrator.post("/v1/delegations", json=delegation | {"stand_in": str(member)}),
        ]
        unnamed = [str(each) for each in (recording, member, organisation, package)]
        return [(answer.status_code, _without(answer.text, unnamed)) for answer in tried]

    ours_organisation = UUID((await at.see(ours.id))["organisation"])
    today = str(world.today())
    delegation = {"ends_at": (world.now() + timedelta(days=1)).isoformat()}
    held_before = await theirs.holds(foreign_recording)
    named = await answers(foreign_recording, foreign_member.id, foreign_organisation, foreign_package["id"])
    nobodys = await answers(uuid4(), uuid4(), uuid4(), str(uuid4()))
    assert named == nobodys
    assert {status for status, _ in named} <= {403, 404, 409, 422}
    assert await theirs.holds(foreign_recording) == held_before
    chats = await theirs.house.recording(talk("Hello.", "Good day."), **chat())
    sent = [
        await at.administrator.post(
            f"/v1/recordings/{each}/transcript-email", json={"chosen_by": "customer", "address": "a@customer.example"}
        )
        for each in (chats, uuid4())
    ]
    assert sent[0].status_code == sent[1].status_code


async def test_a_permit_that_ends_before_the_decision_is_not_decided_on(world: World) -> None:
    at = await desk(world, "prh")
    organisation = await register(at.house, INSTITUTE)
    soon = {"permit_until": (world.now() + timedelta(days=3)).isoformat()}
    soon["duty_until"] = soon["permit_until"]
    wanted = research(organisation, await at.recording(), now=world.now(), terms=soon)
    first, last = [(await at.asked(**wanted))["id"] for _ in range(2)]
    assert (await at.decide(at.dpo, last)).status_code == 200
    assert timedelta(days=4) < PERMIT_LASTS
    async with world.later(timedelta(days=4)):
        for who, disclosure in ((at.dpo, first), (at.administrator, last)):
            refused = await at.decide(who, disclosure)
            assert (refused.status_code, refused.json()["rule"]) == (403, "permit-ended")


async def test_what_may_be_fetched_once_is_fetched_once_by_all_of_its_recipients(at: Desk) -> None:
    organisation = await register(at.house)
    officers = [await person_of(at.house, organisation) for _ in range(2)]
    wanted = authority(organisation, await at.recording(), terms={"legal_basis": BASIS})
    hand = Hand(at, (await at.asked(**wanted))["id"])
    for officer in officers:
        assert (await hand.name(member_id=str(officer.id))).status_code == 201
    await hand.seal()
    await at.approve(hand.id)
    package = await hand.pack()
    fetch = (await hand.begin(officers[0], package["id"])).json()["id"]
    assert (await hand.begin(officers[1], package["id"])).status_code == 409
    assert (await hand.content(officers[1], fetch)).status_code == 404
    assert (await hand.content(officers[0], fetch)).status_code == 200


async def test_a_package_that_was_fetched_and_altered_in_any_byte_is_refused(at: Desk) -> None:
    given = await to_authority(at, await at.house.recording(wav(0.2), contact={"customer_number": NUMBER}))
    sealed = await given.fetched()
    plain, key = given.hand.opened(sealed), (await given.recipient.get("/v1/certificate-key")).content
    assert str(verify([plain], key).disclosure) == given.id
    readings: list[tuple[bytes, Callable[[bytes], Iterable[bytes]]]] = [
        (plain, lambda altered: [altered]),
        (sealed, lambda altered: open_age(io.BytesIO(altered), str(given.hand.identity)).pieces),
    ]
    for whole, read in readings:
        for place in [*range(0, len(whole), len(whole) // 60), len(whole) - 1]:
            altered = bytearray(whole)
            altered[place] ^= 1 << place % 8
            with pytest.raises((PackageInvalid, NotOpened)):
                verify(read(bytes(altered)), key)


async def test_what_is_held_for_a_dispute_is_given_and_stays_held_and_nobody_is_told_why(at: Desk) -> None:
    recording = await at.recording()
    claim = await held(at.supervisor, recording)
    given = await to_authority(at, recording)
    assert {hold["reason"] for hold in await at.holds(recording)} == {"legal_claim", "disclosure"}
    plain = given.hand.opened(await given.fetched())
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        assert f"recordings/{recording}/original.wav" in archive.namelist()
        written = b"".join(archive.read(name) for name in archive.namelist())
    assert claim["id"].encode() not in written
    assert b"legal_claim" not in written
    await given.hand.sweep()
    await given.hand.work()
    assert [hold["id"] for hold in await at.holds(recording)] == [claim["id"]]


async def test_what_only_a_hold_keeps_beyond_its_day_is_given_to_its_data_subject_and_goes_when_that_ends(
    world: World,
) -> None:
    at = await desk(world, "prh")
    goes = started_so_that_it_goes_tomorrow(world.now(), months=6)
    recording = await at.recording(started_at=goes.isoformat())
    claim = await held(at.supervisor, recording)
    async with world.later(SEVEN_MONTHS):
        await run(at.house)
        hand = Hand(at, (await at.subjects(recording))["id"])
        await hand.review()
        released = await at.supervisor.post(f"/v1/holds/{claim['id']}/release")
        assert released.status_code == 200, released.text
        await run(at.house)
        assert "content" in await standing(at.house), "what is asked for went while it was decided"
        subject = await hand.person(f"{uuid4().hex}@outside.example")
        await hand.seal()
        await at.approve(hand.id)
        plain = hand.opened(await hand.fetch(subject, (await hand.pack())["id"]))
        with zipfile.ZipFile(io.BytesIO(plain)) as archive:
            assert archive.read(f"recordings/{recording}/original.wav") == wav()
            assert json.loads(archive.read("custody.json"))["recordings"]
        await hand.received()
        await hand.sweep()
        await hand.work()
        await run(at.house)
        assert "content" not in await standing(at.house)


def _without(text: str, ids: list[str]) -> str:
    told: dict[str, Any] = json.loads(text) if text else {}
    told.pop("instance", None)
    told.pop("request_id", None)
    written = json.dumps(told, sort_keys=True)
    for each in ids:
        written = written.replace(each, "…")
    return written
