"""The tables of teams: whose calls a supervisor may hear where the notice lets them hear their own teams only."""

from piccolo.columns import UUID, Boolean, Text, Timestamptz
from piccolo.table import Table

from vault.custody.database import DB


class Team(Table, db=DB):
    """A team of agents; `group_id` is the group of the controller's directory that says who is in it, if one does."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    name = Text(default=None)
    group_id = UUID(default=None, null=True)
    made_by = UUID(default=None)
    made_at = Timestamptz(default=None)
    ended_at = Timestamptz(default=None, null=True)


class TeamMembership(Table, db=DB, tablename="team_membership"):
    """From when until when an agent was in a team, or a member led it. An agent may have no account here."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    team_id = UUID(default=None)
    member_id = UUID(default=None, null=True)
    agent_id = Text(default=None, null=True)
    leads = Boolean(default=None)
    member_from = Timestamptz(default=None)
    member_until = Timestamptz(default=None, null=True)
    recorded_by = UUID(default=None)
    recorded_at = Timestamptz(default=None)


TABLES: tuple[type[Table], ...] = (Team, TeamMembership)
