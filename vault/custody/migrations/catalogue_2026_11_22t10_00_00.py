"""Notes at a second of a recording, sealed under its content's own data key."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "notes at a second of a recording"

NOTES = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE note (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    recording_id uuid NOT NULL,
    at_ms integer CHECK (at_ms >= 0),
    written_by uuid NOT NULL,
    written_at timestamptz NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON note (tenant_id, recording_id, at_ms);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
ALTER TABLE note FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON note USING (tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, DELETE ON note TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(NOTES)

    manager.add_raw(run)
    return manager
