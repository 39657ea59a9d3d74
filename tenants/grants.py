"""Whether somebody may hear, at this moment, what a disclosure lets them hear without a copy.

Asked at each listen and each seek, so that a grant ends with its date, with the membership or with the session, whether
or not a worker has come to write that down.
"""

from datetime import datetime

from msgspec import Struct

from tenants.decisions import Decision, RecordingFacts
from tenants.disclosure_rules import clause_of
from tenants.policy import Policy
from tenants.vocabulary import DisclosureKind

REVIEW = "on_site_review"
"""What stands in a purpose's place where a data subject hears a recording of their own: no notice names it."""


class GrantFacts(Struct, frozen=True, kw_only=True):
    """What is known of a grant and of whoever wants to hear something under it.

    `rule` is what `may_disclose` says now. `given` tells whether this recording's content is among what is given.
    `theirs`: whether this person may hear: a named person of the organisation; in a review its supervisor, at the
    device the session is bound to, while it is open.
    """

    kind: DisclosureKind
    purpose: str | None
    rule: Decision
    active: bool
    until: datetime | None
    given: bool
    theirs: bool


def may_hear(policy: Policy, grant: GrantFacts, recording: RecordingFacts, purpose: str, now: datetime) -> Decision:
    """Whether this recording may be heard for this purpose under a grant.

    A refusal is `hidden` where the person must not even learn that the recording is here.
    """
    clause = clause_of(policy, grant.kind)
    if not grant.theirs or not grant.given:
        return Decision.refuse("not-granted", "Nothing of this is for you to hear.", clause, hidden=True)
    if not grant.active or (grant.until is not None and grant.until <= now):
        return Decision.refuse("grant-over", "The grant to listen is over.", clause)
    if not grant.rule.permitted:
        return grant.rule
    return (
        _refuse_purpose(policy, grant, purpose)
        or _refuse_recording(policy, grant.kind, recording, now)
        or Decision.permit("Two persons decided that it may be heard.", clause=grant.rule.clause)
    )


def _refuse_purpose(policy: Policy, grant: GrantFacts, purpose: str) -> Decision | None:
    stated = REVIEW if grant.kind is DisclosureKind.ON_SITE_REVIEW else grant.purpose
    if purpose == stated:
        return None
    reason = f"It was granted for {stated!r} and for nothing else."
    return Decision.refuse("purpose-not-granted", reason, policy.cite(policy.purposes.clause))


def _refuse_recording(
    policy: Policy, kind: DisclosureKind, recording: RecordingFacts, now: datetime
) -> Decision | None:
    if recording.restricted_for and kind is not DisclosureKind.ON_SITE_REVIEW:
        reason = "The use of this recording is restricted; it is stored and not used (GDPR Art. 18)."
        return Decision.refuse("restricted", reason, hidden=True)
    if recording.destroyed or (recording.destroy_at is not None and recording.destroy_at <= now):
        rule = policy.kind(recording.kind)
        clause = policy.cite(rule.retention.content.clause) if rule else None
        return Decision.refuse("destroyed", "Its time is up: this was kept as long as promised.", clause)
    return None
