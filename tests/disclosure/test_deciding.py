"""Two persons decide, nobody on their own request, and on nothing but what they were shown."""

import asyncio
from datetime import timedelta

import pytest

from tenants.vocabulary import Role
from tests.builders import logged
from tests.disclosure.asking import Desk, authority, desk
from tests.world import World


@pytest.fixture
async def ours(world: World) -> Desk:
    return await desk(world)


async def test_what_an_authority_asks_for_is_shown_held_and_approved_by_two(ours: Desk) -> None:
    recording = await ours.recording()
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, recording))
    assert (asked["state"], asked["scope"]["recordings"]) == ("requested", 1)
    (hold,) = await ours.holds(recording)
    assert (hold["reason"], hold["id"]) == ("disclosure", asked["scope"]["items"][0]["held_by"])
    first = await ours.decide(ours.dpo, asked["id"])
    assert (first.status_code, first.json()["state"]) == (200, "half_approved")
    second = await ours.decide(ours.administrator, asked["id"])
    assert (second.status_code, second.json()["state"]) == (200, "approved")
    assert [one["reason"] for one in second.json()["decisions"]] == ["It was looked at."] * 2
    assert [event["actor"] for event in await logged(ours.house, "disclosure.approved")] == [str(ours.administrator.id)]


async def test_nobody_approves_twice_or_what_they_asked_for(ours: Desk) -> None:
    recording = await ours.recording()
    organisation = await ours.organisation("authority", "demo-act-1")
    own = await ours.asked(ours.administrator, **authority(organisation, recording))
    assert (await ours.decide(ours.administrator, own["id"])).status_code == 403
    others = await ours.asked(**authority(organisation, recording))
    assert (await ours.decide(ours.supervisor, others["id"])).status_code == 403
    assert (await ours.decide(ours.administrator, others["id"])).status_code == 200
    assert (await ours.decide(ours.administrator, others["id"])).status_code == 403
    assert (await ours.see(others["id"]))["state"] == "half_approved"


async def test_of_two_decisions_at_the_same_moment_each_counts_once(ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording()))
    answers = await asyncio.gather(*(ours.decide(ours.administrator, asked["id"]) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]
    both = await asyncio.gather(ours.decide(ours.dpo, asked["id"]), ours.decide(ours.dpo, asked["id"], approve=False))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    seen = await ours.see(asked["id"])
    assert seen["state"] in ("approved", "refused")
    assert len(seen["decisions"]) == 2


async def test_whoever_approved_may_still_refuse_until_it_is_decided(ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording()))
    assert (await ours.decide(ours.dpo, asked["id"])).json()["state"] == "half_approved"
    assert (await ours.decide(ours.dpo, asked["id"], approve=False)).json()["state"] == "refused"
    assert (await ours.decide(ours.dpo, asked["id"], approve=False)).status_code == 409
    assert [one["verdict"] for one in (await ours.see(asked["id"]))["decisions"]] == ["approved", "refused"]


async def test_whoever_came_after_the_request_does_not_approve_it(ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording()))
    late = await ours.house.member(Role.ADMINISTRATOR)
    assert (await ours.decide(late, asked["id"])).status_code == 403
    assert (await ours.decide(late, asked["id"], approve=False)).status_code == 200


async def test_two_data_protection_officers_decide_nothing_without_an_administrator(ours: Desk) -> None:
    second = await ours.house.member(Role.DPO)
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording()))
    assert (await ours.decide(ours.dpo, asked["id"])).status_code == 200
    assert (await ours.decide(second, asked["id"])).status_code == 403
    assert (await ours.decide(ours.administrator, asked["id"])).json()["state"] == "approved"


async def test_operators_and_strangers_learn_nothing(world: World, ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording()))
    stranger, operator = (await world.house("kaiku24")).administrator, await world.operator()
    url = f"/v1/disclosures/{asked['id']}"
    assert (await stranger.get(url)).status_code == 404
    assert (await ours.decide(stranger, asked["id"])).status_code == 404
    assert (await operator.get(url)).status_code == 403
    assert (await operator.get("/v1/disclosures")).status_code == 403
    assert (await ours.decide(operator, asked["id"])).status_code == 403
    trainer = await ours.house.person(Role.TRAINER)
    assert (await trainer.get(url)).status_code == 403


async def test_a_refusal_by_one_ends_it_with_its_reason_and_clause(ours: Desk) -> None:
    recording = await ours.recording()
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, recording))
    assert (await ours.decide(ours.dpo, asked["id"], approve=False, clause="nothing")).status_code == 422
    refused = await ours.decide(ours.dpo, asked["id"], approve=False, clause="disclosure")
    assert (refused.json()["state"], refused.json()["ended_rule"]) == ("refused", "refused-by-decision")
    seen = await ours.see(asked["id"], ours.supervisor)
    assert [(one["verdict"], one["clause"], one["member"]) for one in seen["decisions"]] == [
        ("refused", "disclosure", None)
    ]
    assert (await ours.decide(ours.administrator, asked["id"])).status_code == 409
    await ours.work()
    assert await ours.holds(recording) == []


async def test_another_scope_is_another_question(ours: Desk) -> None:
    one, other = await ours.recording(), await ours.recording()
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, one, other))
    assert (await ours.decide(ours.dpo, asked["id"])).json()["state"] == "half_approved"
    changed = (await ours.change(asked["id"], other, included=False)).json()
    assert (changed["state"], changed["scope"]["recordings"], changed["scope"]["excluded"]) == ("requested", 1, 1)
    assert [decision["verdict"] for decision in changed["decisions"]] == ["void"]
    assert changed["scope"]["sha256"] != asked["scope"]["sha256"]
    assert (await ours.decide(ours.administrator, asked["id"])).json()["state"] == "half_approved"
    assert (await ours.decide(ours.dpo, asked["id"])).json()["state"] == "approved"
    assert (await ours.change(asked["id"], other, included=True)).status_code == 409
    await ours.work()
    assert (len(await ours.holds(one)), len(await ours.holds(other))) == (1, 0)


async def test_what_is_given_of_a_recording_is_narrowed(ours: Desk) -> None:
    recording = await ours.recording()
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, recording))
    limits = {"content": True, "excerpts": [[100, 400], [500, 900]], "contact_fields": []}
    changed = (await ours.change(asked["id"], recording, limits=limits)).json()
    assert changed["scope"]["items"][0]["limits"] == limits
    for wrong, field in [
        ({"excerpts": [[400, 100]]}, "limits.excerpts"),
        ({"excerpts": [[0, 500], [400, 600]]}, "limits.excerpts"),
        ({"excerpts": [[0, 100_000]]}, "limits.excerpts"),
        ({"content": False, "excerpts": [[0, 100]]}, "limits.excerpts"),
        ({"contact_fields": ["ip_address"]}, "limits.contact_fields"),
    ]:
        refused = await ours.change(asked["id"], recording, limits=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert (await ours.change(asked["id"], organisation, included=False)).status_code == 404


async def test_a_recording_restricted_meanwhile_leaves_the_scope_before_anybody_approves(ours: Desk) -> None:
    one, other = await ours.recording(), await ours.recording()
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, one, other))
    assert (await ours.decide(ours.dpo, asked["id"])).status_code == 200
    url = f"/v1/recordings/{one}/restrictions"
    assert (await ours.dpo.post(url, json={"ground": "accuracy_contested"})).status_code == 201
    assert (await ours.decide(ours.administrator, asked["id"])).status_code == 409
    seen = await ours.see(asked["id"])
    assert (seen["state"], seen["scope"]["restricted"], seen["scope"]["recordings"]) == ("requested", 1, 1)
    assert (await ours.change(asked["id"], one, included=True)).status_code == 409
    await ours.approve(asked["id"])


async def test_a_copy_for_the_data_subject_is_reviewed_before_it_is_approved(ours: Desk) -> None:
    one, other = await ours.recording(), await ours.recording()
    asked = await ours.subjects(one, other)
    assert asked["scope"]["unreviewed"] == 2
    refused = await ours.decide(ours.dpo, asked["id"])
    assert (refused.status_code, len(refused.json()["recordings"])) == (409, 2)
    assert (await ours.change(asked["id"], one, ours.supervisor, reviewed=True)).status_code == 404
    assert (await ours.change(asked["id"], one, reviewed=True)).json()["scope"]["unreviewed"] == 1
    assert (await ours.change(asked["id"], other, included=False)).json()["scope"]["unreviewed"] == 0
    # To narrow what was reviewed makes it another thing to review.
    narrowed = await ours.change(asked["id"], one, limits={"contact_fields": []})
    assert narrowed.json()["scope"]["unreviewed"] == 1
    assert (await ours.change(asked["id"], one, reviewed=True)).status_code == 200
    assert (await ours.approve(asked["id"]))["state"] == "approved"


async def test_in_an_emergency_one_goes_first_and_the_second_confirms(ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    recording = await ours.recording()
    calm = await ours.asked(**authority(organisation, recording))
    assert (await ours.decide(ours.administrator, calm["id"], urgent=True)).status_code == 409
    asked = await ours.asked(**authority(organisation, recording, urgent=True))
    assert (await ours.decide(ours.dpo, asked["id"], urgent=True)).status_code == 403
    first = (await ours.decide(ours.administrator, asked["id"], urgent=True)).json()
    assert (first["state"], first["confirmed_at"]) == ("approved", None)
    assert first["confirm_by"] is not None
    assert (await ours.decide(ours.administrator, asked["id"])).status_code == 403
    second = (await ours.decide(ours.dpo, asked["id"])).json()
    assert second["confirmed_at"] is not None
    assert len(await logged(ours.house, "disclosure.confirmed")) == 1
    assert (await ours.decide(ours.dpo, asked["id"])).status_code == 409


async def test_an_emergency_that_nobody_confirms_is_an_alarm_and_a_refusal_takes_it_back(
    world: World, ours: Desk
) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording(), urgent=True))
    assert (await ours.decide(ours.administrator, asked["id"], urgent=True)).status_code == 200
    async with world.later(timedelta(hours=25)):
        for _ in range(2):
            await ours.work()
        assert len(await logged(ours.house, "disclosure.unconfirmed")) == 1
        told = (await ours.dpo.get("/v1/messages")).json()["items"]
        assert [one["object_id"] for one in told if one["topic"] == "disclosure.unconfirmed"] == [asked["id"]]
        revoked = (await ours.decide(ours.dpo, asked["id"], approve=False)).json()
    assert (revoked["state"], revoked["ended_rule"]) == ("revoked", "not-confirmed")


async def test_what_was_approved_is_taken_back_by_one_alone_and_a_request_by_whoever_asked(ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    recording = await ours.recording()
    asked = await ours.asked(**authority(organisation, recording))
    url = f"/v1/disclosures/{asked['id']}"
    assert (await ours.administrator.post(f"{url}/revocation", json={"reason": "Too late."})).status_code == 409
    await ours.approve(asked["id"])
    assert (await ours.supervisor.post(f"{url}/revocation", json={"reason": "No."})).status_code == 403
    assert (await ours.supervisor.post(f"{url}/withdrawal")).status_code == 409
    revoked = await ours.administrator.post(f"{url}/revocation", json={"reason": "It was a mistake."})
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    other = await ours.asked(**authority(organisation, recording))
    withdrawn = await ours.supervisor.post(f"/v1/disclosures/{other['id']}/withdrawal")
    assert withdrawn.json()["state"] == "withdrawn"


async def test_what_nobody_decides_on_lapses(world: World, ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    recording = await ours.recording()
    asked = await ours.asked(**authority(organisation, recording))
    async with world.later(timedelta(days=31)):
        assert (await ours.decide(ours.dpo, asked["id"])).status_code == 409
        await ours.work()
        assert (await ours.see(asked["id"]))["ended_rule"] == "not-decided-in-time"
        assert await ours.holds(recording) == []


async def test_whoever_approved_first_and_has_left_has_not_approved(ours: Desk) -> None:
    leaver = await ours.house.member(Role.DPO)
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = await ours.asked(**authority(organisation, await ours.recording()))
    assert (await ours.decide(leaver, asked["id"])).status_code == 200
    assert (await ours.administrator.delete(f"/v1/members/{leaver.id}")).status_code in (200, 204)
    assert (await ours.decide(ours.administrator, asked["id"])).json()["state"] == "half_approved"
    assert (await ours.decide(ours.dpo, asked["id"])).json()["state"] == "approved"
