"""Whose calls somebody may hear because they lead a team, asked anew at each search and each listen."""

from datetime import datetime
from uuid import UUID

from tenants.teams import Spell
from vault.custody.database import DB


async def led_by(tenant: UUID, member_id: UUID, *, at: datetime) -> tuple[Spell, ...]:
    """The agents of the teams that a member leads at a moment, for as long as each was in; in the open scope."""
    rows = await DB.fetch(
        "SELECT DISTINCT a.agent_id, a.member_from, a.member_until FROM team_membership l JOIN team_membership a"
        " ON a.tenant_id = l.tenant_id AND a.team_id = l.team_id AND NOT a.leads AND a.member_from < $3"
        " WHERE l.tenant_id = $1 AND l.member_id = $2 AND l.leads AND l.member_from <= $3"
        " AND (l.member_until IS NULL OR l.member_until > $3) ORDER BY 1, 2, 3",
        tenant,
        member_id,
        at,
    )
    return tuple(Spell(agent_id=row[0], since=row[1], until=row[2]) for row in rows)
