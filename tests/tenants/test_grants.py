"""What a grant lets somebody hear, and what ends it in the middle."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from tenants.decisions import Decision, RecordingFacts
from tenants.grants import REVIEW, GrantFacts, may_hear
from tenants.policy import Policy
from tenants.recordings import Kind
from tenants.vocabulary import DisclosureKind

CALL = RecordingFacts(kind=Kind.CALL)
RESTRICTED = RecordingFacts(kind=Kind.CALL, restricted_for=frozenset({"restricted"}))
GRANT = GrantFacts(
    kind=DisclosureKind.GROUP,
    purpose="quality",
    rule=Decision.permit("The notice names it."),
    active=True,
    until=None,
    given=True,
    theirs=True,
)


@pytest.fixture
def kaiku24(policies: Mapping[str, Policy]) -> Policy:
    return policies["kaiku24"]


def test_what_two_persons_decided_on_is_heard_for_its_purpose(kaiku24: Policy, now: datetime) -> None:
    assert may_hear(kaiku24, GRANT, CALL, "quality", now).permitted
    until = structs.replace(GRANT, until=now + timedelta(seconds=1))
    assert may_hear(kaiku24, until, CALL, "quality", now).permitted


@pytest.mark.parametrize(
    ("change", "rule", "hidden"),
    [
        ({"theirs": False}, "not-granted", True),
        ({"given": False}, "not-granted", True),
        ({"active": False}, "grant-over", False),
        ({"rule": Decision.refuse("membership-ended", "It has left the group.")}, "membership-ended", False),
        ({"purpose": "safety"}, "purpose-not-granted", False),
    ],
)
def test_each_thing_that_is_missing_refuses(
    kaiku24: Policy, now: datetime, change: dict[str, object], rule: str, hidden: bool
) -> None:
    decision = may_hear(kaiku24, structs.replace(GRANT, **change), CALL, "quality", now)
    assert (decision.permitted, decision.rule, decision.hidden) == (False, rule, hidden)


def test_a_grant_is_over_at_its_moment(kaiku24: Policy, now: datetime) -> None:
    decision = may_hear(kaiku24, structs.replace(GRANT, until=now), CALL, "quality", now)
    assert decision.rule == "grant-over"
    assert decision.clause is not None
    assert decision.clause.id == "disclosure_group"


def test_what_is_restricted_is_hidden_from_all_but_whom_it_is_about(kaiku24: Policy, now: datetime) -> None:
    refused = may_hear(kaiku24, GRANT, RESTRICTED, "quality", now)
    assert (refused.rule, refused.hidden) == ("restricted", True)
    review = structs.replace(GRANT, kind=DisclosureKind.ON_SITE_REVIEW, purpose=None)
    assert may_hear(kaiku24, review, RESTRICTED, REVIEW, now).permitted
    assert may_hear(kaiku24, review, RESTRICTED, "quality", now).rule == "purpose-not-granted"


@pytest.mark.parametrize("gone", [{"destroyed": True}, {"destroy_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_nothing_is_heard_beyond_its_day(kaiku24: Policy, now: datetime, gone: dict[str, object]) -> None:
    decision = may_hear(kaiku24, GRANT, structs.replace(CALL, **gone), "quality", now)
    assert decision.rule == "destroyed"
    assert decision.clause is not None
    unknown = structs.replace(CALL, kind=Kind.SMS_SURVEY, **gone)
    assert may_hear(kaiku24, GRANT, unknown, "quality", now).clause is None
