"""Each right is met as the law and the notice say, or refused in their words; what is theirs is what it is done to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest

from tenants.vocabulary import Role
from tests.builders import found, logged
from tests.faults.fuse import Died, fused
from tests.subjects.asking import NUMBER, WHY, asked
from tests.world import As, House, World
from vault.handlers import HANDLERS
from vault.proposals.carrying import carry_out

GRANTED: Mapping[str, str] = MappingProxyType(
    {
        "[automated_decisions]": '[rights.erasure]\ngranted = true\nclause = "rights"\n\n'
        '[rights.objection]\ngranted = true\nclause = "rights"\n\n[automated_decisions]'
    }
)
"""PRH's notice with erasure and objection granted."""

OTHER = "+358507654321"


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh", edits=GRANTED)


@pytest.fixture
async def second(house: House) -> As:
    return await house.member(Role.ADMINISTRATOR)


async def done(house: House, second: As, proposal: str) -> dict[str, Any]:
    """The proposal approved by a second person and carried out by a worker."""
    body = {"approve": True, "reason": WHY}
    answer = await second.post(f"/v1/proposals/{proposal}/decision", json=body)
    assert answer.status_code == 200, answer.text
    assert await carry_out(house.world.custody, HANDLERS, house.tenant)
    seen: dict[str, Any] = (await house.administrator.get(f"/v1/proposals/{proposal}")).json()
    return seen


async def is_gone(house: House, recording: UUID) -> bool:
    supervisor = await house.person(Role.SUPERVISOR)
    return (await supervisor.get(f"/v1/recordings/{recording}")).status_code == 410


async def test_a_statement_stands_with_the_recording_that_stays_as_it_was(house: House) -> None:
    recording, other = await house.recording(), await house.recording(contact={"caller_number": OTHER})
    supervisor = await house.person(Role.SUPERVISOR)
    before = (await supervisor.get(f"/v1/recordings/{recording}")).json()
    request = await asked(house, "rectification")
    stated = await request.post("statements", text="I agreed to one year, not to two.")
    assert stated.status_code == 200, stated.text
    assert [(act["act"], act["recording"]) for act in stated.json()["acts"]] == [("statement", str(recording))]
    seen = (await supervisor.get(f"/v1/recordings/{recording}/statements")).json()["items"]
    assert [(each["text"], each["request"]) for each in seen] == [("I agreed to one year, not to two.", request.id)]
    assert (await supervisor.get(f"/v1/recordings/{other}/statements")).json()["items"] == []
    after = (await supervisor.get(f"/v1/recordings/{recording}")).json()
    assert {part["name"] for part in after["parts"]} - {part["name"] for part in before["parts"]} == {"statement.1"}
    assert (await request.post("statements", text="Once more.")).status_code == 409
    again = await asked(house, "rectification")
    await again.post("statements", text="And I was not angry.")
    seen = (await supervisor.get(f"/v1/recordings/{recording}/statements")).json()["items"]
    assert [each["text"] for each in seen] == ["I agreed to one year, not to two.", "And I was not angry."]
    answered = await request.post("answer")
    assert answered.status_code == 200
    assert "Lausumasi on liitetty tallenteisiin (yhteensä 1)" in await request.letter()


async def test_who_may_not_use_a_recording_reads_no_statement_about_it(house: House) -> None:
    recording = await house.recording()
    request = await asked(house, "rectification")
    await request.post("statements", text="It was not me who called.")
    url = f"/v1/recordings/{recording}/statements"
    assert (await (await house.machine()).get(url)).status_code == 403
    assert (await (await house.world.operator()).get(url)).status_code == 403
    stranger = await (await house.world.house("prh")).person(Role.SUPERVISOR)
    assert (await stranger.get(url)).status_code == 404


async def test_a_recording_gets_one_statement_of_a_request_and_only_what_was_chosen(house: House) -> None:
    mine, theirs = await house.recording(), await house.recording()
    alien = await house.recording(contact={"caller_number": OTHER})
    request = await asked(house, "rectification")
    refused = await request.post("statements", text="It is wrong.", recordings=[str(alien)])
    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, "not-found-for-it")
    assert (await request.post("statements", text="It is wrong.", recordings=[str(mine)])).status_code == 200
    stated = await request.post("statements", text="It is wrong.")
    assert {act["recording"] for act in stated.json()["acts"]} == {str(mine), str(theirs)}
    assert len(stated.json()["acts"]) == 2


async def test_a_statement_is_held_and_destroyed_with_its_recording(house: House, second: As) -> None:
    recording = await house.recording()
    dpo = await house.person(Role.DPO)
    first = await asked(house, "rectification")
    await first.post("statements", text="Before it was held.")
    hold = {"reason": "legal_claim", "note": "A claim."}
    held = (await dpo.post(f"/v1/recordings/{recording}/holds", json=hold)).json()
    later = await asked(house, "rectification")
    assert (await later.post("statements", text="While it is held.")).status_code == 200
    fates = (await dpo.get(f"/v1/recordings/{recording}/retention")).json()["parts"]
    kept = {fate["name"]: fate for fate in fates}
    assert {kept[name]["state"] for name in ("contact", "statement.1", "statement.2")} == {"held"}
    assert kept["statement.2"]["day"] == kept["contact"]["day"]
    released = await dpo.post(f"/v1/holds/{held['id']}/release")
    assert released.status_code == 200
    supervisor = await house.person(Role.SUPERVISOR)
    assert len((await supervisor.get(f"/v1/recordings/{recording}/statements")).json()["items"]) == 2
    order = {"recording": str(recording), "reason": WHY}
    proposal = (await house.administrator.post("/v1/orders/destruction", json=order)).json()
    await done(house, second, proposal["id"])
    assert await is_gone(house, recording)


async def test_a_restriction_hides_what_is_theirs_and_is_lifted_as_any_other(house: House) -> None:
    recording = await house.recording()
    await house.recording(contact={"caller_number": OTHER})
    supervisor = await house.person(Role.SUPERVISOR)
    request = await asked(house, "restriction")
    assert (await request.post("restrictions", ground="objection_pending")).status_code == 422
    restricted = await request.post("restrictions", ground="needed_for_claims", note="For a claim of theirs.")
    assert restricted.status_code == 200, restricted.text
    (act,) = restricted.json()["acts"]
    assert await found(supervisor, number=NUMBER) == []
    assert len(await found(supervisor, number=OTHER)) == 1
    assert await request.candidates() == [recording]
    assert (await request.post("restrictions", ground="needed_for_claims")).status_code == 409
    assert (await request.post("answer")).status_code == 200
    dpo = request.handler
    assert (await dpo.post(f"/v1/restrictions/{act['object']}/lift")).status_code == 409
    assert (await dpo.post(f"/v1/restrictions/{act['object']}/told")).status_code == 200
    assert (await dpo.post(f"/v1/restrictions/{act['object']}/lift")).status_code == 200
    assert await found(supervisor, number=NUMBER) == [recording]


async def test_what_is_owed_is_not_answered_before_it_is_done(house: House) -> None:
    await house.recording()
    for right in ("access", "rectification", "restriction", "erasure", "objection"):
        request = await asked(house, right)
        answer = await request.post("answer")
        assert answer.status_code == 409, right
        other = "statements" if right != "rectification" else "destruction"
        assert (await request.post(other, text=WHY)).status_code in (400, 409)


async def test_erasure_is_proposed_by_one_approved_by_another_and_answered_then(house: House, second: As) -> None:
    recording, other = await house.recording(), await house.recording(contact={"caller_number": OTHER})
    request = await asked(house, "erasure")
    proposed = await request.post("destruction", reason=WHY)
    assert proposed.status_code == 201, proposed.text
    proposal = proposed.json()
    assert proposal["effect"] == {"recordings": 1, "ids": [str(recording)], "held": []}
    assert (await request.post("destruction", reason=WHY)).status_code == 409
    own = await request.handler.post(f"/v1/proposals/{proposal['id']}/decision", json={"approve": True, "reason": WHY})
    assert own.status_code == 403
    assert "second person" in (await request.post("answer")).text
    assert "order to destroy" in (await request.post("withdrawal")).text
    outcome = await done(house, second, proposal["id"])
    assert (outcome["state"], outcome["outcome"]["recordings"]) == ("carried_out", 1)
    assert await is_gone(house, recording)
    assert not await is_gone(house, other)
    assert (await request.post("destruction", reason=WHY)).status_code == 409
    answered = (await request.post("answer")).json()
    assert [(act["act"], act["recording"], act["object"]) for act in answered["acts"]] == [
        ("destruction", str(recording), proposal["id"])
    ]
    assert "Tallenteita on hävitetty 1." in await request.letter()


async def test_what_is_held_is_left_out_of_an_erasure_and_named(house: House, second: As) -> None:
    held, free = await house.recording(), await house.recording()
    dpo = await house.person(Role.DPO)
    await dpo.post(f"/v1/recordings/{held}/holds", json={"reason": "legal_claim"})
    request = await asked(house, "erasure")
    proposal = (await request.post("destruction", reason=WHY)).json()
    assert (proposal["effect"]["ids"], proposal["effect"]["held"]) == ([str(free)], [str(held)])
    outcome = await done(house, second, proposal["id"])
    assert outcome["outcome"]["held"] == [str(held)]
    assert (await is_gone(house, free), await is_gone(house, held)) == (True, False)
    alone = await asked(house, "erasure", said={"recordings": [str(held)]})
    assert (await alone.post("destruction", reason=WHY)).status_code == 409
    assert (await alone.post("refusal", ground="legal_claims", reason="A claim is pending.")).status_code == 200


async def test_an_objection_restricts_at_once_and_destroys_when_it_is_upheld(house: House, second: As) -> None:
    recording = await house.recording()
    supervisor = await house.person(Role.SUPERVISOR)
    request = await asked(house, "objection")
    assert (await request.post("restrictions", ground="objection_pending")).status_code == 200
    assert await found(supervisor, number=NUMBER) == []
    proposal = (await request.post("destruction", reason=WHY)).json()
    assert proposal["effect"] == {"recordings": 1, "ids": [str(recording)], "held": []}
    outcome = await done(house, second, proposal["id"])
    assert outcome["outcome"]["recordings"] == 1
    assert await found(supervisor, number=NUMBER) == []
    assert (await request.post("answer")).status_code == 200
    assert [event["actor"] for event in await logged(house, "restriction.lifted")] == [str(second.id)]


async def test_what_another_restricted_is_not_freed_by_an_objection(house: House) -> None:
    recording = await house.recording()
    body = {"ground": "needed_for_claims"}
    await (await house.person(Role.DPO)).post(f"/v1/recordings/{recording}/restrictions", json=body)
    request = await asked(house, "objection")
    assert (await request.post("restrictions", ground="objection_pending")).status_code == 200
    proposed = await request.post("destruction", reason=WHY)
    assert (proposed.status_code, proposed.json()["held"]) == (409, [str(recording)])


async def test_an_objection_that_is_overridden_is_refused_with_the_ground(house: House) -> None:
    await house.recording()
    request = await asked(house, "objection")
    await request.post("restrictions", ground="objection_pending")
    refused = await request.post("refusal", ground="compelling_grounds", reason="A debt is being collected.")
    assert (refused.status_code, refused.json()["article"]) == (200, "GDPR Art. 21(1)")
    words = await request.letter()
    assert "A debt is being collected." in words
    assert "Rajoitus päättyy nyt" in words


async def test_what_the_notice_denies_is_refused_in_its_words(world: World) -> None:
    house = await world.house("valtiokonttori")
    await house.recording(contact={"caller_number": NUMBER, "agent_id": "agent-1"})
    for right in ("erasure", "objection"):
        request = await asked(house, right, language="sv")
        weighed = (await request.handler.get(f"/v1/subject-requests/{request.id}/weighing")).json()
        assert (weighed["owed"], weighed["clause"]["id"]) == (False, "rights_refused")
        step = {"erasure": "destruction", "objection": "restrictions"}[right]
        body: dict[str, Any] = {"reason": WHY} if right == "erasure" else {"ground": "objection_pending"}
        answer = await request.post(step, **body)
        assert (answer.status_code, answer.json()["clause"]["id"]) == (403, "rights_refused")
        refused = await request.post("refusal", ground="not_granted", reason="Det är en lagstadgad uppgift.")
        assert (refused.json()["state"], refused.json()["clause"]) == ("refused", "rights_refused")
        words = await request.letter()
        assert "Avslaget grundar sig på" in words
        assert "dataombudsmannen" in words
        assert " ".join(weighed["clause"]["text"].split())[:60] in words
    assert len(await logged(house, "subject_request.weighed")) == 2


async def test_what_is_owed_by_law_is_not_refused_by_the_notice(world: World) -> None:
    house = await world.house("tilastokeskus")
    for right in ("access", "rectification", "restriction"):
        request = await asked(house, right)
        refused = await request.post("refusal", ground="not_granted", reason=WHY)
        assert (refused.status_code, "owed by law" in refused.text) == (409, True)


async def test_the_agent_of_a_call_has_access_where_the_notice_says_so(world: World, house: House) -> None:
    agent: dict[str, Any] = {"for": "agent", "said": {"agent_id": "agent-1"}}
    await house.recording()
    request = await asked(house, "access", **agent)
    refused = await request.post("disclosures")
    assert (refused.status_code, refused.json()["rule"]) == (403, "right-not-for-agent")
    treasury = await world.house("valtiokonttori")
    await treasury.recording(contact={"caller_number": NUMBER, "agent_id": "agent-1"})
    request = await asked(treasury, "access", **agent)
    given = await request.post("disclosures")
    assert (given.status_code, given.json()["kind"]) == (201, "agent_access"), given.text


async def test_a_job_that_is_killed_between_lifting_and_destroying_ends_it(house: House, second: As) -> None:
    recording = await house.recording()
    request = await asked(house, "objection")
    await request.post("restrictions", ground="objection_pending")
    proposal = (await request.post("destruction", reason=WHY)).json()
    answer = await second.post(f"/v1/proposals/{proposal['id']}/decision", json={"approve": True, "reason": WHY})
    assert answer.status_code == 200
    await die_before_striking(house)
    assert await carry_out(house.world.custody, HANDLERS, house.tenant)
    assert await is_gone(house, recording)
    assert len((await request.look())["acts"]) == 2


async def test_killed_at_every_call_an_objection_ends_with_everything_gone_and_written_down(
    house: House, second: As
) -> None:
    gone = [await house.recording() for _ in range(2)]
    held = await house.recording()
    request = await asked(house, "objection")
    await request.post("restrictions", ground="objection_pending")
    await request.handler.post(f"/v1/recordings/{held}/holds", json={"reason": "legal_claim"})
    proposal = (await request.post("destruction", reason=WHY)).json()
    assert (proposal["effect"]["recordings"], proposal["effect"]["held"]) == (2, [str(held)])
    body = {"approve": True, "reason": WHY}
    assert (await second.post(f"/v1/proposals/{proposal['id']}/decision", json=body)).status_code == 200
    deaths, finished = 0, False
    while not finished:
        try:
            finished = await carry_out(fused(house.world.custody, deaths + 1), HANDLERS, house.tenant)
        except Died:
            deaths += 1
    assert deaths > 10
    acts = (await request.look())["acts"]
    assert sorted(act["recording"] for act in acts if act["act"] == "destruction") == sorted(map(str, gone))
    assert [await is_gone(house, recording) for recording in gone] == [True, True]
    # It is held for another reason, and hidden still for this one.
    assert await found(await house.person(Role.SUPERVISOR), number=NUMBER) == []
    live = (await request.handler.get("/v1/restrictions")).json()["items"]
    assert [each["recording"] for each in live] == [str(held)]


async def die_before_striking(house: House) -> None:
    class Killed(Exception):
        pass

    async def dies(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vault.orders.destroying.carry_out", dies)
        with pytest.raises(Killed):
            await carry_out(house.world.custody, HANDLERS, house.tenant)
