"""Who may do what, and which promise says no."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tenants.contracts import ContractState
from tenants.decisions import CONTENT_ACTIONS, ROLES, Action, Decision, Facts, Person, RecordingFacts, Refused, decide
from tenants.policy import Policy
from tenants.reading import read_policy
from tenants.recordings import Kind
from tenants.vocabulary import RestrictedUse, Role, Scope

TENANT, OTHER = UUID("00000000-0000-4000-8000-000000000001"), UUID("00000000-0000-4000-8000-000000000002")
PersonOf = Callable[..., Person]


def facts(kind: Kind | None = Kind.CALL, contract: ContractState = ContractState.ACTIVE, **recording: object) -> Facts:
    about = None if kind is None else RecordingFacts(kind=kind, **recording)  # type: ignore[arg-type]  # any fact
    return Facts(tenant=TENANT, contract=contract, recording=about)


@pytest.fixture
def prh(policies: Mapping[str, Policy]) -> Policy:
    return policies["prh"]


@pytest.fixture
def treasury(policies: Mapping[str, Policy]) -> Policy:
    return policies["valtiokonttori"]


def test_a_supervisor_listens_for_a_purpose_of_the_notice(prh: Policy, person: PersonOf, now: datetime) -> None:
    decision = decide(prh, person(Role.SUPERVISOR), Action.LISTEN, facts(), "quality", now)
    assert decision.permitted
    assert decision.enforce() is decision
    assert decision.clause == prh.cite("access")


def test_a_purpose_that_the_notice_does_not_name_is_refused_with_its_words(
    prh: Policy, person: PersonOf, now: datetime
) -> None:
    decision = decide(prh, person(Role.SUPERVISOR), Action.LISTEN, facts(), "marketing", now)
    assert (decision.permitted, decision.rule) == (False, "purpose-not-in-policy")
    assert "'marketing' is not a purpose" in decision.reason
    assert decision.clause is not None
    assert decision.clause.text.startswith("Tallenteita käytetään palvelun laadun seurantaan")
    with pytest.raises(Refused, match="marketing") as refused:
        decision.enforce()
    assert refused.value.decision is decision


def test_nobody_listens_without_a_purpose(prh: Policy, person: PersonOf, now: datetime) -> None:
    decision = decide(prh, person(Role.SUPERVISOR), Action.LISTEN, facts(), None, now)
    assert decision.rule == "purpose-missing"
    assert "quality" in decision.reason


def test_a_search_needs_no_purpose(prh: Policy, person: PersonOf, now: datetime) -> None:
    decision = decide(prh, person(Role.SUPERVISOR), Action.SEARCH, facts(None), None, now)
    assert (decision.permitted, decision.scope) == (True, Scope.ALL)


def test_a_role_listens_for_its_own_purposes_only(prh: Policy, person: PersonOf, now: datetime) -> None:
    decision = decide(prh, person(Role.TRAINER), Action.LISTEN, facts(), "quality", now)
    assert decision.rule == "purpose-not-for-role"
    assert decide(prh, person(Role.TRAINER, Role.QUALITY), Action.LISTEN, facts(), "quality", now).permitted


def test_a_kind_is_used_for_its_own_purposes_only(
    policy_texts: Mapping[str, str], person: PersonOf, now: datetime
) -> None:
    before, survey_rules = policy_texts["prh"].split("[recorded.kinds.sms_survey]")
    narrowed = survey_rules.replace('purposes = ["quality", ', "purposes = [", 1)
    narrow = read_policy(f"{before}[recorded.kinds.sms_survey]{narrowed}", source="prh.toml")
    survey = facts(Kind.SMS_SURVEY)
    assert decide(narrow, person(Role.SUPERVISOR), Action.LISTEN, survey, "training", now).permitted
    assert decide(narrow, person(Role.SUPERVISOR), Action.LISTEN, survey, "quality", now).rule == "purpose-not-for-kind"


def test_a_kind_that_the_policy_no_longer_names_is_not_used(
    policies: Mapping[str, Policy], person: PersonOf, now: datetime
) -> None:
    policy = policies["tilastokeskus"]
    decision = decide(policy, person(Role.SUPERVISOR), Action.LISTEN, facts(Kind.CALL), "training", now)
    assert decision.rule == "kind-not-recorded"
    assert decision.clause == policy.cite("recorded")


@pytest.mark.parametrize("action", sorted(CONTENT_ACTIONS))
@pytest.mark.parametrize("slug", ["kaiku24", "prh", "tilastokeskus", "valtiokonttori", "vertaislaina"])
def test_an_operator_never_hears_or_sees_content(
    policies: Mapping[str, Policy], person: PersonOf, now: datetime, slug: str, action: Action
) -> None:
    policy = policies[slug]
    for purpose in (None, *policy.purposes.allowed):
        for operator in (person(Role.OPERATOR, tenant=None), person(Role.OPERATOR, Role.SUPERVISOR)):
            decision = decide(policy, operator, action, facts(), purpose, now)
            assert (decision.permitted, decision.rule) == (False, "no-role")
            assert decision.clause == policy.cite("access")


@pytest.mark.parametrize("action", list(Action))
def test_another_controllers_people_learn_nothing(prh: Policy, person: PersonOf, now: datetime, action: Action) -> None:
    everyone = set(Role) - {Role.OPERATOR}
    for stranger in (person(*everyone, tenant=OTHER), person(*everyone, tenant=None)):
        decision = decide(prh, stranger, action, facts(), "quality", now)
        assert (decision.rule, decision.hidden, decision.clause) == ("other-controller", True, None)


def test_an_agent_hears_their_own_calls_only_where_the_notice_says_so(
    treasury: Policy, prh: Policy, person: PersonOf, now: datetime
) -> None:
    agent = person(Role.AGENT, agent_id="a-17")
    own, others = facts(agent_id="a-17"), facts(agent_id="a-18")
    assert decide(treasury, agent, Action.LISTEN, own, "verification", now).permitted
    refused = decide(treasury, agent, Action.LISTEN, others, "verification", now)
    assert (refused.rule, refused.clause) == ("not-own-call", treasury.cite("access_agent"))
    assert decide(treasury, agent, Action.LISTEN, facts(), "verification", now).rule == "not-own-call"
    assert decide(prh, agent, Action.LISTEN, own, "quality", now).rule == "no-role"


def test_an_agent_without_an_agent_id_has_no_calls(treasury: Policy, person: PersonOf, now: datetime) -> None:
    agent = person(Role.AGENT)
    assert decide(treasury, agent, Action.LISTEN, facts(), "verification", now).rule == "not-own-call"
    assert decide(treasury, agent, Action.SEARCH, facts(None), None, now).rule == "not-own-call"


def test_an_agents_search_is_narrowed_to_their_own_calls(treasury: Policy, person: PersonOf, now: datetime) -> None:
    decision = decide(treasury, person(Role.AGENT, agent_id="a-17"), Action.SEARCH, facts(None), None, now)
    assert (decision.permitted, decision.scope) == (True, Scope.OWN_CALLS)
    both = person(Role.AGENT, Role.SUPERVISOR, agent_id="a-17")
    assert decide(treasury, both, Action.SEARCH, facts(None), None, now).scope is Scope.ALL


def test_a_second_role_does_not_widen_what_the_first_is_for(treasury: Policy, person: PersonOf, now: datetime) -> None:
    both = person(Role.AGENT, Role.TRAINER, agent_id="a-17")
    assert decide(treasury, both, Action.LISTEN, facts(agent_id="a-18"), "training", now).permitted
    assert decide(treasury, both, Action.LISTEN, facts(agent_id="a-18"), "verification", now).rule == "not-own-call"


def test_a_restricted_recording_is_hidden_from_all_use(
    prh: Policy, policies: Mapping[str, Policy], person: PersonOf, now: datetime
) -> None:
    restricted = facts(restricted_for=frozenset({"accuracy contested"}))
    decision = decide(prh, person(Role.SUPERVISOR), Action.LISTEN, restricted, "quality", now)
    assert (decision.rule, decision.hidden, decision.clause) == ("restricted", True, prh.cite("rights"))
    silent = decide(policies["kaiku24"], person(Role.SUPERVISOR), Action.LISTEN, restricted, "quality", now)
    assert (silent.rule, silent.clause) == ("restricted", None)


@pytest.mark.parametrize("role", [Role.DPO, Role.ADMINISTRATOR])
@pytest.mark.parametrize("use", list(RestrictedUse))
def test_what_is_restricted_may_be_used_as_the_law_says_by_those_who_may_lift_it(
    prh: Policy, person: PersonOf, now: datetime, role: Role, use: RestrictedUse
) -> None:
    restricted = facts(restricted_for=frozenset({"accuracy contested"}))
    assert decide(prh, person(role), Action.LISTEN, restricted, None, now, use).permitted
    assert decide(prh, person(role), Action.SEARCH, restricted, None, now, use).hidden
    unrestricted = decide(prh, person(role), Action.LISTEN, facts(), None, now, use)
    assert (unrestricted.rule, unrestricted.clause) == ("not-restricted", prh.cite("purposes"))
    assert decide(prh, person(role), Action.LISTEN, facts(None), None, now, use).rule == "not-restricted"


def test_nobody_else_learns_that_something_is_restricted(prh: Policy, person: PersonOf, now: datetime) -> None:
    restricted = facts(restricted_for=frozenset({"accuracy contested"}))
    for recording in (restricted, facts()):
        decision = decide(prh, person(Role.SUPERVISOR), Action.LISTEN, recording, None, now, RestrictedUse.LEGAL_CLAIMS)
        assert (decision.permitted, decision.hidden) == (False, True)


def test_what_is_restricted_and_gone_is_gone(prh: Policy, person: PersonOf, now: datetime) -> None:
    gone = facts(restricted_for=frozenset({"accuracy contested"}), destroyed=True)
    decision = decide(prh, person(Role.DPO), Action.LISTEN, gone, None, now, RestrictedUse.CONSENT)
    assert decision.rule == "destroyed"
    unnamed = structs.replace(prh, recorded=structs.replace(prh.recorded, kinds={}))
    decision = decide(unnamed, person(Role.DPO), Action.LISTEN, gone, None, now, RestrictedUse.CONSENT)
    assert decision.rule == "kind-not-recorded"


@pytest.mark.parametrize(
    ("action", "clause"), [(Action.LISTEN, "retention_call"), (Action.READ_CONTACT, "retention_contact")]
)
def test_what_is_due_is_not_read_even_before_it_is_gone(
    prh: Policy, person: PersonOf, now: datetime, action: Action, clause: str
) -> None:
    supervisor = person(Role.SUPERVISOR)
    for gone in (facts(destroy_at=now), facts(destroyed=True)):
        decision = decide(prh, supervisor, action, gone, "quality", now)
        assert (decision.rule, decision.clause) == ("destroyed", prh.cite(clause))
    assert decide(prh, supervisor, action, facts(destroy_at=now + timedelta(seconds=1)), "quality", now).permitted


@pytest.mark.parametrize("state", [state for state in ContractState if state.over])
@pytest.mark.parametrize("action", list(Action))
def test_after_the_contract_only_the_proof_is_left(
    prh: Policy, person: PersonOf, now: datetime, action: Action, state: ContractState
) -> None:
    staff = person(*(set(Role) - {Role.OPERATOR}))
    decision = decide(prh, staff, action, facts(contract=state), "quality", now)
    orders = (Action.ORDER_DESTRUCTION, Action.DECIDE_ORDER, Action.CHANGE_POLICY, Action.DECIDE_POLICY)
    given = (Action.REQUEST_DISCLOSURE, Action.DECIDE_DISCLOSURE, Action.RECEIVE_DISCLOSURE)
    kept = (Action.INGEST, Action.END_CONTRACT, Action.HOLD, Action.RESTRICT)
    shown = (Action.SUPERVISE_REVIEW, Action.SEND_TRANSCRIPT)
    registered = (Action.REGISTER_ORGANISATION, Action.DECIDE_ORGANISATION)
    if action in (*CONTENT_ACTIONS, *orders, *given, *kept, *shown, *registered, Action.BREAK_GLASS):
        assert (decision.rule, decision.clause) == ("contract-over", prh.cite("contract_end"))
        assert state.value in decision.reason
    else:
        assert decision.permitted is (action not in (Action.ONBOARD, Action.LEAVE_SUPPORT, Action.READ_HEALTH))


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (
            Role.OPERATOR,
            {"onboard", "read_contract", "end_contract", "read_policy", "read_certificate"}
            | {"change_policy", "read_proposals", "read_notice", "read_return", "read_reconciliation"}
            | {"recover_account", "leave_support", "read_log", "manage_witnesses", "read_health"},
        ),
        (
            Role.ADMINISTRATOR,
            {"manage_members", "manage_tokens", "read_contract", "end_contract", "order_destruction"}
            | {"read_policy", "read_retention", "read_audit", "read_certificate"}
            | {"change_policy", "decide_policy", "decide_order", "read_proposals", "read_reconciliation"}
            | {"hold", "release", "restrict", "lift"}
            | {"read_notice", "acknowledge_notice", "read_return", "take_back", "name_recipient"}
            | {"register_organisation", "decide_organisation", "request_disclosure", "decide_disclosure"}
            | {"read_disclosures", "receive_disclosure", "delegate", "handle_subject_request", "supervise_review"}
            | {"read_messages", "manage_webhooks", "manage_sign_in", "recover_account", "manage_teams"}
            | {"review_break_glass", "review_rights", "read_rights", "read_unusual", "admit_support", "read_support"}
            | {"read_log", "manage_witnesses", "read_arrivals"},
        ),
        (
            Role.SUPERVISOR,
            {"read_contract", "read_policy", "read_retention", "hold", "release"}
            | {"request_disclosure", "receive_disclosure", "supervise_review", "review_rights"},
        ),
        (Role.QUALITY, {"read_contract", "read_policy"}),
        (Role.TRAINER, {"read_contract", "read_policy"}),
        (Role.AGENT, {"read_contract", "read_policy", "send_transcript", "receive_disclosure"}),
        (
            Role.DPO,
            {"read_contract", "read_policy", "read_retention", "read_audit", "read_certificate"}
            | {"order_destruction", "read_proposals", "read_reconciliation"}
            | {"hold", "release", "restrict", "lift"}
            | {"read_notice", "acknowledge_notice", "read_return", "take_back"}
            | {"register_organisation", "request_disclosure", "decide_disclosure", "read_disclosures"}
            | {"recover_account"}
            | {"receive_disclosure", "delegate", "handle_subject_request", "supervise_review", "read_messages"}
            | {"review_break_glass", "read_rights", "read_unusual", "close_unusual", "read_support", "read_log"}
            | {"name_listeners", "read_arrivals"},
        ),
        (Role.INGEST, {"ingest", "read_policy", "send_transcript"}),
        (Role.RECIPIENT, {"request_disclosure", "receive_disclosure"}),
        (Role.MAINTENANCE, {"break_glass"}),
        (Role.SECURITY, {"break_glass"}),
        (Role.PROVISIONING, {"provision", "manage_teams"}),
    ],
)
def test_what_no_notice_speaks_of_is_decided_by_role(
    prh: Policy, person: PersonOf, now: datetime, role: Role, allowed: set[str]
) -> None:
    somebody = person(role, tenant=None if role is Role.OPERATOR else TENANT)
    permitted = {action for action in ROLES if decide(prh, somebody, action, facts(None), None, now).permitted}
    assert permitted == allowed


def test_every_action_is_decided_by_the_policy_or_by_role() -> None:
    assert set(ROLES) | CONTENT_ACTIONS == set(Action)
    assert set(ROLES).isdisjoint(CONTENT_ACTIONS)


@given(
    st.sampled_from(["kaiku24", "prh", "tilastokeskus", "valtiokonttori", "vertaislaina"]),
    st.frozensets(st.sampled_from(Role)),
    st.sampled_from(Action),
    st.sampled_from(Kind) | st.none(),
    st.sampled_from([None, "quality", "training", "verification", "marketing"]),
    st.sampled_from(ContractState),
)
def test_every_refusal_has_a_reason_and_every_permission_a_role(
    policies: Mapping[str, Policy],
    person: PersonOf,
    now: datetime,
    slug: str,
    roles: frozenset[Role],
    action: Action,
    kind: Kind | None,
    purpose: str | None,
    state: ContractState,
) -> None:
    decision = decide(policies[slug], person(*roles), action, facts(kind, state), purpose, now)
    assert decision.reason.endswith(".")
    assert decision.permitted is (decision.rule == "permitted")
    if decision.permitted:
        assert roles & (ROLES[action] if action in ROLES else policies[slug].access.roles.keys())
        assert purpose != "marketing" or action not in CONTENT_ACTIONS
    elif action in CONTENT_ACTIONS:
        assert decision.clause is not None


def test_a_permission_can_name_its_clause(prh: Policy) -> None:
    assert Decision.permit("Yes.", clause=prh.cite("access")).clause == prh.cite("access")
