"""What somebody asks for, held against what its kind needs; every rule that it breaks is named with its field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from uuid import UUID

from msgspec import structs

from tenants.disclosing import NEEDS
from tenants.disclosure_rules import PURPOSEFUL
from tenants.identifiers import holds_identity_code
from tenants.recordings import PhoneNumberInvalid, normalise_number
from tenants.vocabulary import DisclosureKind
from vault.disclosure.model import Details, Terms
from vault.errors import FieldProblem, Invalid

REASON_LEAST, TEXT_MOST = 3, 4000
"""How many characters the reason has at least, and any text at most."""

LIST_MOST = 100
"""Numbers, agents or persons that are named in one request."""

RECORDINGS_MOST = 1000
"""Recordings that one disclosure covers."""

PERMIT = re.compile(r"(?=.*[0-9])[0-9A-Za-zÅÄÖåäö][0-9A-Za-zÅÄÖåäö ./:_-]{2,59}")
"""The number of a permit."""

FETCHES_MOST = 20
"""How often a package may be fetched."""


NEEDED: Mapping[DisclosureKind, tuple[str, ...]] = MappingProxyType(
    {
        DisclosureKind.AUTHORITY: ("terms.legal_basis", "details.case_number"),
        DisclosureKind.GROUP: ("terms.valid_until",),
        DisclosureKind.RESEARCH: (
            "terms.permit_id",
            "terms.permit_until",
            "terms.duty_until",
            "details.named_persons",
            "details.environment",
        ),
        DisclosureKind.ON_SITE_REVIEW: ("terms.valid_from", "terms.valid_until", "details.place"),
    }
)
"""What a kind cannot do without, by the field's name; a purpose where the kind serves one."""

OF_A_DATA_SUBJECT = frozenset(
    {DisclosureKind.SUBJECT_ACCESS, DisclosureKind.AGENT_ACCESS, DisclosureKind.ON_SITE_REVIEW}
)
"""The kinds that meet a request of a data subject, and are asked for by no other way: it is known who asks there."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A disclosure as it is asked for."""

    kind: DisclosureKind
    terms: Terms
    details: Details = field(repr=False)
    organisation_id: UUID | None = None
    subject_request_id: UUID | None = None
    urgent: bool = False
    secret_until: datetime | None = None


def checked(wanted: Wanted, now: datetime) -> Wanted:
    """What is asked for, with its numbers in the one spelling they are stored in.

    Raises:
        Invalid: naming every field that breaks a rule.
    """
    if wanted.kind in OF_A_DATA_SUBJECT and wanted.subject_request_id is None:
        rule = (
            "What a data subject asks for is recorded, and given once it is known who asks:"
            " POST /v1/subject-requests, and …/disclosures of it."
        )
        raise Invalid(rule, [FieldProblem("kind", "own-route", rule)])
    problems = [*_of_words(wanted.details), *_of_kind(wanted), *_of_scope(wanted), *_of_times(wanted, now)]
    numbers = []
    for value in wanted.details.numbers:
        try:
            numbers.append(normalise_number(value))
        except PhoneNumberInvalid as error:
            problems.append(FieldProblem("details.numbers", "phone-number", f"The value is refused: {error}."))
    if problems:
        raise Invalid("The request breaks rules.", problems)
    agents = tuple(agent.strip() for agent in wanted.details.agent_ids)
    details = structs.replace(wanted.details, numbers=tuple(numbers), agent_ids=agents)
    return replace(wanted, details=details)


def _of_words(details: Details) -> Iterator[FieldProblem]:
    for name in structs.asdict(details):
        value = getattr(details, name)
        texts = value if isinstance(value, tuple) else (value or "",)
        if any(len(text) > TEXT_MOST for text in texts):
            yield FieldProblem(f"details.{name}", "length", f"At most {TEXT_MOST} characters.")
        elif any(holds_identity_code(text) for text in texts):
            rule = "No personal identity code is kept here: say by what means it was checked who asks."
            yield FieldProblem(f"details.{name}", "identity-code", rule)
        if isinstance(value, tuple) and (len(value) > LIST_MOST or not all(text.strip() for text in value)):
            yield FieldProblem(f"details.{name}", "list", f"Name up to {LIST_MOST}, and leave none empty.")
    if len(details.reason.strip()) < REASON_LEAST:
        yield FieldProblem("details.reason", "length", f"Say in {REASON_LEAST} characters or more why.")


def _of_kind(wanted: Wanted) -> Iterator[FieldProblem]:
    needs = NEEDS[wanted.kind]
    if needs.organisation != (wanted.organisation_id is not None):
        rule = "Name the organisation that it goes to." if needs.organisation else "It goes to no organisation."
        yield FieldProblem("organisation", "organisation", rule)
    for name in NEEDED.get(wanted.kind, ()) + (("terms.purpose",) if wanted.kind in PURPOSEFUL else ()):
        if not attrgetter(name)(wanted):
            yield FieldProblem(name, "missing", "This kind of disclosure needs it.")
    yield from _of_permit(wanted)
    if wanted.terms.duty_until is not None and not needs.duty:
        rule = "Nothing of this kind of disclosure is returned or destroyed by a day."
        yield FieldProblem("terms.duty_until", "no-duty", rule)
    if wanted.urgent and not needs.urgent:
        yield FieldProblem("urgent", "not-urgent", "This kind of disclosure has no emergency.")
    if wanted.secret_until is not None and wanted.kind is not DisclosureKind.AUTHORITY:
        yield FieldProblem("secret_until", "not-secret", "Only what an authority asks for is kept from the subject.")


def _of_permit(wanted: Wanted) -> Iterator[FieldProblem]:
    """A permit's id is kept in clear: it names a document, and no person."""
    permit = wanted.terms.permit_id
    if wanted.kind is not DisclosureKind.RESEARCH:
        if permit is not None or wanted.terms.permit_until is not None:
            yield FieldProblem("terms.permit_id", "no-permit", "Only research is given by a permit.")
    elif permit and (not PERMIT.fullmatch(permit) or holds_identity_code(permit)):
        rule = "Write the number of the permit as it stands on it, such as THL/1234/14.02.00/2026, and nobody's name."
        yield FieldProblem("terms.permit_id", "permit", rule)


def _of_scope(wanted: Wanted) -> Iterator[FieldProblem]:
    terms, details = wanted.terms, wanted.details
    bounded = terms.starts_after is not None and terms.starts_before is not None
    if not (details.numbers or details.agent_ids or terms.recordings or bounded):
        rule = "Say which recordings: by number, agent, a time range with both ends, or by their ids."
        yield FieldProblem("terms", "scope", rule)
    if bounded and terms.starts_after >= terms.starts_before:  # type: ignore[operator]  # neither is None
        yield FieldProblem("terms.starts_before", "order", "The time range ends before it begins.")
    if len(terms.recordings) > RECORDINGS_MOST:
        yield FieldProblem("terms.recordings", "many", f"Name at most {RECORDINGS_MOST} recordings.")
    alone = not (details.numbers or details.agent_ids or terms.starts_after or terms.starts_before)
    if wanted.kind is DisclosureKind.EVIDENCE and not (alone and len(terms.recordings) == 1):
        yield FieldProblem("terms.recordings", "one", "Evidence is one recording, named by its id.")


def _of_times(wanted: Wanted, now: datetime) -> Iterator[FieldProblem]:
    terms = wanted.terms
    coming = {
        "terms.valid_until": terms.valid_until,
        "terms.permit_until": terms.permit_until,
        "terms.duty_until": terms.duty_until,
        "terms.give_until": terms.give_until,
        "secret_until": wanted.secret_until,
    }
    for name, moment in coming.items():
        if moment is not None and moment <= now:
            yield FieldProblem(name, "past", "Give a moment to come.")
    if terms.valid_from and terms.valid_until and terms.valid_from >= terms.valid_until:
        yield FieldProblem("terms.valid_until", "order", "It ends before it begins.")
    if terms.fetches is not None and not 1 <= terms.fetches <= FETCHES_MOST:
        yield FieldProblem("terms.fetches", "number", f"From 1 to {FETCHES_MOST}, or null for as often as wanted.")
