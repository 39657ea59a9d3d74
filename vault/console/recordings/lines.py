"""A recording at a glance: one line of the results."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenants.recordings import ContactField, Kind
from vault.access.kept import CONTENT, Kept

PARTIES = (ContactField.CUSTOMER_NUMBER, ContactField.CALLER_NUMBER, ContactField.NICKNAME)
"""Where the other party is named, as far as the notice lets anybody keep it; the first that is there."""

AGENTS = (ContactField.AGENT_NAME, ContactField.AGENT_ID)


@dataclass(frozen=True, kw_only=True)
class Line:
    """What is told of a recording before anybody has opened it. Without a `goes_at`, something keeps it."""

    id: UUID
    kind: Kind
    direction: str | None
    started_at: datetime
    duration: float | None
    party: str
    service_number: str
    agent: str
    agents: int
    content_gone: bool
    contact_gone: bool
    silent: bool
    damaged: bool
    held_for: tuple[str, ...]


def line_of(held: Kept) -> Line:
    """The line of one recording."""
    recording, contact = held.recording, held.contact
    fields = contact.fields if contact else {}
    facts = recording.facts if recording.live(CONTENT) else {}
    return Line(
        id=recording.id,
        kind=recording.kind,
        direction=contact.direction if contact else None,
        started_at=recording.started_at,
        duration=recording.duration if recording.is_sound else None,
        party=_first(fields, PARTIES),
        service_number=_first(fields, (ContactField.SERVICE_NUMBER, ContactField.ANSWERED_NUMBER)),
        agent=_first(fields, AGENTS),
        agents=len({segment.agent_id for segment in held.segments}),
        content_gone=recording.live(CONTENT) is None,
        contact_gone=contact is None,
        silent=bool(facts.get("silent")),
        damaged=bool(facts.get("damaged")),
        held_for=recording.holds,
    )


def _first(fields: dict[str, str | int], names: tuple[ContactField, ...]) -> str:
    return next((str(fields[name]) for name in names if name in fields), "")
