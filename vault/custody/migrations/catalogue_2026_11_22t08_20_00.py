"""What searches the log, how far it was streamed and erased, and when somebody was told who had listened."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the log searched, streamed and erased in its time"

EVENTS = """
SET LOCAL lock_timeout = '5s';

CREATE INDEX audit_event_actor ON audit_event (tenant_id, ((body::jsonb)->>'actor'), seq) WHERE body IS NOT NULL;
CREATE INDEX audit_event_at ON audit_event (tenant_id, at);

CREATE TABLE audit_stream (
    tenant_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    through bigint NOT NULL,
    until bigint,
    begun_at timestamptz,
    attempts integer NOT NULL,
    next_at timestamptz NOT NULL,
    tried_at timestamptz,
    outcome text,
    PRIMARY KEY (tenant_id, webhook_id)
);
CREATE TABLE log_prune (
    tenant_id uuid PRIMARY KEY,
    done_on date NOT NULL
);
CREATE TABLE listens_named (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    recording_id uuid NOT NULL,
    named_by uuid NOT NULL,
    named_at timestamptz NOT NULL,
    sealed_reason bytea NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON listens_named (tenant_id, recording_id, named_at);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_stream', 'log_prune', 'listens_named'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_stream, log_prune, listens_named TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (EVENTS, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
