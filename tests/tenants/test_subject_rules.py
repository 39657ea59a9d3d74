"""What a data subject is owed whatever a notice says, what the notice decides, and on which grounds it is refused."""

from collections.abc import Mapping

import pytest

from tenants.policy import Policy
from tenants.reading import read_policy
from tenants.subject_rules import (
    ARTICLES,
    GROUNDS,
    OWED_BY_LAW,
    REQUEST_TRANSITIONS,
    Asker,
    GroundNotOpen,
    Refusal,
    RefusalGround,
    RequestEvent,
    RequestState,
    RequestStepRefused,
    is_owed,
    refusal_of,
    request_after,
)
from tenants.vocabulary import Right

SUBJECT, AGENT = Asker.DATA_SUBJECT, Asker.AGENT


def refusal(policy: Policy, right: Right, ground: RefusalGround, *, identified: bool = True) -> Refusal:
    return refusal_of(policy, right, SUBJECT, ground, identified=identified)


@pytest.mark.parametrize("right", sorted(OWED_BY_LAW))
def test_what_the_law_gives_without_condition_no_notice_takes_away(
    policies: Mapping[str, Policy], right: Right
) -> None:
    for policy in policies.values():
        decision = is_owed(policy, right, SUBJECT)
        assert decision.permitted, policy.slug
        said = policy.rights.get(right)
        assert decision.clause == (policy.cite(said.clause) if said else None)
        with pytest.raises(GroundNotOpen, match="owed by law"):
            refusal(policy, right, RefusalGround.NOT_GRANTED)


def test_what_the_notice_denies_is_refused_in_its_words(policies: Mapping[str, Policy]) -> None:
    treasury = policies["valtiokonttori"]
    for right in (Right.ERASURE, Right.OBJECTION):
        decision = is_owed(treasury, right, SUBJECT)
        assert (decision.permitted, decision.rule) == (False, "right-not-granted")
        assert decision.clause == treasury.cite("rights_refused")
        found = refusal(treasury, right, RefusalGround.NOT_GRANTED)
        assert (found.article, found.clause) == (ARTICLES[right], treasury.cite("rights_refused"))


def test_what_the_notice_does_not_mention_is_refused_with_what_it_says_of_rights(
    policies: Mapping[str, Policy],
) -> None:
    decision = is_owed(policies["prh"], Right.ERASURE, SUBJECT)
    assert (decision.permitted, decision.rule) == (False, "right-not-in-policy")
    assert decision.clause == policies["prh"].cite("rights")
    assert "GDPR Art. 17" in decision.reason


def test_what_the_notice_grants_is_owed(policy_texts: Mapping[str, str]) -> None:
    more = '[rights.erasure]\ngranted = true\nclause = "rights"\n\n[automated_decisions]'
    policy = read_policy(policy_texts["prh"].replace("[automated_decisions]", more), source="prh.toml")
    decision = is_owed(policy, Right.ERASURE, SUBJECT)
    assert (decision.permitted, decision.clause) == (True, policy.cite("rights"))
    with pytest.raises(GroundNotOpen, match="Another ground"):
        refusal(policy, Right.ERASURE, RefusalGround.NOT_GRANTED)
    assert refusal(policy, Right.ERASURE, RefusalGround.LEGAL_CLAIMS).article == "GDPR Art. 17(3)(e)"


def test_the_agent_has_access_where_the_notice_says_so(policies: Mapping[str, Policy]) -> None:
    assert is_owed(policies["valtiokonttori"], Right.ACCESS, AGENT).permitted
    decision = is_owed(policies["prh"], Right.ACCESS, AGENT)
    assert (decision.permitted, decision.rule) == (False, "right-not-for-agent")
    assert decision.clause == policies["prh"].cite("rights")
    assert is_owed(policies["prh"], Right.RECTIFICATION, AGENT).permitted


def test_where_the_notice_is_silent_on_access_no_agent_has_it(policy_texts: Mapping[str, str]) -> None:
    text = policy_texts["prh"].replace('[rights.access]\ngranted = true\nby = ["copy"]\nclause = "rights"\n', "")
    policy = read_policy(text, source="prh.toml")
    assert is_owed(policy, Right.ACCESS, AGENT).rule == "right-not-for-agent"
    assert is_owed(policy, Right.ACCESS, SUBJECT).clause is None


def test_a_ground_refuses_only_the_rights_that_the_law_names_it_for(policies: Mapping[str, Policy]) -> None:
    policy = policies["valtiokonttori"]
    for ground, articles in GROUNDS.items():
        for right in Right:
            if ground in (RefusalGround.NOT_GRANTED, RefusalGround.NOT_IDENTIFIED):
                continue
            if right in articles:
                assert refusal(policy, right, ground).article == articles[right]
            else:
                with pytest.raises(GroundNotOpen, match="no ground"):
                    refusal(policy, right, ground)


def test_nothing_is_weighed_before_it_is_known_who_asks(policies: Mapping[str, Policy]) -> None:
    policy = policies["valtiokonttori"]
    with pytest.raises(GroundNotOpen, match="who asks"):
        refusal(policy, Right.ACCESS, RefusalGround.UNFOUNDED, identified=False)
    assert refusal(policy, Right.ACCESS, RefusalGround.NOT_IDENTIFIED, identified=False).article == "GDPR Art. 12(6)"
    assert refusal(policy, Right.ERASURE, RefusalGround.NOT_GRANTED, identified=False).clause is not None
    with pytest.raises(GroundNotOpen, match="no ground"):
        refusal(policy, Right.ACCESS, RefusalGround.NOT_IDENTIFIED)


def test_nothing_leads_out_of_an_answer() -> None:
    for state in RequestState:
        leads = [event for event in RequestEvent if (state, event) in REQUEST_TRANSITIONS]
        assert bool(leads) == state.open
        for event in RequestEvent:
            if event in leads:
                assert request_after(state, event) is REQUEST_TRANSITIONS[state, event]
            else:
                with pytest.raises(RequestStepRefused, match=r"who asks|takes no such step"):
                    request_after(state, event)
