"""Two decisions are two persons', however they stand in for one another."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tenants.four_eyes import NEVER, Voice, may_stand_in, refuse_approval
from tenants.vocabulary import Role

PEOPLE = [UUID(int=number) for number in range(1, 5)]
ROLES = {Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR, Role.INGEST, Role.RECIPIENT}

somebody = st.sampled_from(PEOPLE)
roles = st.frozensets(st.sampled_from(sorted(ROLES)), min_size=1)


@st.composite
def voices(draw: st.DrawFn) -> Voice:
    member, of = draw(somebody), draw(st.none() | somebody)
    if of is None or of == member:
        return Voice(member=member, roles=draw(roles), stands_in_for=draw(st.frozensets(somebody)))
    return Voice(member=member, roles=draw(roles), on_behalf_of=of, delegated_by=draw(somebody))


@given(st.lists(voices(), max_size=6), st.none() | somebody)
def test_whatever_they_try_two_approvals_are_of_two_persons_and_one_is_the_controllers(
    tried: list[Voice], requester: UUID | None
) -> None:
    approved: list[Voice] = []
    for voice in tried:
        if len(approved) < 2 and refuse_approval(voice, approved, requester=requester) is None:
            approved.append(voice)
    for voice in approved:
        assert voice.decides
        assert NEVER.isdisjoint(voice.roles)
        assert requester is None or requester not in voice.persons | voice.stands_in_for
    if len(approved) == 2:
        assert approved[0].persons.isdisjoint(approved[1].persons)
        assert any(voice.is_controller for voice in approved)


def voice(member: int, *roles: Role, of: int | None = None, by: int | None = None) -> Voice:
    return Voice(
        member=UUID(int=member),
        roles=frozenset(roles),
        on_behalf_of=None if of is None else UUID(int=of),
        delegated_by=None if by is None else UUID(int=by),
    )


def test_each_refusal_says_which_rule_it_is() -> None:
    dpo, administrator = voice(1, Role.DPO), voice(2, Role.ADMINISTRATOR)
    assert refuse_approval(dpo, [], requester=UUID(int=9)) is None
    assert refuse_approval(administrator, [dpo], requester=None) is None
    for refused, word in [
        (refuse_approval(voice(3, Role.SUPERVISOR), [], requester=None), "roles"),
        (refuse_approval(dpo, [], requester=UUID(int=1)), "asked for"),
        (refuse_approval(voice(3, Role.DPO, of=1, by=1), [], requester=UUID(int=1)), "stands in"),
        (refuse_approval(dpo, [dpo], requester=None), "same one twice"),
        (refuse_approval(voice(3, Role.ADMINISTRATOR, of=4, by=1), [dpo], requester=None), "one for the other"),
        (refuse_approval(voice(3, Role.DPO), [dpo], requester=None), "administrator"),
    ]:
        assert refused is not None
        assert word in refused


def test_machines_and_persons_of_outside_stand_in_for_nobody_whatever_else_they_are() -> None:
    assert may_stand_in(frozenset({Role.SUPERVISOR, Role.AGENT}))
    assert not may_stand_in(frozenset({Role.AGENT}))
    for role in NEVER:
        assert not may_stand_in(frozenset({Role.ADMINISTRATOR, role}))
