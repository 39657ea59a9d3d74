"""A controller's identity provider, whom it vouches for, and what its directory says of people and groups."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "identity provider and directory"

DIRECTORY = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE identity_provider (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    authentication text NOT NULL,
    settings jsonb NOT NULL,
    public_key jsonb,
    sealed bytea NOT NULL,
    proposed_by uuid NOT NULL,
    approved_by uuid NOT NULL,
    set_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id)
);
CREATE TABLE external_identity (
    tenant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    subject bytea NOT NULL,
    linked_by text NOT NULL,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, member_id)
);
CREATE UNIQUE INDEX ON external_identity (tenant_id, subject);
CREATE TABLE directory_user (
    tenant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    sealed bytea NOT NULL,
    name_index bytea NOT NULL,
    external_index bytea,
    active boolean NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, member_id)
);
CREATE UNIQUE INDEX ON directory_user (tenant_id, name_index) WHERE ended_at IS NULL;
CREATE INDEX ON directory_user (tenant_id, external_index);
CREATE INDEX ON directory_user (tenant_id, created_at, member_id) WHERE ended_at IS NULL;
CREATE TABLE directory_group (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    name_index bytea NOT NULL,
    external_index bytea,
    roles text[] NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX ON directory_group (tenant_id, name_index);
CREATE INDEX ON directory_group (tenant_id, external_index);
CREATE TABLE directory_membership (
    tenant_id uuid NOT NULL,
    group_id uuid NOT NULL,
    member_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, group_id, member_id)
);
CREATE INDEX ON directory_membership (tenant_id, member_id);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['identity_provider', 'external_identity', 'directory_user', 'directory_group',
                                'directory_membership'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_provider, external_identity, directory_user, directory_group,
    directory_membership TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (DIRECTORY, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
