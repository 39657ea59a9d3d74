"""Who may do what is decided from plain facts, and a refusal says which promise refused it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import structs

from tenants.actions import CONTENT_ACTIONS, LIVING_CONTRACT_ONLY, MAY_RELEASE, ROLES, Action
from tenants.asked import Decision, Facts, Person, RecordingFacts, Refused
from tenants.oversight import is_admitted, rule_under, whose_glass
from tenants.policy import AccessRule, KindRule, Policy
from tenants.teams import Spell, Stretches, heard
from tenants.vocabulary import RestrictedUse, Right, Role, Scope

__all__ = [
    "CONTENT_ACTIONS",
    "MAY_RELEASE",
    "ROLES",
    "Action",
    "Decision",
    "Facts",
    "Person",
    "RecordingFacts",
    "Refused",
    "decide",
    "may_ever_search",
]


def decide(
    policy: Policy,
    person: Person,
    action: Action,
    facts: Facts,
    purpose: str | None,
    now: datetime,
    use: RestrictedUse | None = None,
) -> Decision:
    """Decide whether `person` may do `action` to what `facts` describe.

    `purpose` is one of the policy's names; it is needed to listen and to read a contact record, optional for a
    search, and ignored for the rest. Nobody outside the controller learns more than that there is nothing.

    `use` stands in a purpose's place for a recording whose use is restricted: what Art. 18(2) allows of it is no
    purpose of the notice, and is for those to decide who may lift the restriction.
    """
    refusal = _refuse_stranger(person, facts) or _refuse_after_contract(policy, action, facts)
    if refusal is not None:
        return refusal
    if use is not None:
        return _decide_on_restricted(policy, person, action, facts, now)
    if action in CONTENT_ACTIONS:
        return _decide_on_content(policy, person, action, facts, purpose, now)
    if ROLES[action].isdisjoint(person.roles):
        return Decision.refuse("no-role", f"None of your roles may {_words(action)}.")
    return Decision.permit(f"Your role may {_words(action)}.")


def may_ever_search(policy: Policy, roles: Collection[Role]) -> bool:
    """Whether the notice gives any of these roles recordings to search through, if only their own or in need."""
    return any(role in policy.access.roles for role in roles) or whose_glass(policy, roles) is not None


def _refuse_stranger(person: Person, facts: Facts) -> Decision | None:
    is_operator = person.tenant is None and Role.OPERATOR in person.roles
    if person.tenant == facts.tenant or (is_operator and is_admitted(facts.tenant, person.admitted)):
        return None
    return Decision.refuse("other-controller", "There is nothing here that you may see.", hidden=True)


def _refuse_after_contract(policy: Policy, action: Action, facts: Facts) -> Decision | None:
    if action not in LIVING_CONTRACT_ONLY or not facts.contract.over:
        return None
    reason = f"The contract is {facts.contract.value}; nothing may be done with its recordings any more."
    return Decision.refuse("contract-over", reason, policy.cite(policy.contract_end.clause))


def _decide_on_restricted(policy: Policy, person: Person, action: Action, facts: Facts, now: datetime) -> Decision:
    if action is not Action.LISTEN or ROLES[Action.LIFT].isdisjoint(person.roles):
        return Decision.refuse("no-role", "None of your roles may use what is restricted.", hidden=True)
    recording = facts.recording
    if recording is None or not recording.restricted_for:
        reason = "The use of this recording is not restricted: state a purpose of the policy."
        return Decision.refuse("not-restricted", reason, policy.cite(policy.purposes.clause))
    kind = policy.kind(recording.kind)
    refusal = _refuse_kind(policy, recording) if kind is None else _refuse_expired(policy, kind, action, recording, now)
    return refusal or Decision.permit("Your role may use what is restricted, within GDPR Art. 18(2).")


def _decide_on_content(
    policy: Policy, person: Person, action: Action, facts: Facts, purpose: str | None, now: datetime
) -> Decision:
    rules = [policy.access.roles[role] for role in sorted(person.roles) if role in policy.access.roles]
    by_role = _decide_by_rules(policy, rules, person, action, facts, purpose, now)
    glass = rule_under(policy, person.roles, person.glass, now)
    if glass is None or person.glass is None or (by_role.permitted and by_role.scope is Scope.ALL):
        return by_role
    under = _decide_by_rules(policy, [glass], person, action, facts, purpose, now)
    if under.permitted:
        return structs.replace(under, glass=person.glass.id)
    return by_role if rules else under


def _decide_by_rules(
    policy: Policy,
    rules: Sequence[AccessRule],
    person: Person,
    action: Action,
    facts: Facts,
    purpose: str | None,
    now: datetime,
) -> Decision:
    if Role.OPERATOR in person.roles or not rules:
        return _refuse_role(policy, person, action)
    refusal = _refuse_purpose(policy, rules, action, purpose)
    if refusal is not None:
        return refusal
    rules = [rule for rule in rules if purpose is None or purpose in rule.purposes]
    reach = _reach(rules, person)
    excerpts = _within(reach, facts.recording)
    refusal = _refuse_others_call(policy, rules) if excerpts is None else None
    if refusal is None and facts.recording is not None:
        refusal = _refuse_recording(policy, action, facts.recording, purpose, now)
    if refusal is not None:
        return refusal
    return Decision.permit(
        f"Your role may {_words(action)}.",
        scope=_widest(rules),
        clause=policy.cite(rules[0].clause),
        reach=reach,
        excerpts=excerpts or (),
    )


def _refuse_role(policy: Policy, person: Person, action: Action) -> Decision:
    breaking = whose_glass(policy, person.roles)
    if breaking is not None:
        reason = f"Break the glass first: your role may {_words(action)} in need only, for minutes, and told of."
        return Decision.refuse("glass-not-broken", reason, policy.cite(breaking.clause))
    return Decision.refuse("no-role", f"None of your roles may {_words(action)}.", policy.cite(policy.access.clause))


def _refuse_purpose(
    policy: Policy, rules: Sequence[AccessRule], action: Action, purpose: str | None
) -> Decision | None:
    if purpose is None:
        if action is Action.SEARCH:
            return None
        reason = f"State a purpose to {_words(action)}: {_listed(policy.purposes.allowed)}."
        return Decision.refuse("purpose-missing", reason, policy.cite(policy.purposes.clause))
    if purpose not in policy.purposes.allowed:
        reason = (
            f"{purpose!r} is not a purpose of this controller; its purposes are {_listed(policy.purposes.allowed)}."
        )
        return Decision.refuse("purpose-not-in-policy", reason, policy.cite(policy.purposes.clause))
    if not any(purpose in rule.purposes for rule in rules):
        reason = f"Your role may not {_words(action)} for the purpose {purpose!r}."
        return Decision.refuse("purpose-not-for-role", reason, policy.cite(rules[0].clause))
    return None


def _reach(rules: Sequence[AccessRule], person: Person) -> tuple[Spell, ...] | None:
    """Whose calls are within reach under these rules; None where everybody's are."""
    scopes = {rule.scope for rule in rules}
    if Scope.ALL in scopes:
        return None
    own = (Spell(agent_id=person.agent_id),) if Scope.OWN_CALLS in scopes and person.agent_id is not None else ()
    return own + (person.leads if Scope.OWN_TEAMS in scopes else ())


def _within(reach: tuple[Spell, ...] | None, recording: RecordingFacts | None) -> Stretches | None:
    """What of a recording is within reach; of none in particular, everything that there is to search."""
    if reach is None:
        return ()
    if recording is None:
        return () if reach else None
    return heard(reach, agent_id=recording.agent_id, segments=recording.segments, started_at=recording.started_at)


def _refuse_others_call(policy: Policy, rules: Sequence[AccessRule]) -> Decision:
    clause = policy.cite(rules[0].clause)
    if _widest(rules) is Scope.OWN_TEAMS:
        return Decision.refuse("not-own-team", "You may listen to the calls of the teams that you lead only.", clause)
    return Decision.refuse("not-own-call", "Agents may listen to their own calls only.", clause)


def _refuse_recording(
    policy: Policy,
    action: Action,
    recording: RecordingFacts,
    purpose: str | None,
    now: datetime,
) -> Decision | None:
    kind = policy.kind(recording.kind)
    if kind is None:
        return _refuse_kind(policy, recording)
    if purpose is not None and purpose not in kind.purposes:
        reason = f"A {recording.kind.value} may not be used for the purpose {purpose!r}."
        return Decision.refuse("purpose-not-for-kind", reason, policy.cite(kind.clause))
    return _refuse_hidden(policy, recording) or _refuse_expired(policy, kind, action, recording, now)


def _refuse_kind(policy: Policy, recording: RecordingFacts) -> Decision:
    reason = f"This controller's policy does not name recordings of the kind {recording.kind.value!r}."
    return Decision.refuse("kind-not-recorded", reason, policy.cite(policy.recorded.clause))


def _refuse_hidden(policy: Policy, recording: RecordingFacts) -> Decision | None:
    if not recording.restricted_for:
        return None
    right = policy.rights.get(Right.RESTRICTION)
    clause = None if right is None else policy.cite(right.clause)
    reason = "The use of this recording is restricted; it is stored and not used (GDPR Art. 18)."
    return Decision.refuse("restricted", reason, clause, hidden=True)


def _refuse_expired(
    policy: Policy, kind: KindRule, action: Action, recording: RecordingFacts, now: datetime
) -> Decision | None:
    expired = recording.destroy_at is not None and recording.destroy_at <= now
    if not expired and not recording.destroyed:
        return None
    kept = kind.retention.content if action is Action.LISTEN else kind.retention.contact
    return Decision.refuse("destroyed", "Its time is up: this was kept as long as promised.", policy.cite(kept.clause))


def _widest(rules: Sequence[AccessRule]) -> Scope:
    scopes = {rule.scope for rule in rules}
    return next(scope for scope in Scope if scope in scopes)


def _words(action: Action) -> str:
    return action.value.replace("_", " ")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
