"""A token has a form, a life, a successor and a last use, and may be bound to a client certificate."""

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.vocabulary import Role
from tests.world import As, House, World
from vault.accounts import Sessions
from vault.credentials import is_token, new_token
from vault.errors import Invalid, NotAllowed
from vault.identity.subjects import canonical
from vault.identity.tokens import NewToken, issue


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    return await world.house("prh")


async def issued(by: As, member: As, **wanted: Any) -> dict[str, Any]:
    answer = await by.post(f"/v1/members/{member.id}/tokens", json=wanted)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(by: As, member: As) -> dict[str, dict[str, Any]]:
    answer = await by.get(f"/v1/members/{member.id}/tokens")
    assert answer.status_code == 200, answer.text
    return {token["id"]: token for token in answer.json()}


async def holder(house: House, made: dict[str, Any], member: As) -> As:
    return As(house.world.client, member.id, made["token"])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_token_is_found_by_a_scanner_and_told_from_what_only_looks_like_one() -> None:
    token = new_token()
    assert re.fullmatch("rv_[0-9A-Za-z]{49}", token)
    assert is_token(token)


@given(st.integers(3, 51), st.sampled_from("0Az"))
def test_one_wrong_character_makes_it_none(at: int, other: str) -> None:
    token = new_token()
    changed = token[:at] + other + token[at + 1 :]
    assert is_token(changed) == (changed == token)


@given(st.text())
def test_no_other_text_is_a_token(text: str) -> None:
    assert not is_token(text)


async def test_a_token_ends_after_ninety_days_where_nobody_says_when(house: House) -> None:
    machine = await house.machine()
    made = await issued(house.administrator, machine)
    assert abs(moment(made["expires_at"]) - house.world.now() - timedelta(days=90)) < timedelta(minutes=1)
    holding = await holder(house, made, machine)
    assert (await holding.get("/v1/me")).status_code == 200
    async with house.world.later(timedelta(days=91)):
        assert (await holding.get("/v1/me")).status_code == 401


@pytest.mark.parametrize(
    ("by", "rule"), [(timedelta(days=400), "longest"), (timedelta(minutes=-1), "future")], ids=["too far", "gone by"]
)
async def test_a_token_is_good_for_a_year_at_most(house: House, by: timedelta, rule: str) -> None:
    machine = await house.machine()
    body = {"expires_at": (house.world.now() + by).isoformat()}
    answer = await house.administrator.post(f"/v1/members/{machine.id}/tokens", json=body)
    assert answer.status_code == 422
    assert [(each["field"], each["rule"]) for each in answer.json()["errors"]] == [("expires_at", rule)]


async def test_a_token_issues_none_that_is_good_for_longer_than_itself(house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    soon = house.world.now() + timedelta(hours=1)
    short = await holder(house, await issued(supervisor, supervisor, expires_at=soon.isoformat()), supervisor)
    assert moment((await issued(short, short))["expires_at"]) == soon
    later = {"expires_at": (soon + timedelta(hours=1)).isoformat()}
    assert (await short.post(f"/v1/members/{short.id}/tokens", json=later)).status_code == 403


async def test_a_replaced_token_stays_good_for_the_overlap_and_no_longer(house: House) -> None:
    machine = await house.machine()
    until = (house.world.now() + timedelta(days=200)).isoformat()
    first = await issued(house.administrator, machine, scopes=["ingest"], expires_at=until)
    old = await holder(house, first, machine)
    answer = await house.administrator.post(f"/v1/tokens/{first['id']}/rotation", json={"overlap_hours": 48})
    assert answer.status_code == 201
    second = answer.json()
    new = await holder(house, second, machine)
    assert abs(moment(second["expires_at"]) - moment(until)) < timedelta(minutes=1)
    tokens = await listed(house.administrator, machine)
    assert tokens[second["id"]]["scopes"] == ["ingest"]
    assert tokens[first["id"]]["replaced_by"] == second["id"]
    async with house.world.later(timedelta(hours=47)):
        assert [(await each.get("/v1/me")).status_code for each in (old, new)] == [200, 200]
    async with house.world.later(timedelta(hours=49)):
        # A process remembers a token for two seconds: it must have asked again.
        await asyncio.sleep(2.1)
        assert [(await each.get("/v1/me")).status_code for each in (old, new)] == [401, 200]


async def test_a_token_is_replaced_once_and_by_whoever_may_issue_it(house: House) -> None:
    supervisor, quality = await house.person(Role.SUPERVISOR), await house.person(Role.QUALITY)
    made = await issued(supervisor, supervisor, scopes=["search"])
    url = f"/v1/tokens/{made['id']}/rotation"
    for stranger in (quality, house.administrator):
        assert (await stranger.post(url, json={})).status_code == 404
    narrowed = await holder(house, await issued(supervisor, supervisor, scopes=["listen"]), supervisor)
    assert (await narrowed.post(url, json={})).status_code == 403
    itself = await holder(house, made, supervisor)
    assert (await itself.post(url, json={"overlap_hours": 0})).status_code == 201
    made = await issued(supervisor, supervisor)
    url = f"/v1/tokens/{made['id']}/rotation"
    assert (await supervisor.post(url, json={})).status_code == 201
    assert (await supervisor.post(url, json={})).status_code == 409


async def test_a_token_that_ends_soon_replaces_none_by_one_that_outlives_it(house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    in_a_day = (house.world.now() + timedelta(days=1)).isoformat()
    short = await holder(house, await issued(supervisor, supervisor, expires_at=in_a_day), supervisor)
    longer = await issued(supervisor, supervisor)
    answer = await short.post(f"/v1/tokens/{longer['id']}/rotation", json={})
    assert answer.status_code == 201
    assert moment(answer.json()["expires_at"]) == moment(in_a_day)


async def test_an_overlap_of_more_than_a_week_is_refused_by_name_of_the_field(house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    made = await issued(supervisor, supervisor)
    answer = await supervisor.post(f"/v1/tokens/{made['id']}/rotation", json={"overlap_hours": 169})
    assert answer.status_code == 400
    assert "overlap_hours" in answer.text


async def test_a_tokens_last_use_is_shown_and_its_secret_never_again(house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    made = await issued(supervisor, supervisor)
    assert (await listed(supervisor, supervisor))[made["id"]]["last_used_at"] is None
    used_at = house.world.now()
    assert (await (await holder(house, made, supervisor)).get("/v1/me")).status_code == 200
    async with asyncio.timeout(10):
        # Another process of the vault could write it: there is no event to wait for.
        while not (shown := (await listed(house.administrator, supervisor))[made["id"]]["last_used_at"]):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    assert abs(moment(shown) - used_at) < timedelta(minutes=1)
    assert made["token"] not in (await supervisor.get(f"/v1/members/{supervisor.id}/tokens")).text


async def test_tokens_are_listed_to_their_owner_and_administrators_only(house: House) -> None:
    supervisor, quality = await house.person(Role.SUPERVISOR), await house.person(Role.QUALITY)
    made = await issued(supervisor, supervisor)
    assert made["id"] in await listed(supervisor, supervisor)
    assert (await quality.get(f"/v1/members/{supervisor.id}/tokens")).status_code == 403
    other = await house.world.house("prh")
    assert (await other.administrator.get(f"/v1/members/{supervisor.id}/tokens")).status_code == 404


async def test_what_is_ended_is_not_listed(house: House) -> None:
    supervisor = await house.person(Role.SUPERVISOR)
    made = await issued(supervisor, supervisor)
    assert (await supervisor.delete(f"/v1/tokens/{made['id']}")).status_code == 204
    assert made["id"] not in await listed(supervisor, supervisor)
    assert (await supervisor.post(f"/v1/tokens/{made['id']}/rotation", json={})).status_code == 404


async def test_a_token_bound_to_a_certificate_is_good_for_nothing_without_it(house: House) -> None:
    machine = await house.machine()
    made = await issued(house.administrator, machine, certificate_subject="CN=pbx-1,O=Demo Oy")
    assert (await listed(house.administrator, machine))[made["id"]]["bound_to_certificate"] is True
    holding = await holder(house, made, machine)
    assert (await holding.get("/v1/me")).status_code == 401
    cookie = {"cookie": f"vault_session={made['token']}"}
    assert (await house.world.client.get("/v1/me", headers=cookie)).status_code == 401
    assert (await house.world.client.get("/receive", headers=cookie)).status_code == 200  # which asks to sign in


async def test_a_token_bound_to_a_certificate_issues_none_that_is_not(house: House) -> None:
    supervisor, subject, custody = await house.person(Role.SUPERVISOR), "CN=desk-1,O=Demo Oy", house.world.custody
    made = await issued(supervisor, supervisor, certificate_subject=subject)
    caller = await Sessions(custody).authenticate(made["token"], certificate=subject)
    for wanted in (NewToken(), NewToken(certificate_subject="CN=other,O=Demo Oy")):
        with pytest.raises(NotAllowed):
            await issue(custody, caller, supervisor.id, wanted)
    assert await issue(custody, caller, supervisor.id, NewToken(certificate_subject=subject))


@pytest.mark.parametrize("subject", ["nonsense", "CN", "=x", "CN=" + "x" * 2000, "CN=a,,O=b"])
def test_a_subject_that_is_none_is_refused_by_name_of_the_field(subject: str) -> None:
    with pytest.raises(Invalid) as refused:
        canonical(subject)
    assert [problem.field for problem in refused.value.problems] == ["certificate_subject"]


@pytest.mark.parametrize("spelling", ["CN=pbx-1,O=Demo Oy", "CN=pbx\\2d1,O=Demo Oy", "CN=pbx-1,O=Demo\\ Oy"])
def test_a_subject_has_one_spelling_whoever_writes_it(spelling: str) -> None:
    assert canonical(spelling) == "CN=pbx-1,O=Demo Oy"


@given(st.text(max_size=200))
def test_a_subject_is_read_or_refused_and_read_the_same_again(text: str) -> None:
    try:
        once = canonical(text)
    except Invalid:
        return
    assert canonical(once) == once


async def test_a_session_that_has_been_open_for_long_issues_and_replaces_no_token(world: World, house: House) -> None:
    administrator, machine = await world.session(house.slug, f"admin@{house.slug}.example"), await house.machine()
    members = (administrator, machine)
    made = [await issued(administrator, member) for member in members]
    paths = [f"/v1/members/{member.id}/tokens" for member in members]
    paths += [f"/v1/tokens/{token['id']}/rotation" for token in made]
    async with world.later(timedelta(minutes=16)):
        for path in paths:
            answer = await administrator.post(path, json={})
            assert (answer.status_code, "Sign in again" in answer.text) == (403, True)
        again = await world.session(house.slug, f"admin@{house.slug}.example")
        assert [(await again.post(path, json={})).status_code for path in paths] == [201] * 4
