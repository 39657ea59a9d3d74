"""Outside recipients (Art. 4(9)): what kind of organisation may be given what, and who belongs to the group when."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

from tenants.identifiers import holds_identity_code
from tenants.vocabulary import DisclosureKind

MOST_BASES = 50
"""Legal bases that one organisation may cite."""

# A law's short name with chapter, section and year, in any language: "Pakkokeinolaki 10:6 §", "(EU) 2016/679, Art. 6".
_LAW = re.compile(r"(?!.*\d{5})(?:[^\W\d_][\w §:.,()/&'-]{2,119}|\([^\W\d_]+\)[\w §:.,()/&'-]{2,119})")


class OrganisationKind(StrEnum):
    """What an organisation is to the controller: the kind says what it may be given at all."""

    AUTHORITY = "authority"
    RESEARCH = "research"
    COMPANY = "company"


GIVEN_TO: Mapping[DisclosureKind, OrganisationKind] = MappingProxyType(
    {
        DisclosureKind.AUTHORITY: OrganisationKind.AUTHORITY,
        DisclosureKind.GROUP: OrganisationKind.COMPANY,
        DisclosureKind.RESEARCH: OrganisationKind.RESEARCH,
    }
)
"""Which kind of organisation a kind of disclosure goes to; the other disclosures go to no registered one."""


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation as it is registered.

    `statutory_right` says by what right an authority may ask although others must keep it secret; `legal_bases` are
    the short names of the laws that it may cite. Packages are sealed to its `certificate` (X.509, PEM) or `age_key`.
    """

    kind: OrganisationKind
    name: str
    business_id: str | None = None
    statutory_right: str | None = None
    legal_bases: tuple[str, ...] = ()
    certificate: str | None = None
    age_key: str | None = None


class Broken(Struct, frozen=True):
    """One rule that an entry breaks, in which of its fields."""

    field: str
    rule: str
    detail: str


def broken_rules(entry: Entry) -> list[Broken]:
    """What is wrong with an entry, as far as it can be told without a clock; its keys are read elsewhere."""
    found = [*_unreadable(entry), *_without_right(entry)]
    for field in ("name", "statutory_right"):
        if holds_identity_code(getattr(entry, field) or ""):
            found.append(Broken(field, "identity-code", "A personal identity code stands in it."))
    return found


def _unreadable(entry: Entry) -> Iterable[Broken]:
    if not 2 <= len(entry.name) <= 200:
        yield Broken("name", "length", "A name has 2 to 200 characters.")
    if entry.business_id is not None:
        try:
            ytunnus.validate(entry.business_id)
        except ValidationError:
            yield Broken(
                "business_id", "business-id", "Write a Y-tunnus with its right check digit, such as 2077474-0."
            )
    if len(entry.legal_bases) > MOST_BASES:
        yield Broken("legal_bases", "length", f"At most {MOST_BASES} legal bases.")
    for number, law in enumerate(entry.legal_bases):
        if not _LAW.fullmatch(law) or law.strip() != law:
            yield Broken(f"legal_bases[{number}]", "law", "Write the short name of a law, such as Poliisilaki 4:3 §.")


def _without_right(entry: Entry) -> Iterable[Broken]:
    if entry.kind is OrganisationKind.COMPANY:
        return
    if not entry.legal_bases:
        yield Broken("legal_bases", "missing", "Name each law on which it may ask.")
    if entry.kind is OrganisationKind.AUTHORITY and not 3 <= len(entry.statutory_right or "") <= 500:
        yield Broken("statutory_right", "missing", "Say in 3 to 500 characters by what right it may be told secrets.")


class OrganisationFacts(Struct, frozen=True, kw_only=True):
    """What a decision needs to know of one organisation at a moment.

    `ended_at` is since when it is registered no more. `member` tells whether it belongs to the controller's group now,
    and `member_until` from when it no longer will, where that is known.
    """

    id: UUID
    kind: OrganisationKind
    legal_bases: tuple[str, ...] = ()
    ended_at: datetime | None = None
    member: bool = False
    member_until: datetime | None = None


class Membership(Struct, frozen=True, kw_only=True, order=True):
    """From which day until which, both counted in, a company belongs to the controller's group."""

    member_from: date
    member_until: date | None = None


def belonging(memberships: Iterable[Membership], day: date) -> Membership | None:
    """The span of days without a gap, from this day on, for which memberships hold; None where none holds on it."""
    last: date | None = None
    for membership in sorted(memberships, key=lambda each: each.member_from):
        begins = day if last is None else last + timedelta(days=1)
        reaches = membership.member_from <= begins and (
            membership.member_until is None or begins <= membership.member_until
        )
        if not reaches:
            continue
        if membership.member_until is None or membership.member_until == date.max:
            return Membership(member_from=day)
        last = membership.member_until
    return None if last is None else Membership(member_from=day, member_until=last)


def ending(membership: Membership, last_day: date | None, today: date) -> Membership:
    """The membership with another last day, earlier or later; yesterday ends it at once.

    Raises:
        ValueError: it is over already, or would end before yesterday or before it begins: what was given while a
            company belonged to the group was given lawfully, and no date makes it otherwise.
    """
    if membership.member_until is not None and membership.member_until < today:
        raise ValueError("This membership is over; record another one.")
    if last_day is not None and last_day < today - timedelta(days=1):
        raise ValueError("A membership ends yesterday at the earliest.")
    if last_day is not None and last_day < membership.member_from:
        raise ValueError("A membership ends on its first day or later.")
    return Membership(member_from=membership.member_from, member_until=last_day)
