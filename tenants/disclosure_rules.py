"""Whether recordings may be given to others: by the law, by the notice, and by who the recipient is at this moment.

The same question is asked when a disclosure is requested, at each decision on it, and by the worker that carries it
out, so that what ended in between stops it.
"""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from tenants.decisions import Decision
from tenants.disclosing import NEEDS
from tenants.organisations import GIVEN_TO, OrganisationFacts
from tenants.policy import Citation, Policy
from tenants.recordings import Kind
from tenants.vocabulary import DisclosureKind, Party, Right, RightMeans

PURPOSEFUL = frozenset({DisclosureKind.GROUP, DisclosureKind.RESEARCH, DisclosureKind.EVIDENCE})
"""The kinds that serve a purpose of the controller's own notice, and none other."""


class GivingFacts(Struct, frozen=True, kw_only=True):
    """What the rule needs to know of a disclosure: to whom, on which basis, for what, until when."""

    kind: DisclosureKind
    organisation: OrganisationFacts | None = None
    legal_basis: str | None = None
    purpose: str | None = None
    permit_until: datetime | None = None
    duty_until: datetime | None = None
    valid_until: datetime | None = None
    recorded: frozenset[Kind] = frozenset()


def may_disclose(policy: Policy, facts: GivingFacts, now: datetime) -> Decision:
    """Whether this may be given to this recipient at this moment.

    Returns:
        A permission with the clause that promises it, or a refusal with the clause that refuses; where the law alone
        gives or refuses, without a clause.
    """
    clause = clause_of(policy, facts.kind)
    refusal = (
        _refuse_unnamed(policy, facts.kind)
        or _refuse_organisation(facts, clause)
        or _refuse_purpose(policy, facts)
        or _refuse_permit(facts, clause, now)
        or _refuse_past(facts, clause, now)
    )
    return refusal or Decision.permit(_GROUNDS.get(facts.kind, "The notice names it."), clause=clause)


def clause_of(policy: Policy, kind: DisclosureKind) -> Citation | None:
    """The promise that a disclosure of this kind rests on, where the notice makes one."""
    if kind in policy.disclosures.allowed:
        return policy.cite(policy.disclosures.allowed[kind].clause)
    access = policy.rights.get(Right.ACCESS)
    if kind in _ACCESS and access is not None:
        return policy.cite(access.clause)
    return None


def usable(policy: Policy, kind: DisclosureKind, purpose: str | None) -> Collection[Kind]:
    """Which kinds of recordings a disclosure may cover: for a purpose, those that the notice uses for it."""
    if kind not in PURPOSEFUL:
        return frozenset(policy.recorded.kinds)
    return frozenset(each for each, rule in policy.recorded.kinds.items() if purpose in rule.purposes)


_ACCESS = frozenset({DisclosureKind.SUBJECT_ACCESS, DisclosureKind.AGENT_ACCESS, DisclosureKind.ON_SITE_REVIEW})

_GROUNDS = {
    DisclosureKind.SUBJECT_ACCESS: "A copy is owed by law (GDPR Art. 15(3)).",
    DisclosureKind.AGENT_ACCESS: "The notice grants access to the agent of the call too.",
    DisclosureKind.ON_SITE_REVIEW: "The notice offers a review on site.",
    DisclosureKind.EVIDENCE: "The controller's own use, for a purpose of its notice.",
}


def _refuse_unnamed(policy: Policy, kind: DisclosureKind) -> Decision | None:
    if NEEDS[kind].by_notice and kind not in policy.disclosures.allowed:
        reason = f"The notice names the disclosures that it allows, and {_words(kind)} is not among them."
        return Decision.refuse("disclosure-not-in-policy", reason, policy.cite(policy.disclosures.clause))
    access = policy.rights.get(Right.ACCESS)
    clause = policy.cite(access.clause) if access else None
    if kind is DisclosureKind.AGENT_ACCESS and (access is None or Party.AGENT not in access.also_for):
        reason = "The notice grants access to the other party of the call, and not to its agent."
        return Decision.refuse("right-not-for-agent", reason, clause)
    if kind is DisclosureKind.ON_SITE_REVIEW and (access is None or RightMeans.ON_SITE_REVIEW not in access.by):
        return Decision.refuse("review-not-in-policy", "The notice offers no review on site.", clause)
    return None


def _refuse_organisation(facts: GivingFacts, clause: Citation | None) -> Decision | None:
    organisation = facts.organisation
    if not NEEDS[facts.kind].organisation:
        return None
    if organisation is None:
        return Decision.refuse("organisation-missing", "It is given to no organisation that is registered.", clause)
    if organisation.ended_at is not None:
        return Decision.refuse("organisation-ended", "The organisation is registered no more.", clause)
    if organisation.kind is not GIVEN_TO[facts.kind]:
        reason = f"An organisation registered as {organisation.kind.value} is given nothing as {_words(facts.kind)}."
        return Decision.refuse("organisation-kind", reason, clause)
    if facts.kind is DisclosureKind.AUTHORITY and facts.legal_basis not in organisation.legal_bases:
        reason = "The organisation is not registered with this legal basis."
        return Decision.refuse("legal-basis-not-theirs", reason, clause)
    if facts.kind is DisclosureKind.GROUP and not organisation.member:
        return Decision.refuse("membership-ended", "The company does not belong to the group at this moment.", clause)
    return None


def _refuse_purpose(policy: Policy, facts: GivingFacts) -> Decision | None:
    if facts.kind not in PURPOSEFUL:
        return None
    clause = policy.cite(policy.purposes.clause)
    if facts.purpose not in policy.purposes.allowed:
        reason = f"State a purpose of this controller: {', '.join(sorted(policy.purposes.allowed))}."
        return Decision.refuse("purpose-not-in-policy", reason, clause)
    for kind in sorted(facts.recorded - frozenset(usable(policy, facts.kind, facts.purpose))):
        rule = policy.kind(kind)
        reason = f"A {kind.value} may not be used for the purpose {facts.purpose!r}."
        return Decision.refuse("purpose-not-for-kind", reason, policy.cite(rule.clause) if rule else clause)
    return None


def _refuse_permit(facts: GivingFacts, clause: Citation | None, now: datetime) -> Decision | None:
    if facts.kind is not DisclosureKind.RESEARCH:
        return None
    if facts.permit_until is None or facts.permit_until <= now:
        return Decision.refuse("permit-ended", "The research permit is not in force at this moment.", clause)
    if facts.duty_until is None or facts.duty_until > facts.permit_until:
        reason = "What is given for research is returned or destroyed before its permit ends."
        return Decision.refuse("duty-after-permit", reason, clause)
    return None


def _refuse_past(facts: GivingFacts, clause: Citation | None, now: datetime) -> Decision | None:
    if facts.valid_until is not None and facts.valid_until <= now:
        return Decision.refuse("time-over", "The time for which it was asked is over.", clause)
    return None


def _words(kind: DisclosureKind) -> str:
    return f"{kind.value.replace('_', ' ')!r}"
