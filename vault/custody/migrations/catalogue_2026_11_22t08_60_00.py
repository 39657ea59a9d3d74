"""Teams: which agents were in them from when until when, and who leads them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:60:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "teams"

TEAMS = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE team (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    group_id uuid,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX team_of_group ON team (tenant_id, group_id) WHERE group_id IS NOT NULL AND ended_at IS NULL;
CREATE TABLE team_membership (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    member_id uuid,
    agent_id text,
    leads boolean NOT NULL,
    member_from timestamptz NOT NULL,
    member_until timestamptz CHECK (member_until >= member_from),
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK (CASE WHEN leads THEN member_id IS NOT NULL ELSE agent_id IS NOT NULL END)
);
CREATE INDEX ON team_membership (tenant_id, team_id, member_from);
CREATE INDEX ON team_membership (tenant_id, member_id) WHERE leads;
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['team', 'team_membership'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON team, team_membership TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (TEAMS, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
