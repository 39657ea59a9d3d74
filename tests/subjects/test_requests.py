"""A data subject's request is recorded, identified, found and answered in time, by those who handle requests alone."""

from datetime import timedelta
from typing import Any

import pytest

from tenants.deadlines import answer_by
from tenants.vocabulary import Role
from tests.builders import chat, logged, talk
from tests.subjects.asking import NUMBER, ask, asked, today
from tests.world import House, World
from vault.custody.database import DB, tenant_scope
from vault.subjects.deadlines import open_deadlines
from vault.telling.watching import watch

CODE = "131052-308T"
"""A henkilötunnus that everybody knows: the Digital and Population Data Services Agency's own example."""

WORDS = "It is said already."


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


async def test_the_clock_runs_from_the_day_of_receipt(house: House) -> None:
    received = today(house) - timedelta(days=3)
    answer = await ask(house, "access", received_on=str(received))
    assert answer.status_code == 201, answer.text
    seen = answer.json()
    assert (seen["state"], seen["due_on"], seen["for"]) == ("received", str(answer_by(received)), "data_subject")
    assert (await ask(house, "access", received_on=str(today(house) + timedelta(days=2)))).status_code == 422
    messages = (await house.administrator.get("/v1/messages")).json()
    assert seen["id"] in str(messages)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"said": {"facts": f"I am {CODE}, and called on Monday."}}, "facts"),
        ({"said": {"numbers": [NUMBER, CODE]}}, "numbers.1"),
        ({"for": "agent", "said": {"agent_id": CODE}}, "agent_id"),
    ],
)
async def test_an_identity_code_is_refused_wherever_it_stands(
    house: House, changes: dict[str, Any], field: str
) -> None:
    answer = await ask(house, "access", **changes)
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["errors"]] == [field]
    assert CODE not in answer.text


async def test_an_identity_code_is_refused_in_what_the_handler_writes(house: House) -> None:
    request = await asked(house, "rectification")
    steps: dict[str, dict[str, Any]] = {
        "extension": {"reason": f"Busy with {CODE}."},
        "refusal": {"ground": "unfounded", "reason": f"It is {CODE} again."},
        "answer": {"words": f"Dear {CODE}"},
        "statements": {"text": f"I, {CODE}, never said so."},
        "restrictions": {"ground": "accuracy_contested", "note": f"By {CODE}"},
    }
    for step, body in steps.items():
        answer = await request.post(step, **body)
        assert answer.status_code == 422, step
        assert CODE not in answer.text


async def test_an_agent_asks_by_their_id_and_others_by_their_numbers(house: House) -> None:
    agent: dict[str, Any] = {"for": "agent"}
    assert (await ask(house, "access", **agent)).status_code == 422
    assert (await ask(house, "access", said={"agent_id": "agent-1"})).status_code == 422
    recording = await house.recording(contact={"caller_number": "+358501110001", "agent_id": "agent-77"})
    request = await asked(house, "rectification", **agent, said={"agent_id": "agent-77"})
    assert await request.candidates() == [recording]


async def test_only_who_handles_requests_sees_them(house: House) -> None:
    request = await asked(house, "access")
    for role in (Role.SUPERVISOR, Role.QUALITY, Role.INGEST):
        person = await house.machine() if role is Role.INGEST else await house.person(role)
        assert (await ask(house, "access", by=person)).status_code == 403
        assert (await person.get(f"/v1/subject-requests/{request.id}")).status_code == 403
        assert (await person.get("/v1/subject-requests")).status_code == 403
    operator = await house.world.operator()
    assert (await ask(house, "access", by=operator)).status_code == 403
    stranger = await (await house.world.house("prh")).person(Role.DPO)
    assert (await stranger.get(f"/v1/subject-requests/{request.id}")).status_code == 404
    assert (await request.post("identification", by=stranger, means="mandate_seen")).status_code == 404


async def test_what_is_found_is_theirs_by_number_and_time(house: House) -> None:
    await house.recording(contact={"caller_number": "+358509999999", "agent_id": "agent-1"})
    mine = await house.recording(contact={"caller_number": NUMBER, "agent_id": "agent-1"})
    request = await asked(house, "access", said={"numbers": ["050 123 4567"]})
    assert await request.candidates() == [mine]
    later = (house.world.now() + timedelta(days=1)).isoformat()
    narrowed = await asked(house, "access", said={"numbers": [NUMBER], "starts_after": later})
    assert await narrowed.candidates() == []


async def test_by_the_service_number_nobody_is_found(house: House) -> None:
    await house.recording(contact={"caller_number": NUMBER, "service_number": "+358295091001"})
    request = await asked(house, "access", said={"numbers": ["+358295091001"]})
    assert await request.candidates() == []


async def test_who_has_no_number_is_found_by_the_time_alone(house: House) -> None:
    started = house.world.now() - timedelta(hours=5)
    recording = await house.recording(talk("Hello", "Good day"), **chat(started_at=started.isoformat()))
    await house.recording()
    bounds = {
        "starts_after": (started - timedelta(minutes=5)).isoformat(),
        "starts_before": (started + timedelta(minutes=5)).isoformat(),
    }
    assert await (await asked(house, "access", said=bounds)).candidates() == [recording]
    assert await (await asked(house, "access", said={"starts_after": bounds["starts_after"]})).candidates() == []


async def test_anothers_recording_is_refused_as_one_that_does_not_exist(house: House) -> None:
    stranger = await house.world.house("prh")
    theirs = await stranger.recording()
    real = await ask(house, "access", said={"recordings": [str(theirs)]})
    absent = "00000000-0000-4000-8000-00000000beef"
    missing = await ask(house, "access", said={"recordings": [absent]})
    assert (real.status_code, missing.status_code) == (422, 422)
    assert real.text.replace(str(theirs), "") == missing.text.replace(absent, "")


async def test_nothing_is_done_before_it_is_known_who_asks(house: House) -> None:
    await house.recording()
    request = await asked(house, "rectification", identified=False)
    steps: dict[str, dict[str, Any]] = {
        "statements": {"text": "I said yes."},
        "restrictions": {"ground": "accuracy_contested"},
        "answer": {},
    }
    for step, body in steps.items():
        answer = await request.post(step, **body)
        assert (answer.status_code, "who asks" in answer.text) == (409, True), step
    weighed = (await request.handler.get(f"/v1/subject-requests/{request.id}/weighing")).json()
    assert weighed["owed"] is True
    assert list(weighed["grounds"]) == ["not_identified"]
    refused = await request.post("refusal", ground="not_identified", reason="Nobody answered our letter.")
    assert (refused.status_code, refused.json()["article"]) == (200, "GDPR Art. 12(6)")


async def test_how_somebody_was_identified_is_recorded_once_and_by_its_means(house: House) -> None:
    request = await asked(house, "access", identified=False)
    done = await request.post("identification", means="callback_to_number")
    assert (done.json()["state"], done.json()["means"]) == ("identified", "callback_to_number")
    assert (await request.post("identification", means="document_seen")).status_code == 409
    assert (await request.post("identification", means="henkilötunnus")).status_code in (400, 422)
    events = await logged(house, "subject_request.identified")
    assert events[-1]["details"] == {"means": "callback_to_number"}


async def test_an_extension_is_told_within_the_first_month_and_once(house: House) -> None:
    received = today(house)
    request = await asked(house, "access")
    late = await asked(house, "access", received_on=str(received - timedelta(days=60)))
    assert (await late.post("extension", reason="There are many.")).status_code == 409
    extended = await request.post("extension", reason="There are hundreds of calls.\nWe listen to each.")
    assert extended.json()["due_on"] == str(answer_by(received, extended=True))
    assert (await request.post("extension", reason="Still many.")).status_code == 409
    words = await request.letter(extension=True)
    assert "hundreds of calls" in words
    assert "12 artiklan 3 kohta" in words
    assert (await request.handler.get(f"/v1/subject-requests/{request.id}/letter.pdf")).status_code == 404


async def test_what_is_overdue_is_told_once(house: House) -> None:
    request = await asked(house, "access", received_on=str(today(house) - timedelta(days=45)))
    custody = house.world.custody
    await watch(custody, [open_deadlines], house.tenant)
    assert await watch(custody, [open_deadlines], house.tenant) == 0
    told = (await house.administrator.get("/v1/messages")).json()
    overdue = [each for each in told["items"] if each["topic"] == "subject_request.overdue"]
    assert len(overdue) == 1
    assert request.id in str(overdue)
    await request.post("refusal", ground="unfounded", reason="The same as last week.")
    answered = await logged(house, "subject_request.refused")
    assert answered[-1]["details"]["days_late"] > 0


async def test_what_was_said_can_be_completed_until_something_is_done(house: House) -> None:
    recording = await house.recording()
    request = await asked(house, "rectification", said={"facts": "I called in the morning."})
    assert await request.candidates() == []
    body = {"facts": "I called in the morning.", "numbers": [NUMBER]}
    changed = await request.handler.request("PUT", f"/v1/subject-requests/{request.id}/said", json=body)
    assert (changed.status_code, changed.json()["said"]["numbers"]) == (200, [NUMBER])
    assert await request.candidates() == [recording]
    assert (await request.post("statements", text="It was not me.")).status_code == 200
    again = await request.handler.request("PUT", f"/v1/subject-requests/{request.id}/said", json=body)
    assert again.status_code == 409


async def test_nobody_can_answer_twice(house: House) -> None:
    request = await asked(house, "access")
    answered = await request.post("answer", words="We looked twice.")
    assert (answered.status_code, answered.json()["state"]) == (200, "answered")
    steps: dict[str, dict[str, Any]] = {
        "answer": {},
        "refusal": {"ground": "unfounded", "reason": WORDS},
        "withdrawal": {},
        "extension": {"reason": WORDS},
        "identification": {"means": "document_seen"},
    }
    for step, body in steps.items():
        assert (await request.post(step, **body)).status_code == 409, step
    words = await request.letter()
    assert "Meillä ei ole sinua koskevia tallenteita" in words
    assert "We looked twice." in words
    assert "tietosuojavaltuutetulle" in words


async def test_lists_go_page_by_page(house: House) -> None:
    ids = [(await asked(house, "access", identified=False)).id for _ in range(3)]
    dpo = await house.person(Role.DPO)
    first = (await dpo.get("/v1/subject-requests", params={"limit": 2})).json()
    rest = (await dpo.get("/v1/subject-requests", params={"limit": 2, "cursor": first["next"]})).json()
    assert [item["id"] for item in [*first["items"], *rest["items"]]] == ids[::-1]
    assert rest["next"] is None
    withdrawn = await dpo.post(f"/v1/subject-requests/{ids[0]}/withdrawal")
    assert withdrawn.json()["state"] == "withdrawn"
    assert [item["id"] for item in (await dpo.get("/v1/subject-requests", params={"open": True})).json()["items"]] == [
        ids[2],
        ids[1],
    ]
    assert (await dpo.get("/v1/subject-requests", params={"state": "withdrawn"})).json()["items"][0]["id"] == ids[0]


async def test_the_log_and_the_catalogue_know_nothing_that_names_anybody(house: House, world: World) -> None:
    request = await asked(house, "access", said={"numbers": [NUMBER], "facts": "Matti Meikalainen called."})
    await request.candidates()
    events = (await house.administrator.get("/v1/audit/events?limit=1000")).text
    assert "Meikalainen" not in events
    assert "501234567" not in events
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT * FROM subject_request WHERE tenant_id = $1", house.tenant)
    assert len(rows) == 1
    assert "Meikalainen" not in str(dict(rows[0]))
