"""Whoever opens or ends a grant may be killed anywhere: it is done once, whole, or not yet."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.builders import logged
from tests.disclosure.asking import desk
from tests.grants.granted import company, give
from tests.grants.test_reviews import begin, close, review
from tests.world import World
from vault.custody.database import tenant_scope
from vault.disclosure import rows
from vault.grants import ending, opening
from vault.grants import rows as sessions


class Died(BaseException):
    """The process is gone; nothing catches it."""


def dying(*_: Any, **__: Any) -> Any:
    raise Died


async def test_killed_while_it_opens_a_grant_is_opened_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = await company(world)
    recording = await of.desk.recording()
    disclosure = await of.ask(recording)
    await of.desk.approve(disclosure)
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(opening, "move", dying)
        await give(of.desk)
    assert (await of.desk.see(disclosure))["state"] == "approved"
    for _ in range(2):
        await give(of.desk)
    assert (await of.desk.see(disclosure))["state"] == "active"
    assert len(await logged(of.desk.house, "disclosure.opened")) == 1
    async with tenant_scope(of.desk.house.tenant):
        standing = (await rows.fetch(of.desk.house.tenant, UUID(disclosure))).disclosure
    # A worker that was told before another one opened it.
    assert await opening.give(world.custody, standing)
    assert len(await logged(of.desk.house, "disclosure.opened")) == 1


@pytest.mark.parametrize("step", ["move", "tell", "end_accesses"])
async def test_killed_while_it_ends_a_grant_is_ended_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    of = await company(world)
    recording = await of.desk.recording()
    disclosure = await of.grant(recording, days=1)
    opened = await of.heard(disclosure, recording)
    async with world.later(timedelta(days=1, minutes=1)):
        with monkeypatch.context() as patch, pytest.raises(Died):
            patch.setattr(ending, step, dying)
            await give(of.desk)
        assert (await of.desk.see(disclosure))["state"] == "active"
        assert (await of.person.get(opened["playback_urls"][0])).status_code in (403, 410)
        await give(of.desk)
        assert (await of.desk.see(disclosure))["state"] == "fulfilled"
        told = (await of.desk.dpo.get("/v1/messages")).json()["items"]
        assert [each["object_id"] for each in told if each["topic"] == "grant.ended"] == [disclosure]


async def test_killed_after_its_minutes_were_stored_a_review_is_closed_when_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = await desk(world)
    disclosure = await review(of, await of.recording())
    await begin(of, disclosure)
    with monkeypatch.context() as patch:
        patch.setattr(sessions, "close", _broken)
        assert (await close(of, disclosure)).status_code == 500
    assert (await of.see(disclosure))["state"] == "active"
    closed = await close(of, disclosure)
    assert closed.status_code == 200
    assert (await of.see(disclosure))["state"] == "fulfilled"
    assert len(await logged(of.house, "review.closed")) == 1


async def _broken(*_: Any, **__: Any) -> None:
    raise RuntimeError("The process is gone.")
