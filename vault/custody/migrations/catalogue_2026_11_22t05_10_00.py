"""A recording may be held past its day and hidden from use, each for any number of reasons."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T05:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "holds and restrictions"

TABLES = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE part
    ADD COLUMN hold_key_id text,
    ADD COLUMN hold_wrapped_key bytea,
    ADD COLUMN held_until timestamptz,
    ADD CHECK ((hold_key_id IS NULL) = (hold_wrapped_key IS NULL)),
    ADD CHECK (hold_key_id IS NOT NULL OR held_until IS NULL);
-- What is held does not stand in the way of what is due, however much of it there is.
DROP INDEX part_due;
CREATE INDEX part_due ON part (tenant_id, destroy_at, id) WHERE destroyed_at IS NULL AND hold_key_id IS NULL;
CREATE INDEX part_held ON part (tenant_id, hold_key_id) WHERE hold_key_id IS NOT NULL;
CREATE INDEX part_by_object_key ON part (tenant_id, object_key COLLATE "C");
ALTER TABLE recording
    ADD COLUMN restricted boolean NOT NULL DEFAULT false,
    ADD COLUMN restricted_until timestamptz,
    ADD CHECK (restricted OR restricted_until IS NULL);
ALTER TABLE blind_index ADD COLUMN hold_key_id text;
CREATE INDEX blind_index_held ON blind_index (tenant_id, hold_key_id) WHERE hold_key_id IS NOT NULL;
ALTER TABLE access ADD COLUMN restricted_use text;

CREATE TABLE hold (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    recording_id uuid NOT NULL,
    reason text NOT NULL,
    sealed_note bytea,
    placed_by uuid NOT NULL,
    placed_at timestamptz NOT NULL,
    until timestamptz,
    released_by uuid,
    released_at timestamptz,
    bulk_id uuid,
    PRIMARY KEY (tenant_id, id),
    CHECK (until IS NULL OR until > placed_at),
    CHECK (released_at IS NOT NULL OR released_by IS NULL)
);
CREATE INDEX hold_of_recording ON hold (tenant_id, recording_id, placed_at);
CREATE INDEX hold_live ON hold (tenant_id, placed_at DESC, id DESC) WHERE released_at IS NULL;
CREATE INDEX hold_lapsing ON hold (tenant_id, until) WHERE released_at IS NULL AND until IS NOT NULL;
CREATE UNIQUE INDEX hold_of_bulk ON hold (tenant_id, bulk_id, recording_id) WHERE bulk_id IS NOT NULL;

CREATE TABLE restriction (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    recording_id uuid NOT NULL,
    ground text NOT NULL,
    sealed_note bytea,
    placed_by uuid NOT NULL,
    placed_at timestamptz NOT NULL,
    until timestamptz,
    subject_told_by uuid,
    subject_told_at timestamptz,
    lifted_by uuid,
    lifted_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    CHECK (until IS NULL OR until > placed_at),
    CHECK ((subject_told_at IS NULL) = (subject_told_by IS NULL)),
    -- Art. 18(3): the data subject is told before the restriction is lifted.
    CHECK (lifted_at IS NULL OR subject_told_at <= lifted_at)
);
CREATE INDEX restriction_of_recording ON restriction (tenant_id, recording_id, placed_at);
CREATE INDEX restriction_live ON restriction (tenant_id, placed_at DESC, id DESC) WHERE lifted_at IS NULL;
CREATE INDEX restriction_lapsing ON restriction (tenant_id, until) WHERE lifted_at IS NULL AND until IS NOT NULL;

CREATE TABLE hold_key (
    tenant_id uuid NOT NULL,
    key_id text NOT NULL,
    made_at timestamptz NOT NULL,
    retired_at timestamptz,
    PRIMARY KEY (tenant_id, key_id)
);
CREATE INDEX hold_key_retired ON hold_key (tenant_id, retired_at) WHERE retired_at IS NOT NULL;

CREATE TABLE bulk_hold (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    reason text NOT NULL,
    until timestamptz,
    state text NOT NULL CHECK (state IN ('finding', 'placing', 'placed', 'releasing', 'released')),
    key_id text NOT NULL,
    sealed_order bytea,
    after_started_at timestamptz,
    after_id uuid,
    placed_by uuid NOT NULL,
    placed_at timestamptz NOT NULL,
    released_by uuid,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX bulk_hold_under_way ON bulk_hold (tenant_id) WHERE state IN ('finding', 'placing', 'releasing');
CREATE TABLE bulk_hold_item (
    tenant_id uuid NOT NULL,
    bulk_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'held', 'failed', 'released')),
    problem text,
    PRIMARY KEY (tenant_id, bulk_id, recording_id)
);
CREATE INDEX bulk_hold_item_in_state ON bulk_hold_item (tenant_id, bulk_id, state, recording_id);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['hold', 'restriction', 'hold_key', 'bulk_hold', 'bulk_hold_item'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON hold, restriction, hold_key, bulk_hold, bulk_hold_item TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (TABLES, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
