"""Somebody is let in for a purpose, and hears what they may: by hand, by the keyboard, without a script."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page

from tenants.vocabulary import Role
from tests.builders import chat, logged
from tests.console.browsing import Visitor
from tests.console.conftest import Visit
from tests.world import RECORDINGS, House, World, wav

REASON = "The claim 4711 is disputed."
SECONDS = 45
"""How long the stereo sample is."""

HANDS = [
    {"agent_id": "agent-1", "starts_ms": 0, "ends_ms": 3000},
    {"agent_id": "agent-2", "starts_ms": 3000, "ends_ms": 6000},
]


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("valtiokonttori")


@pytest.fixture(scope="module")
async def call(house: House) -> UUID:
    """A real call on two channels, in Opus."""
    sound = (RECORDINGS / "valtiokonttori" / "call-10.opus").read_bytes()
    contact = {"caller_number": "+358 50 000 1228", "agent_id": "agent-1"}
    return await house.recording(sound, media_type="audio/ogg", contact=contact)


async def say_why(visitor: Visitor, purpose: str = "Henkilöstön koulutus") -> None:
    await visitor.page.get_by_label(purpose, exact=True).check()
    await visitor.page.get_by_label("Why do you listen?").fill(REASON)
    await visitor.press("Listen")
    await visitor.page.wait_for_url("**access=*")


async def sound(page: Page, what: str) -> Any:
    """Something of the audio element."""
    return await page.evaluate(f"document.querySelector('audio').{what}")


async def until(page: Page, condition: str) -> None:
    """Until something is so of the audio element `a`."""
    await page.wait_for_function(f"() => {{ const a = document.querySelector('audio'); return {condition}; }}")


@asynccontextmanager
async def listening(visit: Visit, house: House, call: UUID, **window: Any) -> AsyncIterator[Visitor]:
    """A supervisor who has been let in, for the first time in their session of work."""
    async with visit(await house.member(Role.SUPERVISOR), **window) as visitor:
        await visitor.go(f"/recordings/{call}")
        await say_why(visitor)
        yield visitor


async def test_a_call_is_played_and_a_seek_lands(visit: Visit, house: House, call: UUID) -> None:
    answers: list[tuple[str, int]] = []
    async with visit(await house.member(Role.SUPERVISOR)) as visitor:
        page = visitor.page
        page.on("response", lambda answer: answers.append((answer.url, answer.status)))
        await visitor.go(f"/recordings/{call}")
        assert "pidempään vain niin kauan" in await page.inner_text("section[aria-labelledby=going-title]")
        await visitor.check_accessible()
        await say_why(visitor)
        await page.locator(".wave canvas").first.wait_for()
        assert await page.locator(".channels li").all_inner_texts() == ["Channel 1 (left)", "Channel 2 (right)"]
        await visitor.check_accessible()

        await visitor.press("Play or pause")
        await until(page, "a.currentTime > 0.3 && !a.paused")
        await page.locator(".wave").click(position={"x": 300, "y": 30})
        await until(page, "a.currentTime > 10 && !a.seeking && !a.paused")
        landed = await sound(page, "currentTime")
        await until(page, f"a.currentTime > {landed} + 0.2")
        await page.get_by_label("Speed").select_option("1.5")
        assert await sound(page, "playbackRate") == 1.5
    statuses = {status for url, status in answers if "/content" in url}
    assert statuses == {206}, "the sound comes in ranges, and nothing else has fetched it"
    assert [status for url, status in answers if url.endswith("/peaks")] == [200]


async def test_a_stretch_is_repeated_and_a_note_leads_to_its_second(visit: Visit, house: House, call: UUID) -> None:
    async with listening(visit, house, call) as visitor:
        page = visitor.page
        await page.locator(".wave canvas").first.wait_for()
        await page.get_by_label("New note").fill("Tässä sovittiin.")
        assert await page.get_by_label("At (minutes:seconds)").input_value() == "", "nothing was heard yet"
        await page.get_by_label("At (minutes:seconds)").fill("0:20")
        await visitor.press("Add the note")
        await visitor.follow("0:20")
        await until(page, "Math.abs(a.currentTime - 20) < 0.2")
        await visitor.press("From here (A)")
        await visitor.press("On 10 s")
        await until(page, "Math.abs(a.currentTime - 30) < 0.2")
        await visitor.press("To here (B)")
        assert await page.locator(".wave .loop").is_visible()
        await page.evaluate("document.querySelector('audio').currentTime = 29.5")
        await visitor.press("Play or pause")
        await until(page, "a.currentTime > 20 && a.currentTime < 25 && !a.paused")
        await page.get_by_label("New note").fill("Tässä alettiin.")
        assert await page.get_by_label("At (minutes:seconds)").input_value() != "", "what is begun to be written"
        await page.get_by_label("At (minutes:seconds)").fill("0:35")
        await visitor.press("Add the note")
        await visitor.follow("0:35")
        await until(page, "a.currentTime > 35")
        assert await page.locator(".wave .loop").is_hidden(), "who asks to go elsewhere is not led back"
        await visitor.press("From here (A)")
        await visitor.press("Repeat no more")
        assert not await page.locator(".wave .loop").is_visible()
        await visitor.check_accessible()


async def test_the_keyboard_alone_finds_and_plays(visit: Visit, house: House, call: UUID) -> None:
    async with visit(await house.member(Role.SUPERVISOR)) as visitor:
        page, keys = visitor.page, visitor.page.keyboard

        async def tab_to(selector: str) -> None:
            for _ in range(80):
                await keys.press("Tab")
                if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
                    return
            raise AssertionError(f"the keyboard does not reach {selector}")

        await visitor.go("/recordings")
        await tab_to("#field-number")
        await keys.type("050 000 1228")
        await keys.press("Enter")
        await page.wait_for_url("**/recordings?search=*")
        await tab_to("#lines a")
        await keys.press("Enter")
        await page.wait_for_url(f"**/recordings/{call}*")
        await tab_to("input[name=purpose]")
        await keys.press("Space")
        await tab_to("#field-reason")
        await keys.type(REASON)
        await keys.press("Enter")
        await page.wait_for_url("**access=*")
        await page.locator(".wave canvas").first.wait_for()
        assert await page.evaluate("document.activeElement.id") == "listening"
        await keys.press("Space")
        await until(page, "a.currentTime > 0.3 && !a.paused")
        await keys.press("k")
        await until(page, "a.paused")
        before = await sound(page, "currentTime")
        await keys.press("l")
        await until(page, f"Math.abs(a.currentTime - {before} - 10) < 0.3")
        await keys.press("ArrowLeft")
        await until(page, f"Math.abs(a.currentTime - {before} - 5) < 0.3")
        await keys.press("[")
        await keys.press("ArrowRight")
        await keys.press("]")
        assert await page.locator(".wave .loop").is_visible()
        await keys.press("c")
        await keys.press(">")
        assert await sound(page, "playbackRate") == 1.25
        await keys.press("End")
        await until(page, f"Math.abs(a.currentTime - {SECONDS}) < 0.5")


async def test_one_is_asked_once_and_again_where_the_purpose_does_not_fit(
    visit: Visit, house: House, call: UUID
) -> None:
    other = await house.recording(contact={"agent_id": "agent-1"})
    async with listening(visit, house, call, viewport={"width": 320, "height": 700}) as visitor:
        assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
        assert "Henkilöstön koulutus" in await visitor.page.inner_text("aside.purpose")
        await visitor.go(f"/recordings/{other}")
        await visitor.press("Listen")
        await visitor.page.wait_for_url("**access=*")
        await visitor.press("Stop listening")
        assert "You have stopped listening" in await visitor.text()
        await visitor.page.get_by_text("For another purpose or reason").click()
        await visitor.page.get_by_label("Asiakkaan ja asiakaspalvelijan oikeusturva").check()
        await visitor.press("Change")
        assert "oikeusturva" in await visitor.page.inner_text("aside.purpose")
        await visitor.go("/recordings")
        await visitor.press("Other work: ask me again")
        await visitor.go(f"/recordings/{other}")
        await visitor.press("Listen")
        assert await visitor.page.locator("#field-reason:invalid").count() == 1, "no reason was given"
    purposes = [event["purpose"] for event in await logged(house, "access.opened") if event["object"] == str(other)]
    assert purposes == ["training"]
    looked = [
        event.get("purpose") for event in await logged(house, "recording.described") if event["object"] == str(other)
    ]
    assert (looked[0], looked[-1]) == ("training", None)


async def test_without_javascript_one_is_let_in_and_has_the_browsers_own_player(
    visit: Visit, house: House, call: UUID
) -> None:
    async with listening(visit, house, call, java_script_enabled=False) as visitor:
        player = visitor.page.locator("audio[controls]")
        source = await player.get_attribute("src")
        answer = await visitor.page.request.get(f"{visitor.url}{source}", headers={"range": "bytes=0-1"})
        assert answer.status == 206
        assert not await visitor.page.locator(".controls").is_visible()
        await visitor.press("Listen on for another quarter of an hour")
        assert await player.get_attribute("src") != source


async def test_when_the_leave_is_over_one_press_renews_it_at_the_same_second(
    visit: Visit, house: House, call: UUID
) -> None:
    async with visit(await house.member(Role.SUPERVISOR)) as visitor:
        page = visitor.page
        await page.clock.install()
        await visitor.go(f"/recordings/{call}")
        await say_why(visitor)
        assert "14 min left" in await page.inner_text("[data-countdown]")
        await page.evaluate("document.querySelector('audio').currentTime = 12")
        await until(page, "a.currentTime === 12")
        await page.clock.fast_forward("15:01")
        await page.locator("[data-over]").wait_for()
        assert not await page.locator("audio").is_visible()
        await visitor.check_accessible()
        await visitor.press("Listen on for another quarter of an hour")
        await page.wait_for_url("**at=12.0*")
        await until(page, "a.currentTime === 12")
    async with house.world.later(timedelta(minutes=16)):
        lasting = await house.person(Role.SUPERVISOR)
        async with visit(lasting) as visitor:
            await visitor.go(f"/recordings/{call}?access={call}")
            assert "That leave to listen is over." in await visitor.text()
            await visitor.check_accessible()


async def test_an_agent_hears_their_own_stretch_of_a_call_and_nothing_else(visit: Visit, house: House) -> None:
    contact = {"caller_number": "+358501112233", "agent_id": "agent-1"}
    handed_on = await house.recording(wav(6.0), contact=contact, segments=HANDS)
    async with visit(await house.member(Role.AGENT, agent_id="agent-2")) as visitor:
        await visitor.go(f"/recordings/{handed_on}")
        await say_why(visitor)
        assert await visitor.page.locator(".excerpts li h3").all_inner_texts() == ["From 0:03 to 0:06"]
        assert await visitor.page.locator(".wave").count() == 0
        await visitor.check_accessible()
        await visitor.press("Play or pause")
        await until(visitor.page, "a.currentTime > 0.2")
        assert await sound(visitor.page, "duration") == pytest.approx(3.0, abs=0.05)


@pytest.mark.parametrize("name", ["chat-02", "chatbot-06", "sms_survey-08"])
async def test_what_was_written_is_read_as_it_was_said(visit: Visit, world: World, name: str) -> None:
    house = await world.house("prh")
    written = (RECORDINGS / "prh" / f"{name}.json").read_bytes()
    recording = await house.recording(written, **chat(kind=name.partition("-")[0]))
    said = json.loads(written)
    lines = said.get("messages") or said["answers"]
    for window in ({}, {"java_script_enabled": False}):
        async with visit(await house.member(Role.SUPERVISOR), **window) as visitor:
            await visitor.go(f"/recordings/{recording}")
            await visitor.page.locator("input[name=purpose]").first.check()
            await visitor.page.get_by_label("Why do you read it?").fill(REASON)
            await visitor.press("Read")
            shown = await visitor.page.inner_text(".conversation")
            assert str(lines[0].get("text", lines[0].get("question"))) in shown
            assert await visitor.page.get_attribute(".conversation", "lang") == "fi"
            assert "Whoever may read the text reads the note." in await visitor.text()
            assert await visitor.page.get_by_label("At (minutes:seconds)").count() == 0, "a text has no seconds"
            if not window:
                await visitor.check_accessible()
                if name == "chatbot-06":
                    going = await visitor.page.inner_text("section[aria-labelledby=going-title]")
                    assert re.search(r"What was cut out as an identifier goes on \S+, \d\d:\d\d,", going), (
                        "it is an hour"
                    )
                await visitor.page.get_by_text("Hold this recording", exact=True).click()
                await visitor.page.get_by_label("Reason").select_option("legal_claim")
                await visitor.press("Hold it")
                assert "The recording is held." in await visitor.text()
                assert await visitor.page.locator(".conversation").count(), "and one reads on where one was"
                assert "held beyond its day" not in await visitor.page.content(), "its day is to come"


async def test_what_is_restricted_is_heard_by_whom_the_law_lets_and_hidden_from_others(
    visit: Visit, house: House
) -> None:
    recording = await house.recording(wav(4.0))
    dpo = await house.person(Role.DPO)
    made = await dpo.post(f"/v1/recordings/{recording}/restrictions", json={"ground": "accuracy_contested"})
    assert made.status_code == 201
    async with visit(await house.person(Role.SUPERVISOR)) as visitor:
        await visitor.go(f"/recordings/{recording}")
        assert "There is nothing here that you may see" in await visitor.text()
    async with visit(dpo) as visitor:
        await visitor.go(f"/recordings/{recording}")
        assert "The use of this recording is restricted" in await visitor.text()
        await visitor.check_accessible()
        await visitor.page.locator("input[value=legal_claims]").check()
        await visitor.page.get_by_label("Why do you listen?").fill(REASON)
        await visitor.press("Listen")
        await visitor.page.wait_for_url("**access=*")
        await visitor.press("Play or pause")
        await until(visitor.page, "a.currentTime > 0.2")
        await visitor.check_accessible()


async def test_what_has_gone_says_when_and_by_which_promise(visit: Visit, house: House, call: UUID) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    async with house.world.later(timedelta(days=400)), visit(supervisor) as visitor:
        await visitor.go(f"/recordings/{call}")
        assert "This recording is gone" in await visitor.text()
        assert "12 kuukautta" in await visitor.text()
        await visitor.check_accessible()
