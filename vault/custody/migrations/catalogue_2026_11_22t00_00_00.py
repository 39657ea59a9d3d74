"""The catalogue begins: tables, forced row-level security, an append-only log, and what the application may do."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the catalogue begins"

TABLES = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE controller (
    id uuid PRIMARY KEY,
    slug text NOT NULL,
    name text NOT NULL,
    bucket text NOT NULL UNIQUE,
    region text NOT NULL,
    onboarded_at timestamptz NOT NULL
);
CREATE TABLE contract (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL CHECK (ends_on >= starts_on),
    time_zone text NOT NULL,
    destroying_since timestamptz,
    destroyed_at timestamptz,
    destruction_id uuid,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE policy_version (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    version integer NOT NULL,
    effective_from date NOT NULL,
    source text NOT NULL,
    sha256 bytea NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, version)
);
CREATE TABLE member (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL,
    agent_id text,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
);
CREATE TABLE credential (
    tenant_id uuid NOT NULL,
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('invitation', 'password', 'session', 'token')),
    digest bytea NOT NULL UNIQUE,
    verifier text,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX ON credential (tenant_id, member_id);
CREATE TABLE recording (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    source_digest bytea NOT NULL,
    kind text NOT NULL,
    media_type text NOT NULL,
    policy_version integer NOT NULL,
    started_at timestamptz NOT NULL,
    duration_ms bigint,
    facts jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    received_by uuid NOT NULL,
    destroyed_at timestamptz,
    destruction_id uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source_digest)
);
CREATE INDEX ON recording (tenant_id, kind, started_at DESC, id DESC);
CREATE TABLE part (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    recording_id uuid NOT NULL,
    name text NOT NULL,
    part_class text NOT NULL,
    media_type text NOT NULL,
    object_key text NOT NULL,
    object_version text NOT NULL,
    plain_size bigint NOT NULL CHECK (plain_size >= 0),
    sealed_size bigint NOT NULL CHECK (sealed_size > 0),
    sealed_sha256 bytea NOT NULL,
    shred_key_id text NOT NULL,
    wrapped_key bytea,
    prefix bytea,
    sealed bytea,
    destroy_at timestamptz,
    promised_until timestamptz,
    clause text NOT NULL,
    destroyed_at timestamptz,
    destruction_id uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, recording_id, name),
    CHECK (destroyed_at IS NOT NULL OR (wrapped_key IS NOT NULL AND prefix IS NOT NULL)),
    CHECK (destroyed_at IS NOT NULL OR object_version <> '' OR sealed IS NOT NULL)
);
-- Ciphertext does not become smaller by trying.
ALTER TABLE part ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX part_due ON part (tenant_id, destroy_at, id) WHERE destroyed_at IS NULL;
CREATE INDEX part_under_destruction ON part (tenant_id, destruction_id, id);
CREATE TABLE blind_index (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    recording_id uuid NOT NULL,
    field text NOT NULL,
    digest bytea NOT NULL,
    started_at timestamptz NOT NULL,
    destroy_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON blind_index (tenant_id, digest, started_at DESC, recording_id DESC);
CREATE INDEX ON blind_index (tenant_id, recording_id);
CREATE TABLE upload (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    created_by uuid NOT NULL,
    source_digest bytea NOT NULL,
    length bigint NOT NULL CHECK (length >= 0),
    received bigint NOT NULL CHECK (received BETWEEN 0 AND length),
    segments jsonb NOT NULL,
    sealed_metadata bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON upload (tenant_id, expires_at);
CREATE TABLE access (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    recording_id uuid NOT NULL,
    member_id uuid NOT NULL,
    purpose text NOT NULL,
    sealed_reason bytea NOT NULL,
    granted_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON access (tenant_id, recording_id);
CREATE TABLE destruction (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('started', 'completed')),
    started_at timestamptz NOT NULL,
    completed_at timestamptz,
    record jsonb NOT NULL,
    certificate text,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX destruction_under_way ON destruction (tenant_id, reason) WHERE state = 'started';
CREATE INDEX ON destruction (tenant_id, started_at DESC, id DESC);
CREATE TABLE audit_head (
    tenant_id uuid PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE audit_event (
    tenant_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    act text NOT NULL,
    object_id uuid,
    body text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX ON audit_event (tenant_id, object_id, seq);
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    actor text NOT NULL,
    key text NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    UNIQUE (actor, tenant_id, key)
);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['policy_version', 'member', 'recording', 'part', 'blind_index', 'upload', 'access',
                                'destruction', 'audit_head', 'audit_event'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;

ALTER TABLE controller ENABLE ROW LEVEL SECURITY;
ALTER TABLE controller FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant_or_platform ON controller USING (
    id = nullif(current_setting('vault.tenant_id', true), '')::uuid OR current_setting('vault.platform', true) = 'on');
ALTER TABLE contract ENABLE ROW LEVEL SECURITY;
ALTER TABLE contract FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant_or_platform ON contract USING (
    tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid
    OR current_setting('vault.platform', true) = 'on');
"""

LOG = """
CREATE FUNCTION audit_append(tenant uuid, at timestamptz, act text, object_id uuid, body text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    head audit_head;
    next_hash bytea;
BEGIN
    SELECT * INTO STRICT head FROM audit_head h WHERE h.tenant_id = tenant FOR UPDATE;
    next_hash := sha256(head.hash || int8send(head.seq + 1) || convert_to(body, 'UTF8'));
    INSERT INTO audit_event VALUES (tenant, head.seq + 1, at, act, object_id, body, head.hash, next_hash);
    UPDATE audit_head h SET seq = head.seq + 1, hash = next_hash WHERE h.tenant_id = tenant;
    RETURN head.seq + 1;
END $$;

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
"""

RIGHTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON contract, policy_version, member, credential, recording, part, blind_index,
    upload, access, outbox TO vault_app;
GRANT SELECT, INSERT, UPDATE ON controller, destruction, audit_head TO vault_app;
GRANT SELECT, INSERT ON audit_event TO vault_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (TABLES, ISOLATION, LOG, RIGHTS):
            await DB.script(step)

    manager.add_raw(run)
    return manager
