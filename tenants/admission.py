"""What the policy does not name does not come in, and everything that is wrong is said at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct, ValidationError, convert
from msgspec.structs import replace

from tenants.contracts import Contract
from tenants.expiry import expiries_by
from tenants.identifiers import holds_identity_code
from tenants.policy import Citation, KindRule, Policy
from tenants.recordings import (
    MOMENT_FIELDS,
    PHONE_NUMBER_FIELDS,
    ContactField,
    Metadata,
    PartClass,
    PhoneNumberInvalid,
    normalise_number,
)
from tenants.vocabulary import NeverStored

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of ours the source's clock may run."""


class Refusal(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with what a source delivered: `field` is a path in the metadata, `rule` a stable slug."""

    field: str
    rule: str
    reason: str
    clause: Citation


def admit(
    policy: Policy, contract: Contract, metadata: Metadata, now: datetime, later: Sequence[Policy] = ()
) -> tuple[Refusal, ...]:
    """Tell everything that forbids storing a recording; an empty answer admits it.

    `policy` was in force when it was recorded, and `later` are the versions that have come into force since.
    """
    refusals = [
        *_dates(policy, metadata, now),
        *_contract(policy, contract, metadata, now),
        *_identity_codes(policy, metadata),
    ]
    rule = policy.kind(metadata.kind)
    if rule is None:
        reason = f"The policy does not name recordings of the kind {metadata.kind.value!r}."
        refusals.append(_refusal(policy, "kind", "kind-not-recorded", reason, policy.recorded.clause))
    else:
        refusals += [*_direction(policy, rule, metadata), *_fields(policy, rule, metadata)]
        refusals += [*_numbers(policy, rule, metadata), *_moments(policy, rule, metadata, now)]
        refusals += [*_segments(policy, rule, metadata)]
        refusals += [*_expired(policy, later, metadata, now)]
    return tuple(refusals)


def normalised(metadata: Metadata) -> Metadata:
    """Spell the phone numbers of admitted metadata in the one way they are stored and searched."""
    contact = {
        field: normalise_number(str(value)) if field in PHONE_NUMBER_FIELDS else value
        for field, value in metadata.contact.items()
    }
    return replace(metadata, contact=contact)


def _refusal(policy: Policy, field: str, rule: str, reason: str, clause: str) -> Refusal:
    return Refusal(field=field, rule=rule, reason=reason, clause=policy.cite(clause))


def _dates(policy: Policy, metadata: Metadata, now: datetime) -> Iterator[Refusal]:
    clause = policy.recorded.clause
    if metadata.started_at > now + CLOCK_SKEW:
        yield _refusal(policy, "started_at", "in-the-future", "The recording starts in the future.", clause)
    elif metadata.ended_at is not None and metadata.ended_at > now + CLOCK_SKEW:
        yield _refusal(policy, "ended_at", "in-the-future", "The recording ends in the future.", clause)
    if metadata.ended_at is not None and metadata.ended_at < metadata.started_at:
        yield _refusal(policy, "ended_at", "ended-before-started", "The recording ends before it starts.", clause)


def _contract(policy: Policy, contract: Contract, metadata: Metadata, now: datetime) -> Iterator[Refusal]:
    clause = policy.contract_end.clause
    if metadata.started_at < contract.starts_at:
        reason = f"The recording is older than the contract, which starts on {contract.starts_on}."
        yield _refusal(policy, "started_at", "before-contract", reason, clause)
    state = contract.state_on(now)
    if metadata.started_at >= contract.ends_at:
        reason = f"The recording is younger than the contract, whose last day is {contract.ends_on}."
        yield _refusal(policy, "started_at", "after-contract", reason, clause)
    elif state.over:
        reason = f"The contract is {state.value}; nothing more is stored under it."
        yield _refusal(policy, "started_at", "contract-over", reason, clause)


def _identity_codes(policy: Policy, metadata: Metadata) -> Iterator[Refusal]:
    values = {"source_id": metadata.source_id}
    values |= {f"contact.{field}": f"{field} {value}" for field, value in metadata.contact.items()}
    values |= {f"segments[{number}].agent_id": each.agent_id for number, each in enumerate(metadata.segments)}
    for field, value in values.items():
        if holds_identity_code(value):
            reason = "A henkilötunnus stands in this field; identity codes are not stored with recordings."
            yield _refusal(policy, field, "identity-code", reason, _identity_code_clause(policy, metadata))


def _identity_code_clause(policy: Policy, metadata: Metadata) -> str:
    for never in policy.never_stored:
        if NeverStored.PERSONAL_IDENTITY_CODE in never.data:
            return never.clause
    rule = policy.kind(metadata.kind)
    return policy.recorded.clause if rule is None else rule.contact_clause


def _direction(policy: Policy, rule: KindRule, metadata: Metadata) -> Iterator[Refusal]:
    if metadata.direction is not None and metadata.direction not in rule.directions:
        reason = f"The policy does not name a {metadata.kind.value} of the direction {metadata.direction.value!r}."
        yield _refusal(policy, "direction", "direction-not-recorded", reason, rule.clause)


def _fields(policy: Policy, rule: KindRule, metadata: Metadata) -> Iterator[Refusal]:
    given = [(f"contact.{field}", field) for field in metadata.contact]
    if metadata.ended_at is not None:
        given.append(("ended_at", ContactField.END))
    for path, field in given:
        if field not in rule.contact_fields:
            reason = f"The policy does not name the field {path!r} for a {metadata.kind.value}."
            yield _refusal(policy, path, "field-not-in-policy", reason, rule.contact_clause)


def _numbers(policy: Policy, rule: KindRule, metadata: Metadata) -> Iterator[Refusal]:
    for field in PHONE_NUMBER_FIELDS & metadata.contact.keys():
        try:
            normalise_number(str(metadata.contact[field]))
        except PhoneNumberInvalid as error:
            reason = f"The value is refused: {error}; leave the field out if the number is withheld."
            yield _refusal(policy, f"contact.{field}", "phone-number", reason, rule.contact_clause)


def _moments(policy: Policy, rule: KindRule, metadata: Metadata, now: datetime) -> Iterator[Refusal]:
    for field in sorted(MOMENT_FIELDS & metadata.contact.keys()):
        path = f"contact.{field}"
        try:
            moment = convert(metadata.contact[field], Annotated[datetime, Meta(tz=True)])
        except ValidationError:
            reason = f"{field} is a time with its offset from UTC, such as 2026-03-01T12:00:00+02:00."
            yield _refusal(policy, path, "moment", reason, rule.contact_clause)
            continue
        if moment > now + CLOCK_SKEW:
            yield _refusal(policy, path, "in-the-future", f"{field} lies in the future.", rule.contact_clause)


def _segments(policy: Policy, rule: KindRule, metadata: Metadata) -> Iterator[Refusal]:
    """Who had it when names agents: it comes in where the policy names the agent's id, and leaves none out."""
    if not metadata.segments:
        return
    if ContactField.AGENT_ID not in rule.contact_fields:
        reason = f"The policy does not name the agent of a {metadata.kind.value}, so not who had it when."
        yield _refusal(policy, "segments", "field-not-in-policy", reason, rule.contact_clause)
    for number, segment in enumerate(metadata.segments):
        if segment.ends_ms <= segment.starts_ms:
            reason = "A segment ends after it starts."
            yield _refusal(policy, f"segments[{number}].ends_ms", "segment-order", reason, rule.contact_clause)
    agent = metadata.contact.get(ContactField.AGENT_ID)
    if agent is not None and str(agent) not in {segment.agent_id for segment in metadata.segments}:
        reason = "Where segments are given, the agent of the contact record has one of them."
        yield _refusal(policy, "segments", "segment-missing", reason, rule.contact_clause)


def _expired(policy: Policy, later: Sequence[Policy], metadata: Metadata, now: datetime) -> Iterator[Refusal]:
    """Refuse when the content's time is up already; a part that is shorter-lived is left out by who stores it."""
    content = (expiries_by(policy, later, metadata.kind, metadata.started_at) or {})[PartClass.CONTENT]
    if content.destroy_at is not None and content.destroy_at <= now:
        reason = f"The content's time was up at {content.destroy_at:%Y-%m-%d %H:%M} UTC; it may not be kept any more."
        yield Refusal(field="started_at", rule="already-expired", reason=reason, clause=content.clause)
