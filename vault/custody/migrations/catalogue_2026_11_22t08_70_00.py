"""Those who have power are watched: broken glass, support from outside, reviews of rights, unusual volume."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:70:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "oversight"

OVERSIGHT = """
SET LOCAL lock_timeout = '5s';

ALTER TABLE member ADD COLUMN country text, ADD COLUMN superior_id uuid;
ALTER TABLE access ADD COLUMN glass_id uuid;
CREATE INDEX access_by_time ON access (tenant_id, granted_at);

CREATE TABLE broken_glass (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    told_id uuid NOT NULL,
    policy_version integer NOT NULL,
    sealed bytea NOT NULL,
    opened_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by uuid,
    reviewed_at timestamptz,
    reviewed_by uuid,
    justified boolean,
    sealed_review bytea,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON broken_glass (tenant_id, member_id, ends_at);

CREATE TABLE support_admission (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    operator_id uuid NOT NULL,
    safeguard text NOT NULL,
    clause text NOT NULL,
    policy_version integer NOT NULL,
    sealed bytea NOT NULL,
    admitted_by uuid NOT NULL,
    admitted_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by uuid,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON support_admission (operator_id, until);

CREATE TABLE support_act (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    admission_id uuid NOT NULL,
    operation text NOT NULL,
    status integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON support_act (tenant_id, admission_id, at);

CREATE TABLE rights_round (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_by uuid,
    last_day date NOT NULL,
    due_at timestamptz NOT NULL,
    closed_at timestamptz,
    record bytea,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX rights_round_open ON rights_round (tenant_id) WHERE closed_at IS NULL;

CREATE TABLE rights_line (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    round_id uuid NOT NULL,
    member_id uuid NOT NULL,
    role text,
    credential_id uuid,
    superior_id uuid,
    last_used_at timestamptz,
    outcome text,
    decided_by uuid,
    decided_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON rights_line (tenant_id, round_id);

CREATE TABLE unusual_volume (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    span text NOT NULL,
    day date NOT NULL,
    accesses integer NOT NULL,
    usual integer NOT NULL,
    threshold integer NOT NULL,
    flagged_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    sealed_words bytea,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX ON unusual_volume (tenant_id, member_id, day, span);

CREATE TABLE unusual_look (
    tenant_id uuid PRIMARY KEY,
    looked_at timestamptz NOT NULL
);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['broken_glass', 'support_act', 'rights_round', 'rights_line', 'unusual_volume',
                                'unusual_look'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
ALTER TABLE support_admission ENABLE ROW LEVEL SECURITY;
ALTER TABLE support_admission FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant_or_platform ON support_admission USING (
    tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid
    OR current_setting('vault.platform', true) = 'on');
CREATE FUNCTION is_within_reach(tenant uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('vault.reach', true), '') = ''
        OR tenant::text = ANY (string_to_array(current_setting('vault.reach', true), ','))
$$;
CREATE POLICY within_reach ON controller AS RESTRICTIVE USING (is_within_reach(id));
CREATE POLICY within_reach ON contract AS RESTRICTIVE USING (is_within_reach(tenant_id));
CREATE POLICY within_reach ON notice AS RESTRICTIVE USING (is_within_reach(tenant_id));
CREATE POLICY within_reach ON support_admission AS RESTRICTIVE USING (is_within_reach(tenant_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON broken_glass, support_admission, support_act, rights_round, rights_line,
    unusual_volume, unusual_look TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (OVERSIGHT, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
