"""What of a recording goes into a package, and in whose name: the terms that all of a package's makers share."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from tenants.recordings import ContactField
from tenants.vocabulary import DisclosureKind
from vault.packages.members import Basis, Controller
from vault.packages.pseudonyms import Pseudonyms

OF_STAFF: Final = frozenset({ContactField.AGENT_NAME, ContactField.AGENT_NUMBER, ContactField.AGENT_ID})
"""What a contact record says of whoever answered."""

NOT_OF_CUSTOMERS: Final = OF_STAFF | {
    ContactField.START,
    ContactField.END,
    ContactField.DURATION,
    ContactField.SENT_AT,
    ContactField.SERVICE_NUMBER,
    ContactField.CHAT_COUNT,
    ContactField.MESSAGE_COUNT,
    ContactField.CONTENT_LENGTH,
}
"""What of a contact record says nothing of the customer."""

NAMING: Final = frozenset(
    {
        ContactField.AGENT_NAME,
        ContactField.NICKNAME,
        ContactField.CUSTOMER_GIVEN,
        ContactField.IP_ADDRESS,
        ContactField.SOURCE_PAGE,
        ContactField.CURRENT_PAGE,
    }
)
"""What may name somebody and has no pseudonym: a name, an address, a page with somebody's query in it."""


class Limits(Protocol):
    """What of one recording is given; whatever is not narrowed is given whole.

    `excerpts`: from and until which millisecond, in order and apart; none for all of it.
    `contact_fields`: None for all that this kind of disclosure gives; empty for none.
    """

    @property
    def content(self) -> bool: ...

    @property
    def contact_fields(self) -> Iterable[ContactField] | None: ...

    @property
    def excerpts(self) -> tuple[tuple[int, int], ...]: ...


@dataclass(frozen=True, kw_only=True)
class Making:
    """What all recordings of one package share.

    Args:
        mark: the package's.
        made_at: aware.
        pseudonyms: in whose place numbers and ids stand, where metadata are pseudonymised (research).
        domain: where the vCons' UUIDs are unique.
    """

    package: UUID
    disclosure: UUID
    mark: str
    kind: DisclosureKind
    controller: Controller
    basis: Basis
    made_at: datetime
    pseudonyms: Pseudonyms | None = field(default=None, repr=False)
    domain: str = "vault.internal"

    def allows(self, limits: Limits, name: ContactField) -> bool:
        """Whether a field of the contact record may be given.

        What a decision names is given. Where it names nothing, a data subject is given nobody's data of the staff
        (C-579/21), and an agent none of the customer's. A pseudonymised package never names anybody.
        """
        if self.pseudonyms is not None and name in NAMING:
            return False
        if limits.contact_fields is not None:
            return name in limits.contact_fields
        if self.kind is DisclosureKind.SUBJECT_ACCESS:
            return name not in OF_STAFF
        return self.kind is not DisclosureKind.AGENT_ACCESS or name in NOT_OF_CUSTOMERS

    def moment(self, at: datetime) -> datetime:
        """A time as it is given: to the minute where metadata are pseudonymised."""
        return at if self.pseudonyms is None else at.replace(second=0, microsecond=0)


def is_narrowed(making: Making, limits: Limits) -> bool:
    """Whether less is given than there is, so that no file that says more may go along."""
    return bool(limits.excerpts) or limits.contact_fields is not None or making.pseudonyms is not None


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a data subject stated beside a recording that stays as it is (Art. 16)."""

    at: datetime
    text: str = field(repr=False)
