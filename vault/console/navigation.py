"""Where the console leads whom: only to what one's roles let one do. What is done there is asked again, each time."""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from tenants.decisions import ROLES, Action
from tenants.vocabulary import Role
from vault.accounts import Caller
from vault.console.language import mark

_HAS_A_NOTICE: Final = ROLES[Action.READ_POLICY] - {Role.OPERATOR, Role.INGEST}
"""The outsourcing firm has no policy of its own, and a machine reads no pages."""


SEARCHES: ContextVar[bool] = ContextVar("searches", default=False)
"""Whether the notice gives the person who asks for this page any recordings to search through."""


@dataclass(frozen=True)
class Place:
    """One entry: its word, its address, and one of the actions that lead there, or who goes there whatever they do.

    One that is `for_searching` is for those alone whom their own controller's notice lets search.
    """

    title: str
    at: str
    actions: frozenset[Action] = frozenset()
    roles: frozenset[Role] = frozenset()
    for_searching: bool = False

    def is_open_to(self, caller: Caller) -> bool:
        """Whether it leads anywhere for this person."""
        if self.for_searching:
            return SEARCHES.get()
        open_to_all = not self.actions and not self.roles
        return open_to_all or not self.roles.isdisjoint(caller.person.roles) or any(map(caller.may, self.actions))


PLACES: Final = (
    Place(mark("Overview"), "/"),
    Place(mark("Recordings"), "/recordings", for_searching=True),
    Place(mark("Holds"), "/holds", frozenset({Action.HOLD})),
    Place(mark("Arrivals"), "/arrivals", frozenset({Action.READ_ARRIVALS})),
    Place(mark("Controllers"), "/controllers", frozenset({Action.ONBOARD})),
    Place(mark("Policy"), "/policy", roles=_HAS_A_NOTICE),
    Place(mark("Proposals"), "/proposals", frozenset({Action.READ_PROPOSALS})),
    Place(mark("Retention"), "/retention", frozenset({Action.READ_RETENTION})),
    Place(mark("Certificates"), "/certificates", frozenset({Action.READ_CERTIFICATE})),
    Place(mark("Disclosures"), "/disclosures", frozenset({Action.READ_DISCLOSURES, Action.REQUEST_DISCLOSURE})),
    Place(mark("Data subjects"), "/subjects", frozenset({Action.HANDLE_SUBJECT_REQUEST})),
    Place(mark("People"), "/people", frozenset({Action.MANAGE_MEMBERS, Action.READ_RIGHTS, Action.REVIEW_RIGHTS})),
    Place(mark("Break the glass"), "/people/break-glass", frozenset({Action.BREAK_GLASS})),
    Place(mark("Audit"), "/audit", frozenset({Action.READ_AUDIT})),
    Place(mark("Health"), "/health", frozenset({Action.READ_HEALTH})),
)


OUTSIDE: Final = Place(mark("Recordings given to you"), "/receive")
"""All that a recipient is led to."""


def places(caller: Caller) -> Iterable[Place]:
    """What leads somewhere for this person, in order; whoever is outside has the one page of what they are given."""
    if Role.RECIPIENT in caller.person.roles:
        return (OUTSIDE,)
    return (place for place in PLACES if place.is_open_to(caller))
