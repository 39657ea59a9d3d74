"""What lies in rows alone is copied into the store: which recordings wait for that, and where their copies lie."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T05:60:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "copies of rows, and reconciliation"

COPIES = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE recording
    ADD COLUMN copied_at timestamptz,
    ADD COLUMN copies jsonb NOT NULL DEFAULT '[]';
CREATE INDEX recording_to_copy ON recording (tenant_id, received_at, id)
    WHERE copied_at IS NULL AND destroyed_at IS NULL;
-- The purge of a day does not come by where copies of what was kept beyond it lie.
CREATE INDEX recording_with_copies_left ON recording (tenant_id, id)
    WHERE destroyed_at IS NOT NULL AND jsonb_path_exists(copies, '$[*][0] ? (@ starts with "hold/")');

-- Whoever moves a wrap or a day, or places a hold, need not remember that a copy of the rows lies in the store. Once a
-- transaction is enough; and once it must be, also where the copy was wanted before: a copy is being made of what was.
CREATE FUNCTION recording_is_to_be_copied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE recording SET copied_at = NULL WHERE tenant_id = NEW.tenant_id AND id = NEW.recording_id
        AND (copied_at IS NOT NULL OR xmin <> pg_current_xact_id()::xid);
    RETURN NULL;
END $$;
CREATE TRIGGER to_be_copied AFTER UPDATE ON part FOR EACH ROW
    WHEN (NEW.destroyed_at IS NULL AND OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION recording_is_to_be_copied();
CREATE TRIGGER to_be_copied AFTER INSERT OR UPDATE ON hold FOR EACH ROW EXECUTE FUNCTION recording_is_to_be_copied();
CREATE TRIGGER to_be_copied AFTER INSERT OR UPDATE ON restriction
    FOR EACH ROW EXECUTE FUNCTION recording_is_to_be_copied();

CREATE TABLE tenancy_copy (
    tenant_id uuid PRIMARY KEY,
    sha256 bytea NOT NULL,
    object_version text NOT NULL,
    copied_at timestamptz NOT NULL
);
"""

RECONCILIATION = """
CREATE TABLE reconciliation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    completed_at timestamptz,
    after_key text NOT NULL DEFAULT '',
    entries bigint NOT NULL DEFAULT 0,
    parts bigint NOT NULL DEFAULT 0,
    opened bigint NOT NULL DEFAULT 0,
    counts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX reconciliation_under_way ON reconciliation (tenant_id) WHERE completed_at IS NULL;
CREATE INDEX ON reconciliation (tenant_id, started_at DESC, id DESC);
CREATE TABLE finding (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    round_id uuid NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    recording_id uuid,
    object_key text,
    action text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON finding (tenant_id, round_id, id);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tenancy_copy', 'reconciliation', 'finding'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON tenancy_copy, reconciliation, finding TO vault_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (COPIES, RECONCILIATION, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
