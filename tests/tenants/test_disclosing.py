"""A disclosure goes from state to state by one table, from which its picture is drawn."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.disclosure_picture import DOCUMENT, END, START, diagram, drawn
from tenants.disclosing import (
    NEEDS,
    OVER,
    TRANSITIONS,
    DisclosureEvent,
    DisclosureState,
    StepRefused,
    after,
)
from tenants.vocabulary import DisclosureKind

STATES, EVENTS = st.sampled_from(DisclosureState), st.sampled_from(DisclosureEvent)


@given(STATES, EVENTS)
def test_a_step_leads_where_the_table_says_and_nowhere_else(state: DisclosureState, event: DisclosureEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert after(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(StepRefused) as refused:
        after(state, event)
    assert (refused.value.state, refused.value.event) == (state, event)
    assert state.value.replace("_", " ") in str(refused.value)


@given(st.lists(EVENTS))
def test_nothing_is_given_that_was_not_approved_and_nothing_follows_the_end(events: list[DisclosureEvent]) -> None:
    state, seen = DisclosureState.REQUESTED, [DisclosureState.REQUESTED]
    for event in events:
        if (state, event) in TRANSITIONS:
            assert not state.over
            state = after(state, event)
            seen.append(state)
    given = {DisclosureState.READY, DisclosureState.ACTIVE, DisclosureState.RECEIVED, DisclosureState.FULFILLED}
    assert DisclosureState.APPROVED in seen or given.isdisjoint(seen)


def test_every_state_is_reached_and_every_kind_carried_out_from_approved() -> None:
    reached = {DisclosureState.REQUESTED, *TRANSITIONS.values()}
    assert reached == set(DisclosureState)
    assert all(state.over for state in OVER)
    assert {state for state in DisclosureState if state.undecided}.isdisjoint(OVER)
    for kind in DisclosureKind:
        assert (DisclosureState.APPROVED, NEEDS[kind].gives) in TRANSITIONS


def test_the_picture_in_the_documentation_is_the_one_of_the_table() -> None:
    text = Path(DOCUMENT).read_text()
    assert text == drawn(text), "python -m infra.disclosure_picture"
    picture = text[text.index(START) : text.index(END)]
    assert diagram() in picture
    for (state, event), follows in TRANSITIONS.items():
        assert f"{state.value} --> {follows.value}: " in picture
        assert event.value.replace("_", " ") in picture
