"""A contact record in a package holds the fields that were granted, and no other."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from tenants.recordings import MOMENT_FIELDS, ContactField, Direction
from vault.custody.contacts import INDEXED, ContactRecord, label
from vault.packages.given import Limits, Making

FORMAT = "recording-vault/contact@v1"


@dataclass(frozen=True, kw_only=True)
class GivenContact:
    """Who met whom and when, as far as it is given."""

    started_at: datetime | None = None
    ended_at: datetime | None = None
    direction: Direction | None = None
    fields: dict[ContactField, str | int] = field(default_factory=dict, repr=False)

    def encode(self, mark: str) -> bytes:
        """The file `contact.json`: for people too, so with a line for each field."""
        told: dict[str, Any] = {"format": FORMAT, "mark": mark}
        for name in ("started_at", "ended_at", "direction"):
            value = getattr(self, name)
            if value is not None:
                told[name] = value
        told["fields"] = {name.value: value for name, value in sorted(self.fields.items())}
        return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def narrowed(contact: ContactRecord | None, started_at: datetime, limits: Limits, making: Making) -> GivenContact:
    """What is given of a contact record; of one that has gone, when the recording began, if that is given.

    Args:
        started_at: when it began, as the catalogue knows it.
    """
    start = making.moment(started_at) if making.allows(limits, ContactField.START) else None
    if contact is None:
        return GivenContact(started_at=start)
    ended = contact.ended_at if making.allows(limits, ContactField.END) else None
    return GivenContact(
        started_at=start,
        ended_at=None if ended is None else making.moment(ended),
        direction=contact.direction,
        fields={
            name: _value(name, value, making)
            for name, value in ((ContactField(name), value) for name, value in contact.fields.items())
            if making.allows(limits, name)
        },
    )


def _value(name: ContactField, value: str | int, making: Making) -> str | int:
    if making.pseudonyms is None:
        return value
    if name in INDEXED:
        return making.pseudonyms.of(label(name), str(value))
    if name in MOMENT_FIELDS:
        return making.moment(datetime.fromisoformat(str(value))).isoformat()
    return value
