"""Up to which day a controller's retention is closed in the log; and parts are counted by their day."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T05:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "days of retention"

DAYS = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE closed_day (
    tenant_id uuid PRIMARY KEY,
    through date NOT NULL,
    next_at timestamptz NOT NULL
);
ALTER TABLE closed_day ENABLE ROW LEVEL SECURITY;
ALTER TABLE closed_day FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON closed_day USING (
    tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON closed_day TO vault_app;

CREATE INDEX part_by_day ON part (tenant_id, destroy_at) WHERE destroy_at IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(DAYS)

    manager.add_raw(run)
    return manager
