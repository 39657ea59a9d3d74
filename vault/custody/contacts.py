"""A contact record tells who met whom and when; it is sealed, and found again only by keyed digests of its numbers.

Sealed as the part `contact`: the JSON of `ContactRecord`. Each indexed field gets one row in `blind_index`, whose
`field` is the contact field and whose digest is `ShredKey.blind_index(label(field), value)` under the record's own
shred key, and while the recording is held another one under a hold index key. All phone numbers share one label, so
that one digest a key finds a number in whichever field it stands.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import Struct

from tenants.recordings import PHONE_NUMBER_FIELDS, ContactField, Direction, Segment

INDEXED = PHONE_NUMBER_FIELDS | {ContactField.AGENT_ID}
"""The fields by which recordings are searched."""

HOLD_INDEX = "hold_index"
"""The part class of the keys that digest the numbers of what is held, after the day of its own key too."""

_NUMBER = "number"


class ContactRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of who, when and between which numbers; numbers are spelt as `normalise_number` spells them.

    `segments` tell which agent had it when, where it went from one to another.
    """

    started_at: datetime
    ended_at: datetime | None = None
    direction: Direction | None = None
    fields: dict[str, str | int] = {}
    segments: tuple[Segment, ...] = ()

    def __repr__(self) -> str:
        """Nothing of it: a log line must not hold personal data."""
        return "ContactRecord(…)"

    @property
    def agent_id(self) -> str | None:
        """Whose call it was."""
        agent_id = self.fields.get(ContactField.AGENT_ID)
        return None if agent_id is None else str(agent_id)

    def encode(self) -> bytes:
        """The JSON that is sealed."""
        return msgspec.json.encode(self)

    @classmethod
    def read(cls, content: bytes) -> "ContactRecord":
        """Read what `encode` wrote. Raises ValueError where it is something else."""
        return msgspec.json.decode(content, type=cls)

    def index_terms(self) -> Iterator[tuple[ContactField, str, str]]:
        """Each indexed field that has a value: the field, its label and its value; every agent who had it is one."""
        for field in sorted(INDEXED):
            if field in self.fields:
                yield field, label(field), str(self.fields[field])
        for agent in sorted({segment.agent_id for segment in self.segments} - {self.agent_id}):
            yield ContactField.AGENT_ID, label(ContactField.AGENT_ID), agent


def label(field: ContactField) -> str:
    """Under which name the values of a field are digested."""
    return _NUMBER if field in PHONE_NUMBER_FIELDS else field.value
