"""Each route asks of each role just what it says, at home and in another house."""

import asyncio
import base64
import json
import statistics
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tenants.actions import Action
from tenants.policy import Policy
from tenants.reading import read_policy
from tenants.vocabulary import Role
from tests.identity.directories import GROUP, PATCH, USER
from tests.structure.asking import NO_IDS, Route, body_of, routes
from tests.structure.test_routes import BODIES, TUS, ids, owner, stranger  # noqa: F401 - fixtures
from tests.world import POLICIES, As, House, World, call

ASKING = tuple(route for route in routes() if route.actions and not route.path.startswith("/receive"))
"""Those that ask for an action. The pages answer a browser with pages, which have tests of their own."""

WITH_ID = tuple(route for route in ASKING if set(route.parameters) - {"number", "seq", "path", "name"})
AT_ONCE = 8
NOISE = ("x-request-id", "date", "content-length")
"""Headers that are another's at each answer; the length follows from the body, which is compared."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy((POLICIES / "prh.toml").read_text(), source="prh.toml")


def test_every_kind_of_id_that_stands_in_a_path_has_a_real_thing(ids: dict[str, str]) -> None:  # noqa: F811 - a fixture
    unknown = {name for route in WITH_ID for name in route.parameters} - ids.keys() - NO_IDS.keys()
    assert not unknown, f"Make one of the owner's in the fixture `ids` of test_routes.py, for: {sorted(unknown)}"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
async def test_a_role_without_the_right_is_refused_and_one_with_it_is_not(
    policy: Policy,
    owner: House,  # noqa: F811 - the fixture
    ids: dict[str, str],  # noqa: F811 - a fixture
    role: Role,
) -> None:
    person = await owner.member(role)

    async def wrong(route: Route) -> str | None:
        if route.may(role, policy):
            if route.is_live:
                return None
            # Of nothing, so that nothing is done: whoever may is told that there is nothing, or what is wrong.
            answer = await _ask(person, route, {"slug": owner.slug})
            return f"{route} answers {role} {answer.status_code}" if answer.status_code == 403 else None
        answer = await _ask(person, route, ids | {"slug": owner.slug})
        allowed = answer.status_code in (403, 404)
        return None if allowed else f"{route} answers {role} {answer.status_code}: {answer.text[:200]}"

    _none(await _each(ASKING, wrong))


async def test_the_operators_are_refused_and_let_in_by_the_same_table(world: World, policy: Policy) -> None:
    operator = await world.operator()

    async def wrong(route: Route) -> str | None:
        if route.is_live and route.may(Role.OPERATOR, policy):
            return None
        answer = await _ask(operator, route, {})
        refused = answer.status_code in (403, 404) if not route.may(Role.OPERATOR, policy) else True
        return None if refused else f"{route} answers an operator {answer.status_code}: {answer.text[:200]}"

    _none(await _each(ASKING, wrong))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
async def test_for_every_role_anothers_id_answers_as_one_that_does_not_exist(
    ids: dict[str, str],  # noqa: F811 - a fixture
    owner: House,  # noqa: F811 - a fixture
    stranger: House,  # noqa: F811 - a fixture
    role: Role,
) -> None:
    person = await stranger.member(role)
    theirs = ids | {"slug": owner.slug}

    async def wrong(route: Route) -> str | None:
        real, absent = await _told(person, route, theirs), await _told(person, route, {})
        if real != absent:
            return f"{role} can tell by {route}: {real} and {absent}"
        return None if real[0] in (403, 404) else f"{route} answers {role} {real}"

    _none(await _each(WITH_ID, wrong))


_WHOM, _WHAT = {"schemas": [USER], "userName": "somebody@tries.example"}, {"schemas": [GROUP], "displayName": "Tries"}
_SOUGHT = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
_CHANGED = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "Somebody tries"}]}
SENT: dict[str, dict[str, Any]] = {
    "create_scim_user": _WHOM,
    "replace_scim_user": _WHOM,
    "create_scim_group": _WHAT,
    "replace_scim_group": _WHAT,
    "patch_scim_user": _CHANGED,
    "patch_scim_group": _CHANGED,
    "search_scim_users": _SOUGHT,
    "search_scim_groups": _SOUGHT,
    "add_member": {"email": "somebody@tries.example", "name": "Demo Person", "roles": [Role.QUALITY]},
    "order_destruction": {"recording": str(uuid4()), "reason": "somebody tries"},
}
"""Bodies whose shape is another standard's, or of which more is asked than their shape tells."""

ASKED = {
    "add_disclosure_document": {"purpose": "order"},
    "prove_consistency": {"old": "1"},
    "read_policy_version": {"version": "1"},
}

_SAID = base64.b64encode(json.dumps(call(), default=str).encode()).decode()
UPLOAD = {"upload-length": "1", "upload-metadata": f"recording {_SAID}"}

TIMED = ("describe_recording", "open_access", "read_disclosure", "read_certificate", "explain_retention")
SAMPLES = 40
FACTOR = 1.6


async def test_no_longer_is_taken_over_anothers_id_than_over_one_that_does_not_exist(
    ids: dict[str, str],  # noqa: F811 - a fixture
    stranger: House,  # noqa: F811 - a fixture
) -> None:
    supervisor, administrator = await stranger.person(Role.SUPERVISOR), stranger.administrator
    for route in (route for route in WITH_ID if route.name in TIMED):
        person = supervisor if Action.LISTEN in route.actions or Action.SEARCH in route.actions else administrator
        real, absent = list[float](), list[float]()
        for _ in range(SAMPLES):
            # In turn, so that whatever else the machine does falls on both alike.
            real.append(await _seconds(person, route, ids))
            absent.append(await _seconds(person, route, {}))
        ratio = statistics.median(real) / statistics.median(absent)
        assert 1 / FACTOR < ratio < FACTOR, f"{route}: {ratio:.2f}"


async def _seconds(person: As, route: Route, known: dict[str, str]) -> float:
    begun = time.perf_counter()
    await _ask(person, route, known)
    return time.perf_counter() - begun


async def _told(person: As, route: Route, known: dict[str, str]) -> tuple[int, str, list[tuple[str, str]]]:
    """What an answer tells: its status, its body without the ids that were asked for, its headers."""
    used = {name: known.get(name) or NO_IDS.get(name) or str(uuid4()) for name in route.parameters}
    answer = await _ask(person, route, used)
    body = answer.text
    for name, value in used.items():
        body = body if name in ("number", "seq") else body.replace(value, "")
    headers = [(name, value) for name, value in sorted(answer.headers.items()) if not _is_noise(name)]
    return answer.status_code, body, headers


def _is_noise(header: str) -> bool:
    return header in NOISE or header.startswith("ratelimit")


async def _ask(person: As, route: Route, known: dict[str, str]) -> httpx.Response:
    headers: dict[str, str] = TUS | UPLOAD if "/uploads" in route.path else {}
    if route.name == "override_upload_method":
        headers["x-http-method-override"] = "PATCH"
    body = BODIES.get(route.name) or SENT.get(route.name) or body_of(route)
    more: dict[str, Any] = {} if body is None else {"json": body}
    if route.name in ASKED:
        more["params"] = ASKED[route.name]
    return await person.request(route.method, route.url(known), headers=headers, **more)


def _none(found: list[str | None]) -> None:
    wrong = [each for each in found if each is not None]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


async def _each(asked: tuple[Route, ...], ask: Any) -> list[Any]:
    """The answers for all routes, some at once."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(route: Route) -> Any:
        async with free:
            return await ask(route)

    return await asyncio.gather(*map(one, asked))
