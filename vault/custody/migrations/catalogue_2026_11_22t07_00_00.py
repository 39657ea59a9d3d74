"""What is given to others: organisations and their people, disclosures, decisions, packages, and what is fetched."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "disclosures"

DISCLOSURES = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE access ADD COLUMN disclosure_id uuid;

CREATE TABLE organisation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    business_id text,
    statutory_right text,
    legal_bases text[] NOT NULL,
    certificate text,
    age_key text,
    sealed_contact bytea,
    registered_at timestamptz NOT NULL,
    registered_by uuid NOT NULL,
    approved_by uuid NOT NULL,
    ended_at timestamptz,
    ended_by uuid,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE group_membership (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    member_from date NOT NULL,
    member_until date,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE organisation_person (
    tenant_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    member_id uuid NOT NULL,
    invited_by uuid NOT NULL,
    invited_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, member_id)
);
CREATE TABLE disclosure (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    policy_version integer NOT NULL,
    terms jsonb NOT NULL,
    sealed bytea,
    key_id text NOT NULL,
    organisation_id uuid,
    subject_request_id uuid,
    requested_by uuid,
    requested_at timestamptz NOT NULL,
    urgent boolean NOT NULL,
    secret_until timestamptz,
    scope_sha256 bytea NOT NULL,
    lapses_at timestamptz NOT NULL,
    decided_at timestamptz,
    confirm_by timestamptz,
    confirmed_at timestamptz,
    carried_out_at timestamptz,
    until timestamptz,
    received_at timestamptz,
    duty_until timestamptz,
    duty_done_at timestamptz,
    ended_at timestamptz,
    ended_rule text,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE disclosure_item (
    tenant_id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    state text NOT NULL,
    limits jsonb NOT NULL,
    reviewed_by uuid,
    reviewed_at timestamptz,
    hold_id uuid,
    PRIMARY KEY (tenant_id, disclosure_id, recording_id)
);
CREATE TABLE disclosure_decision (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    member_id uuid NOT NULL,
    roles text[] NOT NULL,
    on_behalf_of uuid,
    verdict text NOT NULL,
    urgent boolean NOT NULL,
    scope_sha256 bytea NOT NULL,
    clause text,
    sealed_reason bytea NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE disclosure_document (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    purpose text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    object_key text NOT NULL,
    object_version text NOT NULL,
    wrapped_key bytea NOT NULL,
    prefix bytea,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE disclosure_recipient (
    tenant_id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    member_id uuid NOT NULL,
    named_by uuid NOT NULL,
    named_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, disclosure_id, member_id)
);
CREATE TABLE package (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    sealing text NOT NULL,
    recipient_key text NOT NULL,
    mark text NOT NULL,
    object_key text NOT NULL,
    object_version text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    manifest_sha256 bytea NOT NULL,
    recordings integer NOT NULL,
    made_at timestamptz NOT NULL,
    fetches_allowed integer,
    removed_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE package_fetch (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    package_id uuid NOT NULL,
    member_id uuid NOT NULL,
    begun_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    sent jsonb NOT NULL,
    completed_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE delegation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    stand_in_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX ON group_membership (tenant_id, organisation_id, member_from);
CREATE INDEX ON disclosure (tenant_id, requested_at DESC, id DESC);
CREATE INDEX disclosure_open ON disclosure (tenant_id, state) WHERE ended_at IS NULL;
CREATE INDEX ON disclosure_item (tenant_id, recording_id);
CREATE UNIQUE INDEX ON disclosure_decision (tenant_id, disclosure_id, scope_sha256, member_id);
CREATE INDEX ON disclosure_document (tenant_id, disclosure_id);
CREATE INDEX ON disclosure_recipient (tenant_id, member_id);
CREATE UNIQUE INDEX ON package (tenant_id, disclosure_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX ON package (tenant_id, mark);
CREATE INDEX ON package_fetch (tenant_id, package_id);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['organisation', 'group_membership', 'organisation_person', 'disclosure',
        'disclosure_item', 'disclosure_decision', 'disclosure_document', 'disclosure_recipient', 'package',
        'package_fetch', 'delegation'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON organisation, group_membership, organisation_person, delegation, disclosure,
    disclosure_item, disclosure_decision, disclosure_document, disclosure_recipient, package, package_fetch
    TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (DISCLOSURES, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
