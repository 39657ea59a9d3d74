"""What somebody asks for is held against the notice, found in the catalogue, shown, and kept until it is decided."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import logged, started_so_that_it_goes_tomorrow
from tests.destruction.aside import rows_of
from tests.disclosure.asking import NUMBER, REASON, Desk, authority, desk
from tests.disclosure.given import research
from tests.keeping.holding import SEVEN_MONTHS, run, standing
from tests.world import World
from vault.custody.database import tenant_scope
from vault.custody.keys import KeyringUnavailable
from vault.disclosure import holding, scoping
from vault.keeping import settling


@pytest.fixture
async def ours(world: World) -> Desk:
    return await desk(world)


@pytest.fixture
async def prh(world: World) -> Desk:
    return await desk(world, "prh")


async def test_what_the_notice_does_not_name_is_refused_with_its_clause_and_logged(prh: Desk) -> None:
    organisation = await prh.organisation("authority", "demo-act-1")
    refused = await prh.ask(**authority(organisation, await prh.recording()))
    assert (refused.status_code, refused.json()["rule"]) == (403, "disclosure-not-in-policy")
    assert refused.json()["clause"]["id"] == "disclosure"
    (event,) = await logged(prh.house, "disclosure.requested")
    assert (event["outcome"], event["details"]["rule"]) == ("refused", "disclosure-not-in-policy")
    assert await rows_of(prh.house, "disclosure") == []


async def test_numbers_agents_and_times_hold_together_and_recordings_are_named_besides(prh: Desk) -> None:
    now = prh.house.world.now()
    old, new = (now - timedelta(days=9)).isoformat(), (now - timedelta(hours=1)).isoformat()
    contact = {"caller_number": NUMBER, "agent_id": "agent-7"}
    agents = await prh.recording(started_at=old, contact=contact)
    theirs = await prh.recording(started_at=new)
    other = await prh.recording("+358509999999", started_at=new)
    institute = await prh.organisation("research")
    cases: list[tuple[dict[str, Any], set[UUID]]] = [
        ({"details": {"numbers": ["050-123 45 67"]}}, {agents, theirs}),
        ({"details": {"numbers": ["0501234567", "+358 50 999 9999"]}}, {agents, theirs, other}),
        ({"details": {"numbers": [NUMBER], "agent_ids": ["agent-7"]}}, {agents}),
        (
            {"details": {"numbers": [NUMBER]}, "terms": {"starts_after": (now - timedelta(days=1)).isoformat()}},
            {theirs},
        ),
        ({"details": {"numbers": [NUMBER]}, "terms": {"starts_before": new}}, {agents}),
        ({"details": {"agent_ids": ["agent-7"]}, "terms": {"recordings": [str(other)]}}, {agents, other}),
        ({"terms": {"starts_after": old, "starts_before": now.isoformat()}}, {agents, theirs, other}),
        ({"details": {"numbers": ["+358401111111"]}}, set()),
    ]
    for body, expected in cases:
        asked = await prh.asked(**research(institute, now=now, **body))
        assert {item["recording"] for item in asked["scope"]["items"]} == {str(each) for each in expected}, body
    assert (await prh.decide(prh.dpo, asked["id"])).status_code == 409


async def test_the_scope_counts_what_would_be_given_and_names_what_is_not(prh: Desk) -> None:
    goes = started_so_that_it_goes_tomorrow(prh.house.world.now(), months=6)
    gone, hidden = await prh.recording(started_at=goes.isoformat()), await prh.recording()
    await prh.dpo.post(f"/v1/recordings/{hidden}/restrictions", json={"ground": "accuracy_contested"})
    async with prh.house.world.later(SEVEN_MONTHS):
        await run(prh.house)
        now = prh.house.world.now()
        heard = await prh.recording(started_at=(now - timedelta(hours=1)).isoformat())
        handler = await prh.handler()
        wanted = research(await prh.organisation("research"), gone, hidden, heard, now=now)
        asked = await prh.asked(handler, **wanted)
        scope = asked["scope"]
        assert (scope["recordings"], scope["restricted"], scope["destroyed"], scope["held"]) == (1, 1, 1, 1)
        assert (scope["kinds"], asked["duty_until"] is not None) == ({"call": 1}, True)
        states = {item["recording"]: item for item in scope["items"]}
        certificate = states[str(gone)]["destruction"]
        assert (await prh.administrator.get(f"/v1/certificates/{certificate}")).status_code == 200
        # The data subject themselves is given what was restricted on their behalf.
        own = await prh.subjects(gone, hidden, heard)
        assert own["scope"]["recordings"] == 2


async def test_whoever_may_not_lift_a_restriction_does_not_learn_of_it_from_what_is_found(prh: Desk) -> None:
    hidden, heard = await prh.recording(), await prh.recording()
    await prh.dpo.post(f"/v1/recordings/{hidden}/restrictions", json={"ground": "accuracy_contested"})
    wanted = research(await prh.organisation("research"), now=prh.house.world.now(), details={"numbers": [NUMBER]})
    asked = await prh.asked(**wanted)
    assert (asked["scope"]["restricted"], len(asked["scope"]["sha256"])) == (1, 64)
    seen = await prh.see(asked["id"], prh.supervisor)
    assert [item["recording"] for item in seen["scope"]["items"]] == [str(heard)]
    # A hash of the scope would tell whoever can guess the rest of it.
    assert (seen["scope"]["restricted"], seen["scope"]["sha256"]) == (0, None)
    assert (await prh.change(asked["id"], hidden, prh.supervisor, included=False)).status_code == 404
    await prh.decide(prh.dpo, asked["id"], approve=False)
    assert [one["scope_sha256"] for one in (await prh.see(asked["id"], prh.supervisor))["decisions"]] == [None]


async def test_another_controllers_recordings_are_as_unknown_as_none(world: World, prh: Desk) -> None:
    theirs, nobodys = await (await world.house("prh")).recording(), uuid4()
    ours, hidden = await prh.recording(), await prh.recording()
    await prh.dpo.post(f"/v1/recordings/{hidden}/restrictions", json={"ground": "accuracy_contested"})
    institute, now = await prh.organisation("research"), world.now()
    bodies = set()
    for unknown in (theirs, nobodys, hidden):
        refused = await prh.ask(**research(institute, ours, unknown, now=now))
        assert refused.status_code == 422
        (problem,) = refused.json()["errors"]
        sentence = f"There is no recording with this id that you may see. {unknown}"
        assert (problem["field"], problem["rule"], problem["detail"]) == ("terms.recordings", "unknown", sentence)
        bodies.add(refused.text.replace(str(unknown), "ID"))
    assert len(bodies) == 1, "what is restricted answered otherwise"
    assert await rows_of(prh.house, "disclosure") == []
    # Whoever may lift it is told what becomes of it.
    asked = await prh.asked(await prh.handler(), **research(institute, ours, hidden, now=now))
    assert asked["scope"]["restricted"] == 1


async def test_an_officer_learns_of_no_recording_by_naming_its_id(
    world: World, ours: Desk, officer: Callable[..., Any]
) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    theirs = await officer(ours, organisation)
    here, hidden = await ours.recording(), await ours.recording()
    await ours.dpo.post(f"/v1/recordings/{hidden}/restrictions", json={"ground": "accuracy_contested"})
    foreign, states = await (await desk(world)).recording(), []
    for named in (here, hidden, foreign, uuid4()):
        answer = await ours.ask(theirs, **authority(organisation, named))
        assert answer.status_code == 201, answer.text
        told, seen = answer.json(), await ours.see(answer.json()["id"])
        assert (told["scope"], told["terms"]["recordings"]) == (None, [str(named)])
        states.append([item["state"] for item in seen["scope"]["items"]])
        await ours.decide(ours.dpo, told["id"], approve=False)
        (decision,) = (await ours.see(told["id"], theirs))["decisions"]
        assert decision["scope_sha256"] is None
    # Those who decide see what there is of it.
    assert states == [["included"], ["restricted"], [], []]


EACH = "2999-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"organisation": None}, "organisation"),
        ({"terms": {"legal_basis": None}}, "terms.legal_basis"),
        ({"details": {"case_number": None}}, "details.case_number"),
        ({"terms": {"recordings": []}}, "terms"),
        ({"terms": {"starts_after": EACH, "starts_before": EACH}}, "terms.starts_before"),
        ({"terms": {"fetches": 0}}, "terms.fetches"),
        ({"terms": {"give_until": "2020-01-01T00:00:00Z"}}, "terms.give_until"),
        ({"secret_until": "2020-01-01T00:00:00Z"}, "secret_until"),
        ({"details": {"numbers": ["nothing"]}}, "details.numbers"),
        ({"details": {"agent_ids": [" "]}}, "details.agent_ids"),
        ({"details": {"reason": " "}}, "details.reason"),
        ({"details": {"facts": "x" * 5000}}, "details.facts"),
        ({"details": {"facts": "It is 010101-123N who asks."}}, "details.facts"),
        ({"kind": "group", "organisation": None}, "organisation"),
        ({"kind": "group"}, "terms.valid_until"),
        ({"kind": "group"}, "terms.purpose"),
        ({"kind": "group", "urgent": True}, "urgent"),
        ({"kind": "group", "secret_until": EACH}, "secret_until"),
        ({"kind": "research"}, "terms.permit_id"),
        ({"kind": "research"}, "details.environment"),
        ({"kind": "evidence", "terms": {"starts_after": EACH}}, "terms.recordings"),
        ({"kind": "transcript_to_email"}, "kind"),
    ],
)
async def test_what_a_kind_cannot_do_without_is_named_with_its_field(
    ours: Desk, body: dict[str, Any], field: str
) -> None:
    asked = authority(uuid4(), uuid4())
    for name in ("terms", "details"):
        asked[name] |= body.get(name, {})
    refused = await ours.ask(
        **asked | {name: value for name, value in body.items() if name not in ("terms", "details")}
    )
    assert refused.status_code == 422, refused.text
    assert field in {problem["field"] for problem in refused.json()["errors"]}


async def test_a_request_covers_no_more_than_a_person_can_look_at(ours: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoping, "RECORDINGS_MOST", 1)
    for _ in range(2):
        await ours.recording()
    organisation = await ours.organisation("authority", "demo-act-1")
    refused = await ours.ask(**authority(organisation, details={"numbers": [NUMBER]}))
    assert (refused.status_code, refused.json()["errors"][0]["rule"]) == (422, "many")


async def test_whoever_may_not_ask_asks_for_nothing(world: World, ours: Desk) -> None:
    body = authority(await ours.organisation("authority", "demo-act-1"), await ours.recording())
    for role in (Role.TRAINER, Role.QUALITY, Role.INGEST):
        person = await ours.house.machine() if role is Role.INGEST else await ours.house.person(role)
        assert (await ours.ask(person, **body)).status_code == 403
    assert (await ours.ask(await world.operator(), **body)).status_code == 403


async def test_an_officer_asks_for_their_own_authority_and_sees_their_own_matter_alone(
    ours: Desk, officer: Callable[..., Any]
) -> None:
    recording = await ours.recording()
    organisation, another = [await ours.organisation("authority", "demo-act-1") for _ in range(2)]
    theirs = await officer(ours, organisation)
    answer = await ours.ask(theirs, **authority(organisation, details={"numbers": [NUMBER]}))
    assert answer.status_code == 201, answer.text
    asked = answer.json()
    # That there are recordings of somebody is nobody's to know before it is decided.
    assert (asked["scope"], asked["decisions"]) == (None, [])
    assert asked["details"]["numbers"] == [NUMBER]
    assert (await ours.see(asked["id"]))["scope"]["recordings"] == 1
    assert (await ours.ask(theirs, **authority(another, recording))).status_code == 403
    evidence = {"terms": {"recordings": [str(recording)], "purpose": "quality"}, "details": {"reason": REASON}}
    assert (await ours.ask(theirs, kind="evidence", **evidence)).status_code == 403
    others = await ours.asked(**authority(organisation, recording))
    assert (await theirs.get(f"/v1/disclosures/{others['id']}")).status_code == 404
    assert [one["id"] for one in (await theirs.get("/v1/disclosures")).json()["items"]] == [asked["id"]]
    assert (await ours.change(asked["id"], recording, theirs, included=False)).status_code == 403
    assert (await ours.decide(theirs, asked["id"])).status_code == 403
    await ours.approve(asked["id"])
    assert (await ours.see(asked["id"], theirs))["scope"] is None


async def test_evidence_is_one_recording_for_a_purpose_of_the_notice(world: World) -> None:
    lender = await desk(world, "vertaislaina")
    recording = await lender.recording()
    for purpose, status in (("no_such_purpose", 403), ("quality", 201)):
        terms = {"recordings": [str(recording)], "purpose": purpose}
        answer = await lender.ask(kind="evidence", terms=terms, details={"reason": REASON})
        assert answer.status_code == status, answer.text


async def test_what_is_asked_for_does_not_expire_while_it_is_decided(prh: Desk) -> None:
    now = prh.house.world.now()
    goes = started_so_that_it_goes_tomorrow(now, months=6)
    recording = await prh.recording(started_at=goes.isoformat())
    asked = await prh.subjects(recording)
    async with prh.house.world.later(timedelta(days=5)):
        await run(prh.house)
        assert "content" in await standing(prh.house)
        assert (await prh.change(asked["id"], recording, reviewed=True)).status_code == 200
        await prh.approve(asked["id"])
        assert (
            await prh.supervisor.post(f"/v1/holds/{(await prh.holds(recording))[0]['id']}/release")
        ).status_code == 403
        await prh.administrator.post(f"/v1/disclosures/{asked['id']}/revocation", json={"reason": "A mistake."})
        await prh.work()
        await run(prh.house)
        assert "content" not in await standing(prh.house)


@pytest.mark.parametrize("failure", [KeyringUnavailable(), OSError("The disk is full.")])
async def test_a_hold_that_cannot_be_placed_yet_is_placed_by_the_job_and_the_request_stands_once(
    ours: Desk, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    recording = await ours.recording()
    wanted = authority(await ours.organisation("authority", "demo-act-1"), recording)

    def fails(*_: Any, **__: Any) -> None:
        raise failure

    with monkeypatch.context() as fault:
        fault.setattr(settling, "move", fails)
        answer = await ours.ask(**wanted)
        assert answer.status_code == 201, answer.text
        assert (answer.json()["scope"]["holds"], answer.json()["scope"]["held"]) == ("being_placed", 0)
        assert await ours.holds(recording) == []
    assert len(await rows_of(ours.house, "disclosure")) == 1
    async with tenant_scope(ours.house.tenant):
        assert await holding.is_due(ours.house.tenant), "nobody calls the job"
    await ours.work()
    scope = (await ours.see(answer.json()["id"]))["scope"]
    (hold,) = await ours.holds(recording)
    assert (scope["holds"], scope["held"], scope["items"][0]["held_by"]) == ("placed", 1, hold["id"])


async def test_nothing_that_may_name_a_person_stands_in_a_row_or_in_the_log(ours: Desk) -> None:
    recording = await ours.recording()
    organisation = await ours.organisation("authority", "demo-act-1")
    details = {"numbers": [NUMBER], "facts": "Somebody we know", "case_number": "Case-4711", "reason": "A theft"}
    asked = await ours.asked(**authority(organisation, recording, details=details))
    await ours.decide(ours.dpo, asked["id"], reason="Known by name")
    stored = [*await rows_of(ours.house, "disclosure"), *await rows_of(ours.house, "disclosure_decision")]
    stored += await rows_of(ours.house, "audit_pending") + await rows_of(ours.house, "audit_event")
    written = str(stored)
    for word in (NUMBER, "Somebody we know", "Case-4711", "A theft", "Known by name"):
        assert word not in written
    seen = await ours.see(asked["id"])
    assert (seen["details"]["case_number"], seen["decisions"][0]["reason"]) == ("Case-4711", "Known by name")


async def test_disclosures_are_listed_newest_first_a_page_at_a_time(ours: Desk) -> None:
    recording, organisation = await ours.recording(), await ours.organisation("authority", "demo-act-1")
    made = [(await ours.asked(**authority(organisation, recording)))["id"] for _ in range(3)]
    await ours.decide(ours.dpo, made[0], approve=False)
    first = (await ours.administrator.get("/v1/disclosures", params={"limit": 2})).json()
    rest = (await ours.administrator.get("/v1/disclosures", params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    refused = (await ours.administrator.get("/v1/disclosures", params={"state": "refused"})).json()
    assert [one["id"] for one in refused["items"]] == made[:1]
    assert (await ours.administrator.get("/v1/disclosures", params={"kind": "research"})).json()["items"] == []
