"""Whoever received a recording is told when it is rectified, erased, or its use restricted or allowed again (Art. 19).

What happened is looked for in the rows that say so, whoever made them happen; nothing of it can be forgotten on the
way. May be killed anywhere and run again.
"""

from collections import Counter
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tenants.vocabulary import DisclosureKind
from vault.custody import audit
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.disclosure import rows
from vault.disclosure.recipients import may_receive, recipients_of
from vault.telling.telling import Detail, tell
from vault.telling.topics import Audience, Topic

NOTED = "recipient_notice.written"

BATCH = 500
"""Notices written in one transaction."""

KINDS = (DisclosureKind.AUTHORITY, DisclosureKind.GROUP, DisclosureKind.RESEARCH)
"""What others received. A data subject, an agent and the controller itself are told in other ways."""


class Cause(StrEnum):
    """What happened to a recording after it was disclosed."""

    RECTIFIED = "rectified"
    ERASED = "erased"
    RESTRICTED = "restricted"
    LIFTED = "lifted"


# A restriction that ends because what it hides is erased was not announced to the data subject: the erasure is told.
_HAPPENED = """
    SELECT recording_id, 'restricted' AS cause, id AS cause_id, placed_at AS caused_at
        FROM restriction WHERE tenant_id = $1
    UNION ALL SELECT recording_id, 'lifted', id, lifted_at
        FROM restriction WHERE tenant_id = $1 AND lifted_at IS NOT NULL AND subject_told_at IS NOT NULL
    UNION ALL SELECT DISTINCT l.recording_id, 'erased', e.id, e.completed_at
        FROM destruction e JOIN leaf l ON l.tenant_id = e.tenant_id AND l.destruction_id = e.id
        WHERE e.tenant_id = $1 AND e.reason = 'order' AND e.completed_at IS NOT NULL
    UNION ALL SELECT recording_id, 'rectified', id, done_at
        FROM subject_act WHERE tenant_id = $1 AND act = 'statement'
"""

_UNTOLD = f"""
    FROM disclosure d
    JOIN disclosure_item i ON i.tenant_id = d.tenant_id AND i.disclosure_id = d.id AND i.state = 'included'
    JOIN ({_HAPPENED}) h ON h.recording_id = i.recording_id AND h.caused_at >= d.carried_out_at
    WHERE d.tenant_id = $1 AND d.kind = ANY($2) AND d.carried_out_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM recipient_notice n WHERE n.tenant_id = d.tenant_id AND n.disclosure_id = d.id
        AND n.recording_id = i.recording_id AND n.cause = h.cause AND n.cause_id = h.cause_id)
    AND (d.received_at IS NOT NULL
        OR EXISTS (SELECT FROM access a WHERE a.tenant_id = d.tenant_id AND a.disclosure_id = d.id
            AND a.recording_id = i.recording_id AND a.used_at IS NOT NULL)
        -- With an erased recording goes who heard it: whoever could have is told.
        OR d.kind = 'group' AND h.cause = 'erased')
"""  # noqa: S608 - our own words
"""What a package's or a grant's recipient had when it happened, or received since, and was not told of."""


async def is_due(tenant: UUID) -> bool:
    """Whether a recipient is to be told of anything; in the controller's open scope."""
    return bool((await DB.fetch(f"SELECT EXISTS (SELECT {_UNTOLD})", tenant, KINDS))[0][0])


async def notify(custody: Custody, tenant: UUID) -> bool:
    """Write down what recipients are to be told, and tell them and the DPO.

    Returns:
        Whether nothing is left to do now.
    """
    now = custody.clock.now()
    async with tenant_scope(tenant):
        written = await DB.fetch(
            "INSERT INTO recipient_notice (tenant_id, id, disclosure_id, recording_id, cause, cause_id, caused_at,"
            " noted_at) SELECT $1, gen_random_uuid(), d.id, i.recording_id, h.cause, h.cause_id, h.caused_at, $3"
            f" {_UNTOLD} ORDER BY h.caused_at, d.id, i.recording_id LIMIT {BATCH:d}"
            " ON CONFLICT DO NOTHING RETURNING disclosure_id, cause",
            tenant,
            KINDS,
            now,
        )
        found = Counter((row["disclosure_id"], Cause(row["cause"])) for row in written)
        for (disclosure_id, cause), recordings in sorted(found.items()):
            await _tell(tenant, disclosure_id, cause, recordings, now)
    return len(written) < BATCH


async def _tell(tenant: UUID, disclosure_id: UUID, cause: Cause, recordings: int, now: datetime) -> None:
    disclosure = (await rows.fetch(tenant, disclosure_id)).disclosure
    persons = {each.member_id for each in await recipients_of(disclosure) if each.may_receive}
    if disclosure.requested_by is not None and await may_receive(disclosure, disclosure.requested_by):
        persons.add(disclosure.requested_by)
    known = {"cause": cause.value, "recordings": recordings, "recipients": len(persons)}
    await audit.record(tenant, audit.Event(act=NOTED, actor=None, object_id=disclosure_id, details=known), now=now)
    about: dict[str, Detail] = {"kind": disclosure.kind, **known}
    await tell(
        tenant,
        Topic.RECIPIENTS_TO_NOTIFY,
        disclosure_id,
        audience=Audience.DPO,
        now=now,
        details=about,
        members=persons,
    )
