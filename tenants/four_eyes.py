"""Two persons decide: not who asked, not one person in two shapes, and one of them for the controller itself."""

from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec import Struct

from tenants.actions import ROLES, Action
from tenants.vocabulary import Role

SECOND_PERSONS = frozenset({Role.ADMINISTRATOR, Role.DPO})
"""Whose word is that of a second person: whoever lets them in alone could be both persons."""

STAND_INS = frozenset({Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR})
"""Who may stand in for somebody who decides: the controller's own people who have to do with disclosures."""


NEVER = frozenset({Role.OPERATOR, Role.INGEST, Role.RECIPIENT, Role.PROVISIONING})
"""Who never decides, whatever else they are: the outsourcing firm's people, machines, and persons of outside."""


def is_second_person(roles: Collection[str]) -> bool:
    """Whether somebody with these roles decides on what another one wants done."""
    return not SECOND_PERSONS.isdisjoint(roles)


def may_stand_in(roles: frozenset[Role]) -> bool:
    """Whether a person with these roles may decide in another's stead."""
    return not roles.isdisjoint(STAND_INS) and roles.isdisjoint(NEVER)


class Voice(Struct, frozen=True, kw_only=True):
    """Somebody about to decide, or who has decided: for themselves, or in another's stead.

    `roles` are those of whose decision it is. `delegated_by` made the delegation; `stands_in_for` are all for whom
    the person stands in at the moment, whoever they decide for now.
    """

    member: UUID
    roles: frozenset[Role]
    on_behalf_of: UUID | None = None
    delegated_by: UUID | None = None
    stands_in_for: frozenset[UUID] = frozenset()

    @property
    def persons(self) -> frozenset[UUID]:
        """Everybody whose will is in the decision."""
        return frozenset(each for each in (self.member, self.on_behalf_of, self.delegated_by) if each is not None)

    @property
    def decides(self) -> bool:
        """Whether whoever's decision it is may decide on disclosures at all."""
        return not self.roles.isdisjoint(ROLES[Action.DECIDE_DISCLOSURE]) and self.roles.isdisjoint(NEVER)

    @property
    def is_controller(self) -> bool:
        """Whether it is an administrator's decision: a DPO advises on the law, the controller decides (Art. 38(6))."""
        return Role.ADMINISTRATOR in self.roles


def refuse_approval(voice: Voice, earlier: Sequence[Voice], *, requester: UUID | None) -> str | None:
    """Why this person may not approve, in one sentence; None where they may.

    Args:
        earlier: who approved the same scope before.
        requester: who asked for it.
    """
    if not voice.decides:
        return "None of your roles may decide on disclosures."
    if requester is not None and requester in voice.persons | voice.stands_in_for:
        return "Nobody decides on what they asked for, and neither does whoever stands in for them."
    if any(voice.persons & before.persons for before in earlier):
        return "A second person decides: this would be the same one twice, or one for the other."
    if earlier and not any(each.is_controller for each in (voice, *earlier)):
        return "One of the two is an administrator: a DPO advises, the controller decides (Art. 38(6))."
    return None
