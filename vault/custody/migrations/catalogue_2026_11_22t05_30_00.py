"""A contract's end is told in time, and what was promised to be returned is returned before it is destroyed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T05:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "notices, and return before destruction"

CONTRACT = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE contract ADD COLUMN end_decided_at timestamptz, ADD COLUMN returning_since timestamptz,
    ADD COLUMN returned_at timestamptz;
"""

NOTICES = """
CREATE TABLE notice (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    days integer NOT NULL,
    ends_on date NOT NULL,
    due_at timestamptz NOT NULL,
    given_at timestamptz NOT NULL,
    late boolean NOT NULL,
    superseded_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX notice_once ON notice (tenant_id, kind, days) WHERE superseded_at IS NULL;
"""

RETURNS = """
CREATE TABLE return_recipient (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    public_key text NOT NULL,
    destination text NOT NULL CHECK (destination IN ('archives', 's3')),
    place jsonb,
    sealed_credentials bytea,
    registered_at timestamptz NOT NULL,
    registered_by uuid NOT NULL,
    replaced_at timestamptz,
    failure text,
    confirmed_at timestamptz,
    confirmed_by uuid,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX return_recipient_one ON return_recipient (tenant_id) WHERE replaced_at IS NULL;

CREATE TABLE return_archive (
    tenant_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    number integer NOT NULL,
    object_key text NOT NULL,
    object_version text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    plain_size bigint NOT NULL,
    plain_sha256 bytea NOT NULL,
    listing_sha256 bytea NOT NULL,
    recordings integer NOT NULL,
    restricted integer NOT NULL,
    damaged integer NOT NULL,
    parts integer NOT NULL,
    first_started_at timestamptz,
    first_id uuid,
    last_started_at timestamptz NOT NULL,
    last_id uuid NOT NULL,
    good_until timestamptz,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, recipient_id, number)
);

CREATE TABLE return_manifest (
    tenant_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    manifest text NOT NULL,
    made_at timestamptz NOT NULL,
    superseded_at timestamptz,
    PRIMARY KEY (tenant_id, recipient_id, sha256)
);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['return_recipient', 'return_archive', 'return_manifest'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;

-- A notice holds ids and dates of a contract, which the outsourcing firm sees as it sees the contract.
ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant_or_platform ON notice USING (
    tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid
    OR current_setting('vault.platform', true) = 'on');

GRANT SELECT, INSERT, UPDATE, DELETE ON return_recipient, return_archive, return_manifest TO vault_app;
GRANT SELECT, INSERT, UPDATE ON notice TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (CONTRACT, NOTICES, RETURNS, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
