"""To which key a disclosure is sealed; who was named late is confirmed by a second person; what is being packed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "sealing and handing over"

HANDING_OVER = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE disclosure_recipient ADD COLUMN confirmed_by uuid;
ALTER TABLE disclosure_recipient ADD COLUMN confirmed_at timestamptz;
CREATE TABLE disclosure_seal (
    tenant_id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    sealing text NOT NULL,
    public_key text NOT NULL,
    generated boolean NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, disclosure_id)
);
CREATE TABLE package_making (
    tenant_id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    object_key text NOT NULL,
    begun_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, disclosure_id)
);
CREATE INDEX package_unremoved ON package (tenant_id) WHERE removed_at IS NULL;
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['disclosure_seal', 'package_making'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON disclosure_seal, package_making TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (HANDING_OVER, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
