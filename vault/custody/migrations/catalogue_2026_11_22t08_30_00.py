"""How people prove who they are, and since when a member has signed in anew."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "people and how they sign in"

PEOPLE = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE member ADD COLUMN signed_out_at timestamptz;

CREATE TABLE code_secret (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX ON code_secret (tenant_id, member_id) WHERE confirmed_at IS NOT NULL;
CREATE TABLE recovery_code (
    tenant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    digest bytea NOT NULL,
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, member_id, digest)
);
CREATE TABLE passkey (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    credential bytea NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    aaguid text NOT NULL,
    backed_up boolean NOT NULL,
    made_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX ON passkey (tenant_id, credential);
CREATE INDEX ON passkey (tenant_id, member_id);
CREATE TABLE account_recovery (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    approved_at timestamptz NOT NULL,
    invited_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['code_secret', 'recovery_code', 'passkey', 'account_recovery'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON code_secret, recovery_code, passkey, account_recovery TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (PEOPLE, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
