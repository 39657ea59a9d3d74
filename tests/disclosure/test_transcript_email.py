"""A chat goes once to whoever took part in it and chose so, where the notice says so, and the address does not stay."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.vocabulary import Role
from tests.builders import chat, logged, talk
from tests.telling.mailing import Postbox, configured, mail_server
from tests.world import POLICIES, As, House, World
from vault.custody.database import DB, tenant_scope
from vault.disclosure import transcript_sending
from vault.emailing import hand_over
from vault.handlers import HANDLERS
from vault.mail_settings import MailServer
from vault.proposals.carrying import carry_out

ADDRESS = "somebody@customer.example"
SAID = ("Hei, missä hakemukseni on?", "{Hetki}, katson.\n.\nSe on käsittelyssä.")


class Killed(BaseException):
    """What a worker sees when it is killed."""


@pytest.fixture
async def postbox(world: World) -> AsyncIterator[Postbox]:
    made = Postbox()
    async with mail_server(made) as server:
        with configured(world, server):
            yield made


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("valtiokonttori")


async def chat_system(house: House) -> As:
    """The machine that delivers chats, with a token for that and for sending them."""
    return await house.lasting(await house.member(Role.INGEST), "ingest", "send_transcript")


async def a_chat(house: House, *said: str, **more: Any) -> UUID:
    described = chat(contact={"agent_id": "agent-1"}) | more
    return await house.recording(talk(*(said or SAID)), **described)


async def asked(person: As, recording: UUID, chosen_by: str = "customer", address: str | None = ADDRESS) -> Any:
    body = {"chosen_by": chosen_by} | ({} if address is None else {"address": address})
    return await person.post(f"/v1/recordings/{recording}/transcript-email", json=body)


async def stands(house: House, recording: UUID) -> dict[str, Any]:
    (found,) = (await house.administrator.get(f"/v1/recordings/{recording}/transcript-email")).json()
    return dict(found)


async def send(world: World, house: House) -> None:
    await transcript_sending.send(world.custody, house.tenant)


async def disclosure(house: House, recording: UUID) -> dict[str, Any]:
    id = (await stands(house, recording))["disclosure_id"]
    found: dict[str, Any] = (await house.administrator.get(f"/v1/disclosures/{id}")).json()
    return found


async def test_a_chat_is_sent_once_to_the_customer_who_chose_so(world: World, house: House, postbox: Postbox) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    first, second = await asked(machine, recording), await asked(machine, recording)
    assert (first.status_code, first.json()["state"]) == (202, "waiting")
    assert second.json()["disclosure_id"] == first.json()["disclosure_id"]
    assert ADDRESS not in first.text
    for _ in range(2):
        await send(world, house)
    (letter,) = postbox.letters
    assert postbox.recipients == [ADDRESS]
    for line in ("Hei, missä hakemukseni on?", "{Hetki}, katson."):
        assert line in letter.get_content()
    assert letter["subject"].startswith("Chat-keskustelunne")
    assert letter["message-id"].startswith(f"<{first.json()['disclosure_id']}@")
    assert (await stands(house, recording))["state"] == "sent"
    assert (await asked(machine, recording)).json()["state"] == "sent"
    given = await disclosure(house, recording)
    assert (given["kind"], given["state"]) == ("transcript_to_email", "fulfilled")
    async with tenant_scope(house.tenant):
        row = (await DB.fetch("SELECT sealed_address FROM transcript_email WHERE recording_id = $1", recording))[0]
    assert row["sealed_address"] is None
    (event,) = [
        each for each in await logged(house, "disclosure.sent") if each["object"] == first.json()["disclosure_id"]
    ]
    assert event["details"]["chosen_by"] == "customer"
    assert ADDRESS not in str(event)


async def test_the_address_lies_sealed_until_it_was_sent_to(world: World, house: House, postbox: Postbox) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    await asked(machine, recording)
    async with tenant_scope(house.tenant):
        row = (await DB.fetch("SELECT * FROM transcript_email WHERE recording_id = $1", recording))[0]
    assert ADDRESS.encode() not in row["sealed_address"]
    await send(world, house)


async def test_the_agent_has_their_own_chat_at_their_own_address_and_nobody_elses(
    world: World, house: House, postbox: Postbox
) -> None:
    recording = await a_chat(house, contact={"agent_id": "agent-7"})
    agent = await house.member(Role.AGENT, agent_id="agent-7")
    async with tenant_scope(house.tenant):
        own = (await DB.fetch("SELECT email FROM member WHERE id = $1", agent.id))[0]["email"]
    for chosen_by, address in (("customer", ADDRESS), ("agent", ADDRESS), ("customer", None)):
        assert (await asked(agent, recording, chosen_by, address)).status_code == 422
    assert (await asked(agent, recording, "agent", None)).status_code == 202
    await send(world, house)
    assert postbox.recipients == [own]
    other = await house.member(Role.AGENT, agent_id="agent-8")
    assert (await asked(other, recording, "agent", None)).status_code == 404
    assert (await other.get(f"/v1/recordings/{recording}/transcript-email")).status_code == 404
    assert (await agent.get(f"/v1/recordings/{recording}/transcript-email")).json()[0]["state"] == "sent"


async def test_of_a_chat_that_went_from_hand_to_hand_no_agent_has_the_others_turns(
    house: House, postbox: Postbox
) -> None:
    hands = [
        {"agent_id": "agent-7", "starts_ms": 0, "ends_ms": 60_000},
        {"agent_id": "agent-8", "starts_ms": 60_000, "ends_ms": 200_000},
    ]
    shared = await a_chat(house, contact={"agent_id": "agent-7"}, segments=hands)
    whole = await a_chat(house, contact={"agent_id": "agent-7"}, segments=hands[:1])
    agent = await house.member(Role.AGENT, agent_id="agent-7")
    assert (await asked(agent, shared, "agent", None)).status_code == 404
    assert (await asked(agent, whole, "agent", None)).status_code == 202


async def test_customer_and_agent_each_have_it_once(world: World, house: House, postbox: Postbox) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    for chosen_by in ("customer", "agent", "agent"):
        await asked(machine, recording, chosen_by, f"{chosen_by}@own.example")
    await send(world, house)
    ours = [address for address in postbox.recipients if address.endswith("@own.example")]
    assert sorted(ours) == ["agent@own.example", "customer@own.example"]


async def test_digits_that_go_after_an_hour_are_never_in_it(world: World, postbox: Postbox) -> None:
    chats = "[recorded.kinds.chat.retention]\n"
    edits = {chats: chats + 'identifiers = { keep = "PT1H", clause = "retention" }\n'}
    house = await world.house("valtiokonttori", edits=edits)
    machine = await chat_system(house)
    recording = await a_chat(house, "Numeroni on 0501234567.", "Kiitos.", started_at=world.now())
    assert (await asked(machine, recording)).status_code == 202
    await send(world, house)
    (letter,) = postbox.letters
    assert "0501234567" not in letter.get_content()
    assert "Kiitos." in letter.get_content()


async def test_after_a_day_it_is_too_late(world: World, house: House, postbox: Postbox) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    async with world.later(timedelta(hours=25)):
        assert (await asked(machine, recording)).status_code == 409


async def test_only_chats_are_sent(house: House, postbox: Postbox) -> None:
    machine = await chat_system(house)
    call = await house.recording(contact={"agent_id": "agent-1"}, direction="in")
    refused = await asked(machine, call)
    assert (refused.status_code, refused.json()["rule"]) == (403, "not-a-chat")


async def test_where_the_notice_does_not_say_so_nothing_is_sent(world: World, postbox: Postbox) -> None:
    house = await world.house("prh")
    machine, recording = await chat_system(house), await house.recording(talk(*SAID), **chat())
    refused = await asked(machine, recording)
    assert (refused.status_code, refused.json()["rule"]) == (403, "disclosure-not-in-policy")
    assert refused.json()["clause"]["id"] == "disclosure" or refused.json()["clause"]["text"]


async def test_where_the_notice_gives_the_choice_to_one_the_other_has_none(world: World, postbox: Postbox) -> None:
    edits = {'chosen_by = ["customer", "agent"]': 'chosen_by = ["customer"]'}
    house = await world.house("valtiokonttori", edits=edits)
    machine, recording = await chat_system(house), await a_chat(house)
    refused = await asked(machine, recording, "agent")
    assert (refused.status_code, refused.json()["rule"]) == (403, "not-theirs-to-choose")


async def test_a_choice_that_the_notice_took_away_meanwhile_is_not_carried_out(world: World, postbox: Postbox) -> None:
    house = await world.house("valtiokonttori")
    second, machine = await house.member(Role.ADMINISTRATOR), await chat_system(house)
    recordings = [await a_chat(house) for _ in range(2)]
    for recording, chosen_by in zip(recordings, ("agent", "customer"), strict=True):
        await asked(machine, recording, chosen_by)
    text = (POLICIES / "valtiokonttori.toml").read_text().replace('"valtiokonttori"', f'"{house.slug}"')
    line = next(line for line in text.splitlines() if line.startswith("effective_from"))
    text = text.replace(line, f"effective_from = {world.today()}").replace("version = 1\n", "version = 2\n", 1)
    body = {"policy": text.replace('chosen_by = ["customer", "agent"]', 'chosen_by = ["customer"]'), "reason": "Less."}
    proposal = (await house.administrator.post("/v1/policies", json=body)).json()["id"]
    approval = {"approve": True, "reason": "As our board decided."}
    assert (await second.post(f"/v1/proposals/{proposal}/decision", json=approval)).status_code == 200
    await carry_out(world.custody, HANDLERS, house.tenant)
    await send(world, house)
    assert [(await stands(house, each))["outcome"] for each in recordings] == ["not-theirs-to-choose", None]
    assert len(postbox.letters) == 1
    stopped = await disclosure(house, recordings[0])
    assert (stopped["state"], stopped["ended_rule"]) == ("stopped", "not-theirs-to-choose")


@pytest.mark.parametrize("address", [None, "", "nobody", "a@b", "a@b.example\r\nBcc: c@d.example"])
async def test_what_is_no_address_is_refused_by_name(house: House, postbox: Postbox, address: str | None) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    refused = await asked(machine, recording, address=address)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "address"


async def test_others_send_no_chats(world: World, house: House, postbox: Postbox) -> None:
    recording = await a_chat(house)
    for role in (Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR):
        assert (await asked(await house.person(role), recording)).status_code == 403
    assert (await asked(await house.machine(), recording)).status_code == 403
    assert (await asked(await world.operator(), recording)).status_code in (403, 404)
    stranger = await chat_system(await world.house("valtiokonttori"))
    assert (await asked(stranger, recording)).status_code == 404
    assert (await asked(stranger, uuid4())).status_code == 404


async def test_what_is_restricted_is_not_sent_also_where_that_came_after_the_choice(
    world: World, house: House, postbox: Postbox
) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    await asked(machine, recording)
    body = {"ground": "accuracy_contested"}
    assert (await house.administrator.post(f"/v1/recordings/{recording}/restrictions", json=body)).status_code == 201
    assert (await asked(machine, recording, "agent")).status_code == 404
    await send(world, house)
    assert not postbox.letters
    ended = await stands(house, recording)
    assert (ended["state"], ended["outcome"]) == ("not_sent", "stopped")
    assert (await disclosure(house, recording))["state"] == "stopped"


async def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(
    world: World, house: House, postbox: Postbox
) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    await asked(machine, recording)
    postbox.to_recipient = "450 later"
    for _ in range(2):
        await send(world, house)
    waiting = await stands(house, recording)
    assert (waiting["state"], waiting["outcome"], waiting["attempts"]) == ("waiting", "smtp-450", 1)
    postbox.to_recipient = "550 nobody"
    async with world.later(timedelta(seconds=6)):
        await send(world, house)
    ended = await stands(house, recording)
    assert (ended["state"], ended["outcome"], ended["attempts"]) == ("not_sent", "smtp-550", 2)
    stopped = await disclosure(house, recording)
    assert (stopped["state"], stopped["ended_rule"]) == ("stopped", "not-taken")
    postbox.to_recipient = "250 OK"
    assert (await asked(machine, recording, address="corrected@customer.example")).status_code == 202
    await send(world, house)
    assert postbox.recipients == ["corrected@customer.example"]


async def test_what_no_server_takes_for_a_day_is_given_up(world: World, house: House, postbox: Postbox) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    await asked(machine, recording)
    postbox.to_letter = "451 later"
    passed = timedelta()
    for delay in (*transcript_sending.DELAYS, timedelta()):
        async with world.later(passed):
            await send(world, house)
        passed += delay + timedelta(seconds=1)
    ended = await stands(house, recording)
    assert (ended["state"], ended["attempts"]) == ("not_sent", len(transcript_sending.DELAYS) + 1)


async def test_where_the_answer_was_lost_nobody_knows_and_nothing_is_sent_twice(
    world: World, house: House, postbox: Postbox
) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    await asked(machine, recording)
    postbox.breaks_off = True
    for _ in range(3):
        await send(world, house)
    assert len(postbox.letters) == 1
    await _is_unknown(house, recording, "unanswered")


@pytest.mark.parametrize("taken", [False, True])
async def test_a_worker_killed_while_handing_over_is_not_followed_by_a_second_letter(
    world: World, house: House, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    async def dies(server: MailServer, letter: Any) -> None:
        if taken:
            await hand_over(server, letter)
        raise Killed

    machine, recording = await chat_system(house), await a_chat(house)
    await asked(machine, recording)
    with monkeypatch.context() as patch:
        patch.setattr(transcript_sending, "hand_over", dies)
        with pytest.raises(Killed):
            await send(world, house)
    for _ in range(2):
        await send(world, house)
    assert len(postbox.letters) == taken
    await _is_unknown(house, recording, "interrupted")
    assert (await asked(machine, recording)).json()["state"] == "unknown"


async def test_a_worker_killed_before_handing_over_is_followed_by_the_letter(
    world: World, house: House, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> bool:
        raise Killed

    machine, recording = await chat_system(house), await a_chat(house)
    await asked(machine, recording)
    for step in ("_letter", "_begin"):
        with monkeypatch.context() as patch:
            patch.setattr(transcript_sending, step, dies)
            with pytest.raises(Killed):
                await send(world, house)
    await send(world, house)
    assert len(postbox.letters) == 1


async def test_what_no_worker_came_to_for_a_day_is_not_sent_any_more(
    world: World, house: House, postbox: Postbox
) -> None:
    machine, recording = await chat_system(house), await a_chat(house)
    await asked(machine, recording)
    async with world.later(timedelta(hours=26)):
        await send(world, house)
    assert not postbox.letters
    assert (await stands(house, recording))["outcome"] == "too-late"


async def test_without_a_mail_server_nothing_is_promised(world: World, house: House, postbox: Postbox) -> None:
    machine, recording, later = await chat_system(house), await a_chat(house), await a_chat(house)
    await asked(machine, later)
    with configured(world, None):
        assert (await asked(machine, recording)).status_code == 409
        await send(world, house)
    assert (await stands(house, later))["outcome"] == "not_configured"


async def _is_unknown(house: House, recording: UUID, outcome: str) -> None:
    ended = await stands(house, recording)
    assert (ended["state"], ended["outcome"]) == ("unknown", outcome)
    # It counts as given, and the DPO is told.
    assert (await disclosure(house, recording))["state"] == "fulfilled"
    told = await house.administrator.get("/v1/messages", params={"object_id": ended["disclosure_id"]})
    assert [one["topic"] for one in told.json()["items"]] == ["transcript.unknown"]
    async with tenant_scope(house.tenant):
        row = (await DB.fetch("SELECT sealed_address FROM transcript_email WHERE recording_id = $1", recording))[0]
    assert row["sealed_address"] is None
