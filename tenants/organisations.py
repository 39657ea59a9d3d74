"""Outside recipients (Art. 4(9)): what kind of organisation may be given what, and who belongs to the group when."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from tenants.vocabulary import DisclosureKind


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

    def holds_on(self, day: date) -> bool:
        """Whether the company belongs to the group on a day."""
        return self.member_from <= day and (self.member_until is None or day <= self.member_until)


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
