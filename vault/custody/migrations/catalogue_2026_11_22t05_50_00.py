"""Two persons decide, keys are retired before anything moves away from them, a part knows whose promise it is under."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T05:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "proposals, retired keys, the policy version of a part"

TABLES = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE proposal (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    action text NOT NULL,
    object_id uuid,
    terms jsonb NOT NULL,
    effect jsonb NOT NULL,
    sealed bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'carried_out', 'refused', 'rejected', 'withdrawn',
                                         'lapsed')),
    proposed_by uuid NOT NULL,
    by_operator boolean NOT NULL,
    proposed_as text[] NOT NULL,
    proposed_at timestamptz NOT NULL,
    lapses_at timestamptz NOT NULL,
    not_before timestamptz,
    decided_by uuid,
    decided_by_operator boolean NOT NULL,
    decided_as text[] NOT NULL,
    decided_at timestamptz,
    sealed_decision bytea,
    begun_at timestamptz,
    ended_at timestamptz,
    outcome jsonb,
    PRIMARY KEY (tenant_id, id),
    CHECK (state NOT IN ('approved', 'carried_out', 'refused') OR decided_by <> proposed_by),
    CHECK (state NOT IN ('approved', 'carried_out', 'refused') OR NOT (by_operator AND decided_by_operator))
);
CREATE UNIQUE INDEX proposal_waiting ON proposal (tenant_id, action, object_id)
    WHERE state IN ('proposed', 'approved');
CREATE INDEX ON proposal (tenant_id, proposed_at DESC, id);
CREATE TABLE retired_key (
    tenant_id uuid NOT NULL,
    shred_key_id text NOT NULL,
    cause uuid NOT NULL,
    retired_at timestamptz NOT NULL,
    destroyed_at timestamptz,
    PRIMARY KEY (tenant_id, shred_key_id)
);
CREATE INDEX ON retired_key (tenant_id, cause);

-- Null while the promise is still that of the recording's own policy version.
ALTER TABLE part ADD COLUMN policy_version integer;
CREATE INDEX part_by_shred_key ON part (tenant_id, shred_key_id, id) WHERE destroyed_at IS NULL;
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['proposal', 'retired_key'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON proposal, retired_key TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (TABLES, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
