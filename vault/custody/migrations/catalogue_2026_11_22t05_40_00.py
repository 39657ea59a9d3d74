"""What a certificate's tree stands on is kept by itself, so that a proof of one recording outlives its contract."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T05:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "leaves of certificates"

LEAVES = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE leaf (
    tenant_id uuid NOT NULL,
    destruction_id uuid NOT NULL,
    part_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    leaf text NOT NULL,
    PRIMARY KEY (tenant_id, destruction_id, part_id)
);
CREATE INDEX ON leaf (tenant_id, recording_id, destruction_id);
ALTER TABLE leaf ENABLE ROW LEVEL SECURITY;
ALTER TABLE leaf FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON leaf USING (tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid);
-- Evidence: it is neither changed nor removed.
GRANT SELECT, INSERT ON leaf TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        await DB.script(LEAVES)

    manager.add_raw(run)
    return manager
