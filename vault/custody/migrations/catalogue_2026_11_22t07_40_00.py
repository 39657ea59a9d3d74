"""The sessions in which data subjects hear their own recordings at a place; no organisation is registered twice."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "review sessions"

SESSIONS = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE review_session (
    tenant_id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    supervisor_id uuid NOT NULL,
    credential_id uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    minutes_id uuid,
    PRIMARY KEY (tenant_id, disclosure_id)
);
CREATE UNIQUE INDEX organisation_known ON organisation (tenant_id, kind, business_id) WHERE ended_at IS NULL;
"""

ISOLATION = """
ALTER TABLE review_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_session FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON review_session
    USING (tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON review_session TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (SESSIONS, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
