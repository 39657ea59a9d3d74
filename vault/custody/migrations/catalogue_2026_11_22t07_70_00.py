"""How recipients met their duties, and what they were told of recordings that were corrected, erased or restricted."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:70:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "duties of recipients and notices to them"

DUTIES = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE disclosure_duty (
    tenant_id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    means text NOT NULL,
    done_on date NOT NULL,
    document_id uuid NOT NULL,
    told_by uuid NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, disclosure_id)
);
CREATE TABLE recipient_notice (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    cause text NOT NULL,
    cause_id uuid NOT NULL,
    caused_at timestamptz NOT NULL,
    noted_at timestamptz NOT NULL,
    acknowledged_by uuid,
    acknowledged_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX ON recipient_notice (tenant_id, disclosure_id, recording_id, cause, cause_id);
ALTER TABLE message_delivery ADD COLUMN member_id uuid;
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['disclosure_duty', 'recipient_notice'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON disclosure_duty, recipient_notice TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (DUTIES, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
