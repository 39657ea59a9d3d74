"""A company of the group listens to what two persons granted, and has nothing of it once the grant is over."""

import asyncio
import io
import wave
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tenants.vocabulary import Role
from tests.builders import chat, logged, silence, talk
from tests.disclosure.asking import Desk
from tests.grants.granted import Company, company, give
from tests.organisations.registered import belongs, decide, person_of, second
from tests.world import POLICIES, World, wav
from vault.custody.database import tenant_scope
from vault.custody.register import tenancy
from vault.grants.ending import is_due
from vault.handlers import HANDLERS
from vault.proposals.carrying import carry_out


@pytest.fixture(scope="module")
async def sister(world: World) -> Company:
    return await company(world)


async def due(of: Company) -> bool:
    house = of.desk.house
    async with tenant_scope(house.tenant):
        held = await tenancy(house.tenant, at=house.world.now())
        return await is_due(house.tenant, held.contract, house.world.now())


async def last_day(of: Company, day: date | None, membership: UUID | None = None) -> int:
    url = f"/v1/group-memberships/{membership or of.membership}/end"
    answer = await of.desk.administrator.request("PUT", url, json={"member_until": str(day) if day else None})
    return answer.status_code


async def test_a_named_person_listens_and_each_listen_stands_in_the_log(sister: Company) -> None:
    recording = await sister.desk.recording()
    disclosure = await sister.grant(recording)
    seen = (await sister.person.get(f"/v1/disclosures/{disclosure}/grant")).json()
    assert (seen["state"], seen["purpose"], [each["id"] for each in seen["recordings"]]) == (
        "active",
        "quality",
        [str(recording)],
    )
    opened = await sister.heard(disclosure, recording)
    (url,) = opened["playback_urls"]
    answer = await sister.person.get(url, headers={"range": "bytes=0-99"})
    assert (answer.status_code, len(answer.content)) == (206, 100)
    assert answer.headers["content-disposition"].startswith("inline")
    assert (await sister.person.get(opened["peaks_url"])).status_code == 200
    assert (await sister.person.get(f"{url}?as=original")).status_code == 422
    house = sister.desk.house
    for act in ("access.opened", "access.used"):
        event = (await logged(house, act))[-1]
        assert event["details"] == {"access": opened["id"], "disclosure": disclosure}
        assert (event["actor"], event["object"], event["purpose"]) == (str(sister.person.id), str(recording), "quality")


async def test_a_talk_is_read_as_text_and_without_its_identifiers(world: World) -> None:
    of = await company(world)
    content = talk("My number is 123456789.", "Thank you.")
    recording = await of.desk.house.recording(content, **chat())
    opened = await of.heard(await of.grant(recording), recording)
    assert opened["playback_urls"] == []
    answer = await of.person.get(opened["text_url"], headers={"accept": "application/json"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert "Thank you." in answer.text
    assert (await of.person.get(f"{opened['text_url']}?as=original")).status_code == 422


async def test_nobody_else_hears_it(sister: Company, world: World) -> None:
    recording = await sister.desk.recording()
    disclosure = await sister.grant(recording)
    house = sister.desk.house
    unnamed = await person_of(house, sister.organisation)
    agent, trainer = await house.person(Role.AGENT), await house.person(Role.TRAINER)
    for person in (unnamed, agent, sister.desk.supervisor, sister.desk.dpo, sister.desk.administrator):
        assert (await sister.hear(disclosure, recording, person)).status_code == 404
    assert (await sister.hear(disclosure, recording, trainer)).status_code == 403
    assert (await sister.hear(disclosure, recording, await world.operator())).status_code == 403
    stranger = await company(world)
    assert (await stranger.hear(disclosure, recording)).status_code == 404
    opened = await sister.heard(disclosure, recording)
    assert (await unnamed.get(opened["playback_urls"][0])).status_code == 404


async def test_only_what_was_granted_for_what_it_was_granted(sister: Company) -> None:
    recording, other = await sister.desk.recording(), await sister.desk.recording()
    disclosure = await sister.grant(recording)
    assert (await sister.hear(disclosure, other)).status_code == 404
    assert (await sister.hear(disclosure, uuid4())).status_code == 404
    refused = await sister.hear(disclosure, recording, purpose="safety")
    assert (refused.status_code, refused.json()["rule"]) == (403, "purpose-not-granted")
    assert (await sister.hear(disclosure, recording, reason=" ")).status_code == 422
    # A role of the policy is none of theirs.
    body = {"purpose": "quality", "reason": "The quality is looked at."}
    assert (await sister.person.post(f"/v1/recordings/{recording}/accesses", json=body)).status_code == 403


async def test_nothing_is_heard_before_two_approved(sister: Company) -> None:
    recording = await sister.desk.recording()
    disclosure = await sister.ask(recording)
    assert (await sister.person.get(f"/v1/disclosures/{disclosure}/grant")).status_code == 404
    assert (await sister.hear(disclosure, recording)).status_code == 404
    await sister.desk.decide(sister.desk.dpo, disclosure)
    await give(sister.desk)
    assert (await sister.hear(disclosure, recording)).status_code in (403, 404)
    # Whoever decides sees what it would give.
    assert (await sister.desk.dpo.get(f"/v1/disclosures/{disclosure}/grant")).status_code == 200


async def test_whoever_is_named_late_waits_for_a_second_person(sister: Company) -> None:
    recording = await sister.desk.recording()
    disclosure = await sister.grant(recording)
    late = await person_of(sister.desk.house, sister.organisation)
    await sister.name(disclosure, late)
    assert (await sister.hear(disclosure, recording, late)).status_code == 404
    url = f"/v1/disclosures/{disclosure}/recipients/{late.id}/confirmation"
    assert (await sister.desk.administrator.post(url)).status_code == 403
    assert (await sister.desk.dpo.post(url)).status_code == 200
    assert (await sister.hear(disclosure, recording, late)).status_code == 201


async def test_a_grant_ends_with_its_date_before_any_worker_comes(world: World) -> None:
    of = await company(world)
    recording = await of.desk.recording()
    disclosure = await of.grant(recording, days=3)
    assert not await due(of)
    async with world.later(timedelta(days=3) - timedelta(minutes=5)):
        opened = await of.heard(disclosure, recording)
        assert (await of.person.get(opened["playback_urls"][0])).status_code == 200
    async with world.later(timedelta(days=3, minutes=1)):
        assert (await of.hear(disclosure, recording)).json()["rule"] == "grant-over"
        assert (await of.person.get(opened["playback_urls"][0])).status_code in (403, 410)
        assert await due(of)
        for _ in range(2):
            await give(of.desk)
        assert not await due(of)
        ended = await of.desk.see(disclosure)
        assert (ended["state"], ended["ended_rule"]) == ("fulfilled", "time-over")
        assert (await of.hear(disclosure, recording)).json()["rule"] == "grant-over"
        assert len(await logged(of.desk.house, "disclosure.ended")) == 1


async def test_an_access_never_outlasts_the_grant(world: World) -> None:
    of = await company(world)
    recording = await of.desk.recording()
    disclosure = await of.grant(recording, days=1)
    async with world.later(timedelta(days=1) - timedelta(minutes=5)):
        opened = await of.heard(disclosure, recording)
        assert opened["expires_at"] == (await of.desk.see(disclosure))["until"]


async def test_a_grant_ends_with_the_membership_in_the_middle_of_a_listen(world: World) -> None:
    of = await company(world)
    recording = await of.desk.recording()
    disclosure = await of.grant(recording)
    opened = await of.heard(disclosure, recording)
    (url,) = opened["playback_urls"]
    assert (await of.person.get(url)).status_code == 200
    assert await last_day(of, world.today() - timedelta(days=1)) == 200
    for answer in (
        await of.person.get(url),
        await of.person.get(opened["peaks_url"]),
        await of.hear(disclosure, recording),
    ):
        assert (answer.status_code, answer.json()["rule"]) == (403, "membership-ended")
    assert await due(of)
    await give(of.desk)
    ended = await of.desk.see(disclosure)
    assert (ended["state"], ended["ended_rule"]) == ("fulfilled", "membership-ended")
    assert (await of.person.get(url)).status_code == 410
    told = (await of.desk.administrator.get("/v1/messages")).json()["items"]
    assert [each["topic"] for each in told if each["object_id"] == disclosure and each["topic"] == "grant.ended"] == [
        "grant.ended"
    ]


async def test_a_membership_that_ends_first_is_when_the_grant_ends(world: World) -> None:
    of = await company(world)
    recording = await of.desk.recording()
    day = world.today() + timedelta(days=5)
    assert await last_day(of, day) == 200
    disclosure = await of.grant(recording, days=30)
    until = (await of.desk.see(disclosure))["until"]
    # The first moment after the last day, where the controller counts its days.
    assert until[:10] in (str(day), str(day + timedelta(days=1)))
    async with world.later(timedelta(days=7)):
        assert (await of.hear(disclosure, recording)).status_code == 403
        await give(of.desk)
        assert (await of.desk.see(disclosure))["state"] == "fulfilled"


async def test_a_membership_that_ended_between_approval_and_opening_stops_it(world: World) -> None:
    of = await company(world)
    disclosure = await of.ask(await of.desk.recording())
    await of.desk.approve(disclosure)
    assert await last_day(of, world.today() - timedelta(days=1)) == 200
    await give(of.desk)
    stopped = await of.desk.see(disclosure)
    assert (stopped["state"], stopped["ended_rule"]) == ("stopped", "membership-ended")


async def test_the_organisations_end_is_the_grants_end_and_its_peoples(world: World) -> None:
    of = await company(world)
    recording = await of.desk.recording()
    disclosure = await of.grant(recording)
    opened = await of.heard(disclosure, recording)
    ended = await of.desk.dpo.post(f"/v1/organisations/{of.organisation}/end")
    assert ended.status_code == 200
    assert (await of.person.get(opened["playback_urls"][0])).status_code == 401
    assert await due(of)
    await give(of.desk)
    assert (await of.desk.see(disclosure))["ended_rule"] == "organisation-ended"


async def test_what_is_revoked_or_restricted_is_not_heard_any_more(world: World) -> None:
    of = await company(world)
    recording, other = await of.desk.recording(), await of.desk.recording()
    disclosure = await of.grant(recording, other)
    urls = [(await of.heard(disclosure, each))["playback_urls"][0] for each in (recording, other)]
    body = {"ground": "accuracy_contested"}
    assert (await of.desk.dpo.post(f"/v1/recordings/{recording}/restrictions", json=body)).status_code == 201
    assert [(await of.person.get(url)).status_code for url in urls] == [404, 200]
    assert (await of.hear(disclosure, recording)).status_code == 404
    revoked = await of.desk.dpo.post(f"/v1/disclosures/{disclosure}/revocation", json={"reason": "It was too much."})
    assert revoked.status_code in (200, 201)
    assert (await of.person.get(urls[1])).status_code == 403


async def test_whoever_was_taken_off_hears_nothing_more(sister: Company) -> None:
    recording = await sister.desk.recording()
    disclosure = await sister.grant(recording)
    opened = await sister.heard(disclosure, recording)
    gone = await sister.desk.dpo.delete(f"/v1/disclosures/{disclosure}/recipients/{sister.person.id}")
    assert gone.status_code == 204
    assert (await sister.person.get(opened["playback_urls"][0])).status_code == 404


async def excerpted(of: Company, recording: UUID, *excerpts: tuple[int, int], **limits: Any) -> str:
    disclosure = await of.ask(recording)
    changed = await of.desk.change(disclosure, recording, limits={"excerpts": excerpts} | limits)
    assert changed.status_code == 200, changed.text
    await of.desk.approve(disclosure)
    await give(of.desk)
    return disclosure


async def test_of_what_is_limited_to_minutes_nothing_else_is_heard(sister: Company) -> None:
    recording = await sister.desk.house.recording(wav(4.0), contact={"customer_number": "+358501234567"})
    disclosure = await excerpted(sister, recording, (500, 1500), (2000, 2250))
    opened = await sister.heard(disclosure, recording)
    assert len(opened["playback_urls"]) == 2
    assert opened["peaks_url"] is None
    assert (await sister.person.get(f"/v1/accesses/{opened['id']}/peaks")).status_code == 404
    with wave.open(io.BytesIO(wav(4.0))) as whole:
        samples = whole.readframes(whole.getnframes())
    first, second = opened["playback_urls"]
    answer = await sister.person.get(first)
    assert answer.headers["content-type"] == "audio/wav"
    assert int(answer.headers["content-length"]) == len(answer.content)
    with wave.open(io.BytesIO(answer.content)) as cut:
        assert cut.readframes(cut.getnframes()) == samples[8000:24000]
    with wave.open(io.BytesIO((await sister.person.get(second)).content)) as cut:
        assert cut.getnframes() == 2000
    for since, until in ((0, 0), (30, 2000), (len(answer.content) - 1, len(answer.content) - 1)):
        part = await sister.person.get(first, headers={"range": f"bytes={since}-{until}"})
        assert (part.status_code, part.content) == (206, answer.content[since : until + 1])
    assert opened["id"].encode() in answer.content
    assert (await sister.person.get(first.replace("excerpt=1", "excerpt=3"))).status_code == 404


async def test_of_a_talk_the_turns_within_the_minutes_are_read(sister: Company) -> None:
    recording = await sister.desk.house.recording(talk("The first.", "The second.", "The third."), **chat())
    disclosure = await excerpted(sister, recording, (30_000, 90_000))
    opened = await sister.heard(disclosure, recording)
    text = (await sister.person.get(opened["text_url"])).text
    assert "The second." in text
    assert "The first." not in text
    assert "The third." not in text


async def test_what_is_given_without_its_content_is_not_heard(sister: Company) -> None:
    recording, other = await sister.desk.recording(), await sister.desk.recording()
    disclosure = await sister.ask(recording, other)
    assert (await sister.desk.change(disclosure, recording, limits={"content": False})).status_code == 200
    await sister.desk.approve(disclosure)
    await give(sister.desk)
    assert (await sister.hear(disclosure, recording)).status_code == 404
    seen = (await sister.person.get(f"/v1/disclosures/{disclosure}/grant")).json()
    assert [each["id"] for each in seen["recordings"]] == [str(other)]


async def test_a_grant_ends_when_the_notice_names_no_group_any_more(world: World) -> None:
    of = await company(world)
    recording = await of.desk.recording()
    disclosure = await of.grant(recording)
    opened = await of.heard(disclosure, recording)
    await _without_groups(of)
    refused = await of.person.get(opened["playback_urls"][0])
    assert (refused.status_code, refused.json()["rule"]) == (403, "disclosure-not-in-policy")
    assert await due(of)
    await give(of.desk)
    assert (await of.desk.see(disclosure))["ended_rule"] == "disclosure-not-in-policy"


async def test_another_version_that_still_names_groups_ends_nothing(world: World) -> None:
    of = await company(world)
    disclosure = await of.grant(await of.desk.recording())
    await _another_version(of, {})
    assert not await due(of)
    await give(of.desk)
    assert (await of.desk.see(disclosure))["state"] == "active"


async def _without_groups(of: Company) -> None:
    await _another_version(of, {'[disclosures.allowed.group]\nclause = "disclosure_group"\n': ""})


async def _another_version(of: Company, edits: dict[str, str]) -> None:
    """The notice's next version, in force from today on."""
    house = of.desk.house
    source = (POLICIES / "kaiku24.toml").read_text().replace('slug = "kaiku24"', f'slug = "{house.slug}"')
    today = f"effective_from = {house.world.today()}"
    changes = {"version = 1": "version = 2", "effective_from = 2026-01-01": today} | edits
    for before, after in changes.items():
        assert before in source
        source = source.replace(before, after)
    body = {"policy": source, "reason": "The notice was published anew."}
    proposed = await house.administrator.post("/v1/policies", json=body)
    assert proposed.status_code == 201, proposed.text
    decided = await decide(await second(house), proposed.json()["id"])
    assert decided.status_code == 200, decided.text
    await carry_out(house.world.custody, HANDLERS, house.tenant)


async def test_a_contract_that_is_over_ends_every_grant(world: World) -> None:
    house = await world.house("kaiku24", lasts=timedelta(days=10))
    of = await company(world, Desk(house, await house.person(Role.DPO), await house.person(Role.SUPERVISOR)))
    recording = await of.desk.recording()
    disclosure = await of.grant(recording, days=30)
    opened = await of.heard(disclosure, recording)
    async with world.later(timedelta(days=12)):
        assert (await of.hear(disclosure, recording)).json()["rule"] == "contract-over"
        assert not await due(of)
    assert opened


async def test_memberships_do_not_overlap_and_are_of_companies(sister: Company) -> None:
    house, administrator = sister.desk.house, sister.desk.administrator
    today = house.world.today()
    body = {"organisation": str(sister.organisation), "member_from": str(today)}
    assert (await administrator.post("/v1/group-memberships", json=body)).status_code == 409
    assert (await sister.desk.dpo.post("/v1/group-memberships", json=body)).status_code == 403
    backwards = body | {"member_until": str(today - timedelta(days=1))}
    assert (await administrator.post("/v1/group-memberships", json=backwards)).status_code == 422
    assert (
        await administrator.post("/v1/group-memberships", json=body | {"organisation": str(uuid4())})
    ).status_code == 404
    assert await last_day(sister, today - timedelta(days=2)) == 422
    assert await last_day(sister, today, uuid4()) == 404
    before = await belongs(house, sister.organisation, today - timedelta(days=90), today - timedelta(days=60))
    assert await last_day(sister, today, UUID(before["id"])) == 422
    url = f"/v1/group-memberships?organisation={sister.organisation}"
    listed = (await sister.desk.dpo.get(url)).json()
    assert [each["id"] for each in listed] == [before["id"], str(sister.membership)]
    assert (await sister.person.get(url)).status_code == 403


async def test_an_authority_belongs_to_no_group(sister: Company) -> None:
    authority = await sister.desk.organisation("authority", "demo-act-1")
    body = {"organisation": str(authority), "member_from": "2026-01-01"}
    assert (await sister.desk.administrator.post("/v1/group-memberships", json=body)).status_code == 409


async def test_what_is_being_heard_breaks_off_when_the_membership_ends(world: World) -> None:
    of = await company(world)
    sound = silence(20_000_000)
    recording = await of.desk.house.recording(sound, contact={"customer_number": "+358501234567"})
    opened = await of.heard(await of.grant(recording), recording)
    (url,) = opened["playback_urls"]
    headers, heard = {"authorization": f"Bearer {of.person.token}"}, 0
    with pytest.raises(httpx.RemoteProtocolError):
        async with world.client.stream("GET", url, headers=headers) as answer:
            async for piece in answer.aiter_bytes(1 << 16):
                if not heard:
                    assert await last_day(of, world.today() - timedelta(days=1)) == 200
                    await asyncio.sleep(1.1)
                heard += len(piece)
    assert 0 < heard < len(sound)
