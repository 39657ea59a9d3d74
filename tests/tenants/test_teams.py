"""Whose calls somebody hears where it is not everybody's, and of a call that went from hand to hand, how much of it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tenants.contracts import ContractState
from tenants.decisions import Action, Decision, Facts, Person, RecordingFacts, decide
from tenants.policy import AccessRule, Policy
from tenants.recordings import Kind, Segment
from tenants.teams import Spell, heard
from tenants.vocabulary import Role, Scope

TENANT = UUID("00000000-0000-4000-8000-000000000001")
WEEK = timedelta(days=7)
PersonOf = Callable[..., Person]

FIRST = Segment(agent_id="a-1", starts_ms=0, ends_ms=1000)
SECOND = Segment(agent_id="a-2", starts_ms=1000, ends_ms=3000)
BACK = Segment(agent_id="a-1", starts_ms=3000, ends_ms=4000)
HANDS = (FIRST, SECOND, BACK)


@pytest.fixture
def led(policies: Mapping[str, Policy]) -> Policy:
    """A notice by which supervisors hear the teams that they lead."""
    policy = policies["valtiokonttori"]
    rule = structs.replace(policy.access.roles[Role.SUPERVISOR], scope=Scope.OWN_TEAMS)
    roles: dict[Role, AccessRule] = {**policy.access.roles, Role.SUPERVISOR: rule}
    return structs.replace(policy, access=structs.replace(policy.access, roles=roles))


@pytest.fixture
def leader(now: datetime) -> Person:
    """Leads the team in which agent a-1 was for the last week, and a-2 until then."""
    leads = (Spell(agent_id="a-1", since=now - WEEK), Spell(agent_id="a-2", until=now - WEEK))
    return Person(id=UUID(int=7), tenant=TENANT, roles=frozenset({Role.SUPERVISOR}), leads=leads)


def listening(policy: Policy, person: Person, now: datetime, **recording: object) -> Decision:
    about = RecordingFacts(kind=Kind.CALL, **recording)  # type: ignore[arg-type]  # any fact
    facts = Facts(tenant=TENANT, contract=ContractState.ACTIVE, recording=about)
    return decide(policy, person, Action.LISTEN, facts, "verification", now)


def test_a_leader_hears_an_agent_who_was_in_the_team_when_the_call_began(
    led: Policy, leader: Person, now: datetime
) -> None:
    moment = now - WEEK
    assert listening(led, leader, now, agent_id="a-1", started_at=moment).permitted
    assert listening(led, leader, now, agent_id="a-2", started_at=moment - timedelta(seconds=1)).permitted


def test_a_leader_hears_nobody_before_or_after_their_time_in_the_team(
    led: Policy, leader: Person, now: datetime
) -> None:
    before = listening(led, leader, now, agent_id="a-1", started_at=now - WEEK - timedelta(seconds=1))
    after = listening(led, leader, now, agent_id="a-2", started_at=now - WEEK)
    assert before.rule == after.rule == "not-own-team"
    assert before.clause == led.cite("access")
    assert listening(led, leader, now, agent_id="a-3", started_at=now).rule == "not-own-team"
    assert listening(led, leader, now, agent_id="a-1").rule == "not-own-team"


def test_whoever_leads_no_team_finds_nothing(led: Policy, person: PersonOf, now: datetime) -> None:
    facts = Facts(tenant=TENANT, contract=ContractState.ACTIVE)
    decision = decide(led, person(Role.SUPERVISOR), Action.SEARCH, facts, None, now)
    assert (decision.permitted, decision.rule) == (False, "not-own-team")


def test_a_search_is_narrowed_to_the_teams_and_to_what_is_ones_own(led: Policy, leader: Person, now: datetime) -> None:
    facts = Facts(tenant=TENANT, contract=ContractState.ACTIVE)
    decision = decide(led, leader, Action.SEARCH, facts, None, now)
    assert (decision.scope, decision.reach) == (Scope.OWN_TEAMS, leader.leads)
    roles = frozenset({Role.SUPERVISOR, Role.AGENT})
    both = decide(led, structs.replace(leader, roles=roles, agent_id="a-9"), Action.SEARCH, facts, None, now)
    assert (both.scope, both.reach) == (Scope.OWN_TEAMS, (Spell(agent_id="a-9"), *leader.leads))


def test_who_leads_a_team_without_the_right_to_it_hears_nothing_of_it(
    policies: Mapping[str, Policy], leader: Person, now: datetime
) -> None:
    agent = structs.replace(leader, roles=frozenset({Role.AGENT}))
    decision = listening(policies["valtiokonttori"], agent, now, agent_id="a-1", started_at=now)
    assert decision.rule == "not-own-call"


def test_of_a_transferred_call_each_agent_hears_their_own_segments(
    policies: Mapping[str, Policy], person: PersonOf, now: datetime
) -> None:
    treasury = policies["valtiokonttori"]
    asked = {"agent_id": "a-1", "segments": HANDS, "started_at": now}
    assert listening(treasury, person(Role.AGENT, agent_id="a-1"), now, **asked).excerpts == ((0, 1000), (3000, 4000))
    assert listening(treasury, person(Role.AGENT, agent_id="a-2"), now, **asked).excerpts == ((1000, 3000),)
    assert listening(treasury, person(Role.AGENT, agent_id="a-3"), now, **asked).rule == "not-own-call"


def test_whoever_may_hear_everybody_hears_a_transferred_call_whole(
    policies: Mapping[str, Policy], person: PersonOf, now: datetime
) -> None:
    decision = listening(policies["valtiokonttori"], person(Role.SUPERVISOR), now, segments=HANDS)
    assert (decision.permitted, decision.excerpts) == (True, ())


def test_a_leader_hears_the_segments_of_their_agents(led: Policy, leader: Person, now: datetime) -> None:
    assert listening(led, leader, now, segments=HANDS, started_at=now).excerpts == ((0, 1000), (3000, 4000))
    alone = listening(led, leader, now, segments=(FIRST, BACK), started_at=now)
    assert (alone.permitted, alone.excerpts) == (True, ())


segments = st.lists(
    st.builds(
        lambda agent, starts, lasts: Segment(agent_id=agent, starts_ms=starts, ends_ms=starts + lasts),
        st.sampled_from(["a-1", "a-2", "a-3"]),
        st.integers(0, 10_000),
        st.integers(1, 3_000),
    ),
    min_size=1,
    max_size=8,
).map(tuple)


@given(segments)
def test_what_is_heard_is_just_the_own_segments_in_order(given: tuple[Segment, ...]) -> None:
    found = heard((Spell(agent_id="a-1"),), agent_id="a-2", segments=given, started_at=None)
    own = [segment for segment in given if segment.agent_id == "a-1"]
    if not own:
        assert found is None
    elif len(own) == len(given):
        assert found == ()
    else:
        assert found is not None
        milliseconds = {ms for starts, ends in found for ms in range(starts, ends)}
        assert milliseconds == {ms for each in own for ms in range(each.starts_ms, each.ends_ms)}
        assert all(before[1] < after[0] for before, after in pairwise(found))
