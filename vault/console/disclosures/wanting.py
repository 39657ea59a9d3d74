"""A request for a disclosure as a form brings it; what its kind needs is asked of it, and nothing else."""

from typing import Final
from uuid import UUID

from tenants.disclosing import NEEDS
from tenants.disclosure_rules import PURPOSEFUL
from tenants.vocabulary import DisclosureKind
from vault.console.disclosures.times import end_of_day
from vault.console.forms import instant
from vault.disclosure.model import Details, Terms
from vault.disclosure.wanted import Wanted
from vault.errors import FieldProblem, Invalid

OFFERED: Final = (DisclosureKind.AUTHORITY, DisclosureKind.RESEARCH, DisclosureKind.GROUP, DisclosureKind.EVIDENCE)
"""What may be asked for in a form of its own; the others follow from a data subject's request, or from the chat."""


def wanted_of(kind: DisclosureKind, fields: dict[str, str], organisation: UUID | None = None) -> Wanted:
    """What a form asks for; whether it may be had is asked elsewhere.

    Args:
        fields: what was filled in, by the names of `vault.disclosure.wanted`.
        organisation: in whose name it is asked for; None where the form says so.

    Raises:
        Invalid: a field is not of its form.
    """
    named = organisation or _id(fields, "organisation")
    return Wanted(
        kind=kind,
        terms=_terms(kind, fields),
        details=_details(fields),
        organisation_id=named if NEEDS[kind].organisation else None,
        urgent=bool(fields.get("urgent")) and NEEDS[kind].urgent,
        secret_until=end_of_day(fields, "secret_until") if kind is DisclosureKind.AUTHORITY else None,
    )


def _terms(kind: DisclosureKind, fields: dict[str, str]) -> Terms:
    research, group = kind is DisclosureKind.RESEARCH, kind is DisclosureKind.GROUP
    fetches = fields.get("terms.fetches", "1")
    return Terms(
        legal_basis=fields.get("terms.legal_basis") if kind is DisclosureKind.AUTHORITY else None,
        purpose=fields.get("terms.purpose") if kind in PURPOSEFUL else None,
        starts_after=instant(fields, "terms.starts_after"),
        starts_before=instant(fields, "terms.starts_before"),
        recordings=tuple(as_id("terms.recordings", each) for each in lines(fields, "terms.recordings")),
        valid_until=end_of_day(fields, "terms.valid_until") if group else None,
        permit_id=fields.get("terms.permit_id") if research else None,
        permit_until=end_of_day(fields, "terms.permit_until") if research else None,
        duty_until=end_of_day(fields, "terms.duty_until") if research else None,
        give_until=end_of_day(fields, "terms.give_until"),
        fetches=int(fetches) if fetches.isdecimal() and len(fetches) < 4 else 0,
    )


def _details(fields: dict[str, str]) -> Details:
    return Details(
        reason=fields.get("details.reason", ""),
        case_number=fields.get("details.case_number"),
        numbers=lines(fields, "details.numbers"),
        agent_ids=lines(fields, "details.agent_ids"),
        facts=fields.get("details.facts"),
        named_persons=lines(fields, "details.named_persons"),
        environment=fields.get("details.environment"),
    )


def lines(fields: dict[str, str], name: str) -> tuple[str, ...]:
    """What stands in a field, a line each."""
    return tuple(each.strip() for each in fields.get(name, "").splitlines() if each.strip())


def _id(fields: dict[str, str], name: str) -> UUID | None:
    text = fields.get(name)
    return as_id(name, text) if text else None


def as_id(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        rule = "Write the id of a recording, as it stands on its page: five groups of letters and digits."
        raise Invalid("The form is not complete.", [FieldProblem(name, "id", rule)]) from None
