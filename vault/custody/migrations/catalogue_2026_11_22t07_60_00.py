"""What data subjects ask for, and what was done with which recording for it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:60:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "requests of data subjects"

REQUESTS = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE subject_request (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    invoked text NOT NULL,
    asker text NOT NULL,
    state text NOT NULL,
    channel text NOT NULL,
    language text NOT NULL,
    policy_version integer NOT NULL,
    received_on date NOT NULL,
    due_on date NOT NULL,
    extended_at timestamptz,
    extended_by uuid,
    sealed bytea NOT NULL,
    sealed_extension bytea,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    means text,
    identified_at timestamptz,
    identified_by uuid,
    ended_at timestamptz,
    ended_by uuid,
    ground text,
    clause text,
    sealed_answer bytea,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE subject_act (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    act text NOT NULL,
    object_id uuid,
    done_by uuid NOT NULL,
    done_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON subject_request (tenant_id, recorded_at DESC, id DESC);
CREATE INDEX subject_request_open ON subject_request (tenant_id, due_on) WHERE ended_at IS NULL;
CREATE INDEX ON subject_act (tenant_id, request_id, done_at, id);
CREATE INDEX ON subject_act (tenant_id, recording_id);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['subject_request', 'subject_act'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON subject_request, subject_act TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (REQUESTS, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
