"""The log becomes a Merkle log: events wait for a moment, are sealed in batches, and are signed for as trees."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the log as a Merkle tree"

TABLES = """
SET LOCAL lock_timeout = '5s';

DROP FUNCTION audit_append(uuid, timestamptz, text, uuid, text);
DROP TRIGGER append_only ON audit_event;
DROP FUNCTION audit_is_append_only();

ALTER TABLE audit_head DROP COLUMN hash;
ALTER TABLE audit_event DROP COLUMN previous;
ALTER TABLE audit_event RENAME COLUMN hash TO leaf_hash;
ALTER TABLE audit_event ALTER COLUMN body DROP NOT NULL;

CREATE TABLE audit_pending (
    tenant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    act text NOT NULL,
    object_id uuid,
    body text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
-- What was chained is sealed anew, in its order.
ALTER TABLE audit_event NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_head NO FORCE ROW LEVEL SECURITY;
INSERT INTO audit_pending (tenant_id, at, act, object_id, body)
SELECT tenant_id, at, act, object_id, body FROM audit_event ORDER BY tenant_id, seq;
TRUNCATE audit_event;
UPDATE audit_head SET seq = 0;
ALTER TABLE audit_event FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_head FORCE ROW LEVEL SECURITY;

CREATE TABLE audit_node (
    tenant_id uuid NOT NULL,
    level smallint NOT NULL CHECK (level > 0),
    index bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, level, index)
);
CREATE TABLE audit_checkpoint (
    tenant_id uuid NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, size)
);
CREATE TABLE audit_witness (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    vkey text NOT NULL,
    registered_by uuid NOT NULL,
    registered_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, vkey)
);
CREATE TABLE audit_cosignature (
    tenant_id uuid NOT NULL,
    size bigint NOT NULL,
    witness_id uuid NOT NULL,
    line text NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, size, witness_id)
);
CREATE TABLE audit_copied (
    tenant_id uuid PRIMARY KEY,
    size bigint NOT NULL,
    copied_at timestamptz NOT NULL
);
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['audit_pending', 'audit_node', 'audit_checkpoint', 'audit_witness',
                                'audit_cosignature', 'audit_copied'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
    -- Whoever seals finds out in which logs something waits.
    FOREACH name IN ARRAY ARRAY['audit_pending', 'audit_head', 'audit_checkpoint', 'audit_copied'] LOOP
        EXECUTE format('CREATE POLICY found_by_the_sealer ON %I FOR SELECT USING '
                       '(current_setting(''vault.sealing'', true) = ''on'')', name);
    END LOOP;
END $$;
"""

LOG = """
-- What is pending and visible gets the next numbers. The application may do this and nothing else to sealed events:
-- it has no right of its own to insert one, or to take a pending one away. Whoever calls it is in that tenant's scope.
CREATE FUNCTION audit_seal(tenant uuid, most integer, OUT before bigint, OUT size bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF tenant IS DISTINCT FROM nullif(current_setting('vault.tenant_id', true), '')::uuid THEN
        RAISE EXCEPTION 'a log is sealed in its own scope';
    END IF;
    SELECT h.seq INTO STRICT before FROM audit_head h WHERE h.tenant_id = tenant FOR UPDATE;
    -- A statement of its own: it sees what was committed while the lock was waited for.
    WITH taken AS (
        DELETE FROM audit_pending p WHERE p.tenant_id = tenant AND p.id IN (
            SELECT w.id FROM audit_pending w WHERE w.tenant_id = tenant ORDER BY w.id LIMIT most)
        RETURNING p.*
    ), sealed AS (
        INSERT INTO audit_event (tenant_id, seq, at, act, object_id, body, leaf_hash)
        SELECT tenant, before + row_number() OVER (ORDER BY t.id), t.at, t.act, t.object_id, t.body,
            sha256('\\x00'::bytea || convert_to(t.body, 'UTF8'))
        FROM taken t RETURNING 1
    ) SELECT before + count(*) INTO size FROM sealed;
    IF size > before THEN
        UPDATE audit_head h SET seq = size WHERE h.tenant_id = tenant;
    END IF;
END $$;

-- The words of events from before a moment go; their numbers and leaf hashes stay, so that every checkpoint still
-- verifies. What goes is always the log's beginning: the first event that is younger ends it.
CREATE FUNCTION audit_erase(tenant uuid, before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    erased bigint;
BEGIN
    IF tenant IS DISTINCT FROM nullif(current_setting('vault.tenant_id', true), '')::uuid THEN
        RAISE EXCEPTION 'a log is erased in its own scope';
    END IF;
    PERFORM 1 FROM audit_head h WHERE h.tenant_id = tenant FOR UPDATE;
    UPDATE audit_event e SET body = NULL, act = '', object_id = NULL WHERE e.tenant_id = tenant AND e.seq IN (
        SELECT o.seq FROM audit_event o WHERE o.tenant_id = tenant AND o.body IS NOT NULL AND o.seq < coalesce(
            (SELECT y.seq FROM audit_event y WHERE y.tenant_id = tenant AND y.body IS NOT NULL AND y.at >= before
             ORDER BY y.seq LIMIT 1), 9223372036854775807)
        ORDER BY o.seq LIMIT most);
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;

CREATE INDEX audit_event_kept ON audit_event (tenant_id, seq) WHERE body IS NOT NULL;

CREATE FUNCTION audit_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE FUNCTION audit_event_is_erased_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body IS NOT NULL OR (NEW.tenant_id, NEW.seq, NEW.at, NEW.leaf_hash)
        IS DISTINCT FROM (OLD.tenant_id, OLD.seq, OLD.at, OLD.leaf_hash) THEN
        RAISE EXCEPTION 'the audit log is append-only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_stays();
CREATE TRIGGER erased_only BEFORE UPDATE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_is_erased_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_node
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_stays();
"""

RIGHTS = """
REVOKE INSERT ON audit_event FROM vault_app;
REVOKE UPDATE ON audit_head FROM vault_app;
REVOKE EXECUTE ON FUNCTION audit_seal(uuid, integer), audit_erase(uuid, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_seal(uuid, integer), audit_erase(uuid, timestamptz, integer) TO vault_app;
GRANT SELECT, INSERT ON audit_pending, audit_node TO vault_app;
GRANT SELECT, INSERT, DELETE ON audit_checkpoint TO vault_app;
GRANT SELECT, INSERT, UPDATE ON audit_witness, audit_cosignature, audit_copied TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (TABLES, ISOLATION, LOG, RIGHTS):
            await DB.script(step)

    manager.add_raw(run)
    return manager
