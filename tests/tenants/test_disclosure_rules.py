"""Whether recordings may be given to others: by law, by the notice, and by who the recipient is on the day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from tenants.disclosure_rules import GivingFacts, clause_of, may_disclose, usable
from tenants.organisations import OrganisationFacts, OrganisationKind
from tenants.policy import Policy
from tenants.recordings import Kind
from tenants.vocabulary import DisclosureKind, Right

AUTHORITY = OrganisationFacts(id=UUID(int=1), kind=OrganisationKind.AUTHORITY, legal_bases=("demo-act-1",))
COMPANY = OrganisationFacts(id=UUID(int=2), kind=OrganisationKind.COMPANY, member=True)
INSTITUTE = OrganisationFacts(id=UUID(int=3), kind=OrganisationKind.RESEARCH)

K = DisclosureKind
LONG_AGO, EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


def facts(kind: DisclosureKind, **changes: Any) -> GivingFacts:
    """What lets this kind pass wherever the notice names it."""
    known: dict[DisclosureKind, dict[str, Any]] = {
        K.AUTHORITY: {"organisation": AUTHORITY, "legal_basis": "demo-act-1"},
        K.GROUP: {"organisation": COMPANY, "purpose": "quality"},
        K.RESEARCH: {"organisation": INSTITUTE, "purpose": "development", "permit_until": EVER, "duty_until": LONG_AGO},
        K.EVIDENCE: {"purpose": "disputes"},
    }
    return GivingFacts(kind=kind, **known.get(kind, {}) | changes)


ALLOWED = {
    ("kaiku24", K.AUTHORITY),
    ("kaiku24", K.GROUP),
    ("kaiku24", K.ON_SITE_REVIEW),
    ("prh", K.RESEARCH),
    ("valtiokonttori", K.AGENT_ACCESS),
    ("valtiokonttori", K.TRANSCRIPT_TO_EMAIL),
}
"""What the five notices name. A copy for the data subject is owed under every one of them."""


def test_each_notice_allows_what_it_names_and_a_copy_is_always_owed(
    policies: Mapping[str, Policy], now: datetime
) -> None:
    for slug, kind in product(policies, sorted(set(K) - {K.EVIDENCE})):
        decision = may_disclose(policies[slug], facts(kind), now)
        assert decision.permitted == ((slug, kind) in ALLOWED or kind is K.SUBJECT_ACCESS), (slug, kind)
        if not decision.permitted:
            assert decision.clause is not None
            assert decision.clause.policy == slug


def test_a_refusal_quotes_what_the_notice_says_of_disclosures(policies: Mapping[str, Policy], now: datetime) -> None:
    refused = may_disclose(policies["tilastokeskus"], facts(K.AUTHORITY), now)
    assert (refused.rule, refused.clause) == (
        "disclosure-not-in-policy",
        policies["tilastokeskus"].cite(policies["tilastokeskus"].disclosures.clause),
    )


@pytest.mark.parametrize(
    ("kind", "changes", "rule"),
    [
        (K.AUTHORITY, {"organisation": None}, "organisation-missing"),
        (K.AUTHORITY, {"organisation": COMPANY}, "organisation-kind"),
        (K.AUTHORITY, {"organisation": replace(AUTHORITY, ended_at=LONG_AGO)}, "organisation-ended"),
        (K.AUTHORITY, {"legal_basis": "demo-act-2"}, "legal-basis-not-theirs"),
        (K.AUTHORITY, {"legal_basis": None}, "legal-basis-not-theirs"),
        (K.GROUP, {"organisation": replace(COMPANY, member=False)}, "membership-ended"),
        (K.GROUP, {"organisation": AUTHORITY}, "organisation-kind"),
        (K.GROUP, {"purpose": "marketing"}, "purpose-not-in-policy"),
        (K.GROUP, {"purpose": None}, "purpose-not-in-policy"),
        (K.GROUP, {"recorded": frozenset({Kind.SMS_SURVEY})}, "purpose-not-for-kind"),
    ],
)
def test_what_the_recipient_is_decides_on_the_day(
    policies: Mapping[str, Policy], now: datetime, kind: DisclosureKind, changes: dict[str, Any], rule: str
) -> None:
    assert may_disclose(policies["kaiku24"], facts(kind), now).permitted
    decision = may_disclose(policies["kaiku24"], facts(kind, **changes), now)
    assert (decision.permitted, decision.rule) == (False, rule)
    assert decision.clause is not None


def test_a_permit_or_a_time_that_is_over_stops_it(policies: Mapping[str, Policy], now: datetime) -> None:
    prh, soon = policies["prh"], now + timedelta(seconds=1)
    assert may_disclose(prh, facts(K.RESEARCH, permit_until=soon), now).permitted
    for until in (None, now):
        assert may_disclose(prh, facts(K.RESEARCH, permit_until=until), now).rule == "permit-ended"
    assert may_disclose(policies["kaiku24"], facts(K.GROUP, valid_until=soon), now).permitted
    assert may_disclose(policies["kaiku24"], facts(K.GROUP, valid_until=now), now).rule == "time-over"


def test_what_research_is_given_goes_back_before_its_permit_ends(policies: Mapping[str, Policy], now: datetime) -> None:
    prh, soon = policies["prh"], now + timedelta(days=1)
    assert may_disclose(prh, facts(K.RESEARCH, permit_until=soon, duty_until=soon), now).permitted
    for late in (None, soon + timedelta(seconds=1)):
        decision = may_disclose(prh, facts(K.RESEARCH, permit_until=soon, duty_until=late), now)
        assert (decision.permitted, decision.rule) == (False, "duty-after-permit")


def test_evidence_serves_a_purpose_of_the_notice_for_recordings_that_it_uses_so(
    policies: Mapping[str, Policy], now: datetime
) -> None:
    for policy in policies.values():
        for purpose, kind in product(policy.purposes.allowed, policy.recorded.kinds):
            decision = may_disclose(policy, facts(K.EVIDENCE, purpose=purpose, recorded=frozenset({kind})), now)
            assert decision.permitted == (kind in usable(policy, K.EVIDENCE, purpose))
            assert decision.permitted == (purpose in policy.recorded.kinds[kind].purposes)
        refused = may_disclose(policy, facts(K.EVIDENCE, purpose="no_such_purpose"), now)
        assert refused.rule == "purpose-not-in-policy"
        assert usable(policy, K.AUTHORITY, None) == frozenset(policy.recorded.kinds)


def test_without_a_word_on_access_a_copy_is_owed_by_law_alone(policies: Mapping[str, Policy], now: datetime) -> None:
    silent = {right: rule for right, rule in policies["valtiokonttori"].rights.items() if right is not Right.ACCESS}
    policy = replace(policies["valtiokonttori"], rights=silent)
    copy = may_disclose(policy, facts(K.SUBJECT_ACCESS), now)
    assert (copy.permitted, copy.clause) == (True, None)
    assert may_disclose(policy, facts(K.AGENT_ACCESS), now).rule == "right-not-for-agent"
    assert may_disclose(policy, facts(K.ON_SITE_REVIEW), now).rule == "review-not-in-policy"
    assert clause_of(policy, K.EVIDENCE) is None
