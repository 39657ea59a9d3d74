"""What is told is written with the fact it tells of; how it goes out is a matter of its own."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID, uuid4

from vault.custody import audit
from vault.custody.database import DB
from vault.telling.topics import Audience, Topic

Detail = UUID | StrEnum | str | int | date | datetime
"""What a message may tell besides its object: an id, a word of a closed list, a number, a date."""

WAITING = "waiting"
"""The state of a delivery that is still to be tried."""

DROPPED = "dropped"
"""The state of one that was not to be tried any more: what it would bring is over."""

EMAIL, WEBHOOK = "email", "webhook"

_SLUG = re.compile(r"[a-z][a-z0-9]*([_.-][a-z0-9]+)*")


async def tell(
    tenant: UUID,
    topic: Topic,
    object_id: UUID | None,
    *,
    audience: Audience,
    now: datetime,
    details: Mapping[str, Detail] = MappingProxyType({}),
    once: str | None = None,
    members: Iterable[UUID] = (),
) -> UUID | None:
    """Tell people of the controller something, in its open scope: it stands with the fact or not at all.

    It is read at `GET /v1/messages` at once; a job sends it to the mailboxes of the policy and to the webhooks.

    Args:
        details: ids, slugs, numbers and dates. Names, numbers of people and free text have no place in a message.
        once: a word for what is told of an object but once under a topic (`first_reminder`); telling it again is
            nothing.
        members: people whom it concerns by name: those of outside get a letter that they should sign in, and nothing
            of it.

    Returns:
        The message's id; None where it was told before.

    Raises:
        ValueError: a detail is not a slug.
    """
    message = uuid4()
    rows = await DB.fetch(
        "INSERT INTO message (tenant_id, id, topic, object_id, audience, details, once, told_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id",
        tenant,
        message,
        topic,
        object_id,
        audience,
        json.dumps({name: _plain(value) for name, value in details.items()}),
        once,
        now,
    )
    if not rows:
        return None
    await _send_out(tenant, message, topic, audience, now)
    await _send_to_members(tenant, message, members, now)
    event = audit.Event(
        act="message.told",
        actor=None,
        object_id=object_id,
        details={"message": str(message), "topic": topic.value, "audience": audience.value},
    )
    await audit.record(tenant, event, now=now)
    return message


async def _send_out(tenant: UUID, message: UUID, topic: Topic, audience: Audience, now: datetime) -> None:
    """Write down where it is to go; from here on nobody can forget it."""
    for mailbox in audience.mailboxes:
        await DB.fetch(
            "INSERT INTO message_delivery (tenant_id, id, message_id, channel, mailbox, state, attempts, next_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
            tenant,
            uuid4(),
            message,
            EMAIL,
            mailbox,
            WAITING,
            now,
        )
    await DB.fetch(
        "INSERT INTO message_delivery (tenant_id, id, message_id, channel, webhook_id, state, attempts, next_at)"
        " SELECT $1, gen_random_uuid(), $2, $3, w.id, $4, 0, $5 FROM webhook w WHERE w.tenant_id = $1"
        " AND w.disabled_at IS NULL AND (w.topics = '{}' OR $6 = ANY(w.topics))",
        tenant,
        message,
        WEBHOOK,
        WAITING,
        now,
        topic,
    )


async def _send_to_members(tenant: UUID, message: UUID, members: Iterable[UUID], now: datetime) -> None:
    await DB.fetch(
        "INSERT INTO message_delivery (tenant_id, id, message_id, channel, member_id, state, attempts, next_at)"
        " SELECT $1, gen_random_uuid(), $2, $3, member, $4, 0, $5 FROM unnest($6::uuid[]) member",
        tenant,
        message,
        EMAIL,
        WAITING,
        now,
        sorted(set(members)),
    )


def _plain(value: Detail) -> str | int:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str) and not _SLUG.fullmatch(value):
        raise ValueError("What a message tells in words is a slug.")
    return value


async def drop_letters(tenant: UUID, member: UUID, *, now: datetime) -> None:
    """Send no invitation any more that waits for a member's mailbox, in the open scope: each would end a newer one."""
    await DB.fetch(
        "UPDATE message_delivery d SET state = $4, ended_at = $5, outcome = 'replaced' FROM message m"
        " WHERE d.tenant_id = $1 AND d.member_id = $2 AND d.state = $3"
        " AND m.tenant_id = $1 AND m.id = d.message_id AND m.topic = $6",
        tenant,
        member,
        WAITING,
        DROPPED,
        now,
        Topic.MEMBER_INVITED,
    )
