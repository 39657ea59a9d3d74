"""Nobody learns from an answer, nor from how long it takes, whether an account or an invitation is there.

Times are compared by the medians of samples that are taken in turn, so that whatever else the machine does falls on
both alike; and by a factor that a missing hash or a missing look-up would exceed.
"""

import itertools
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from tests.identity.walking import let_in
from tests.serving import serve
from tests.world import House, World, redemption
from vault.identity import passwords
from vault.web_settings import WebSettings

SAMPLES = 10
MOST_ROUNDS = 6
"""What takes longer takes longer in all of them; what was busy is not so for ever."""
FACTOR = 1.6
BALANCED = WebSettings(limits={}, trusted_proxies=(ip_network("127.0.0.0/8"),))

Ask = Callable[[], Awaitable[httpx.Response]]


@pytest.fixture
def costly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hash that costs enough to be missed, if one of the two answers went without."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1))
    passwords._unknown_verifier.cache_clear()
    yield
    passwords._unknown_verifier.cache_clear()


async def in_turn(*asks: Ask) -> list[list[httpx.Response]]:
    """Ask each in turn; the answers of each, the quickest of which are alike: what else the machine does only adds."""
    answers: list[list[httpx.Response]] = [[] for _ in asks]
    quickest = [math.inf] * len(asks)
    for _ in range(MOST_ROUNDS):
        for _, (number, ask) in itertools.product(range(SAMPLES), enumerate(asks)):
            begun = time.perf_counter()
            answers[number].append(await ask())
            quickest[number] = min(quickest[number], time.perf_counter() - begun)
        if max(quickest) < FACTOR * min(quickest):
            return answers
    raise AssertionError(quickest)


def seen(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """What there is to see of an answer."""
    return answer.status_code, answer.text, sorted({*answer.headers} - {"date"})


async def test_an_account_that_is_not_there_is_answered_as_a_wrong_password_is(
    costly: None, house: House, world: World
) -> None:
    person = await let_in(house)
    body = {"controller": house.slug, "email": person.email, "password": "a wrong password", "code": "000000"}
    addresses = (f"203.0.113.{number % 250}" for number in itertools.count())
    async with serve(world, BALANCED) as client:

        def asking(**changes: Any) -> Ask:
            # From another address each time: who guesses from one is held up, which is another promise.
            return lambda: client.post(
                "/v1/sessions", json=body | changes, headers={"x-forwarded-for": f"{next(addresses)}"}
            )

        answers = await in_turn(
            asking(), asking(email=f"nobody@{house.slug}.example"), asking(controller="nobody-here")
        )
    assert len({str(seen(answer)) for each in answers for answer in each}) == 1
    assert answers[0][0].status_code == 401


async def test_a_spent_invitation_is_answered_as_one_that_never_was(costly: None, house: House, world: World) -> None:
    body = {"email": f"spent@{house.slug}.example", "name": "Demo Person", "roles": ["quality"]}
    invitation = (await house.administrator.post("/v1/members", json=body)).json()["invitation"]
    await world.redeem(invitation)
    never = "x" * len(invitation)
    async with serve(world, BALANCED) as client:

        def asking(said: str) -> Ask:
            return lambda: client.post("/v1/invitations/redeem", json=redemption(said, "000000"))

        answers = await in_turn(asking(invitation), asking(never))
    assert len({str(seen(answer)) for each in answers for answer in each}) == 1
