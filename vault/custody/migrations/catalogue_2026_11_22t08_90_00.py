"""A log is held against its copy in the store before anything is sealed, and what its catalogue lacks is taken back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T08:90:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the log and its copy"

STANDING = """
SET LOCAL lock_timeout = '5s';

-- Unlogged on purpose: what PostgreSQL brings back after a crash, or from a backup of its files, has nothing in it, and
-- `vault backup` leaves it out. So a catalogue that is not the one that was compared says that it was not.
CREATE UNLOGGED TABLE audit_standing (
    tenant_id uuid PRIMARY KEY,
    behind boolean NOT NULL
);
ALTER TABLE audit_standing ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_standing FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON audit_standing USING
    (tenant_id = nullif(current_setting('vault.tenant_id', true), '')::uuid);
CREATE POLICY found_by_the_sealer ON audit_standing FOR SELECT USING (current_setting('vault.sealing', true) = 'on');
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_standing TO vault_app;
"""

SEAL = """
-- As before, and nothing is sealed of a log that was not held against its copy, or is behind it.
CREATE OR REPLACE FUNCTION audit_seal(tenant uuid, most integer, OUT before bigint, OUT size bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF tenant IS DISTINCT FROM nullif(current_setting('vault.tenant_id', true), '')::uuid THEN
        RAISE EXCEPTION 'a log is sealed in its own scope';
    END IF;
    SELECT h.seq INTO STRICT before FROM audit_head h WHERE h.tenant_id = tenant FOR UPDATE;
    IF NOT EXISTS (SELECT FROM audit_standing s WHERE s.tenant_id = tenant AND NOT s.behind) THEN
        size := before;
        RETURN;
    END IF;
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
"""

TAKE_BACK = """
-- Events that were sealed and that this catalogue lacks, at the log's end and nowhere else; the erased have no body.
-- What waited when the backup was taken, and was sealed since, waits no more.
CREATE FUNCTION audit_take_back(tenant uuid, size bigint, bodies text[], leaves bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF tenant IS DISTINCT FROM nullif(current_setting('vault.tenant_id', true), '')::uuid THEN
        RAISE EXCEPTION 'a log is taken back in its own scope';
    END IF;
    UPDATE audit_head h SET seq = size + cardinality(bodies) WHERE h.tenant_id = tenant AND h.seq = size
        AND NOT EXISTS (SELECT FROM audit_standing s WHERE s.tenant_id = tenant AND NOT s.behind);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'these events do not follow from the end of the log';
    END IF;
    INSERT INTO audit_event (tenant_id, seq, at, act, object_id, body, leaf_hash)
    SELECT tenant, size + e.place, coalesce((e.body::jsonb ->> 'at')::timestamptz, to_timestamp(0)),
        coalesce(e.body::jsonb ->> 'act', ''), (e.body::jsonb ->> 'object')::uuid, e.body,
        coalesce(sha256('\\x00'::bytea || convert_to(e.body, 'UTF8')), e.leaf)
    FROM unnest(bodies, leaves) WITH ORDINALITY AS e (body, leaf, place);
    DELETE FROM audit_pending p WHERE p.tenant_id = tenant AND p.id IN (
        SELECT w.id FROM (
            SELECT a.id, a.body, row_number() OVER (PARTITION BY a.body ORDER BY a.id) AS place
            FROM audit_pending a WHERE a.tenant_id = tenant) w
        JOIN (SELECT b.body, count(*) AS times FROM unnest(bodies) AS b (body) GROUP BY b.body) s
            ON s.body = w.body AND w.place <= s.times);
END $$;
REVOKE EXECUTE ON FUNCTION audit_take_back(uuid, bigint, text[], bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_take_back(uuid, bigint, text[], bytea[]) TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (STANDING, SEAL, TAKE_BACK):
            await DB.script(step)

    manager.add_raw(run)
    return manager
