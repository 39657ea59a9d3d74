"""How every controller stands, in one question that still looks at one controller's rows at a time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T10:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "all controllers at a glance"

GLANCE = """
SET LOCAL lock_timeout = '5s';

-- It has no right of its own (SECURITY INVOKER): the row-level policies hold, and it sees the controllers that whoever
-- asks sees, each in its own scope and never two together. It counts and dates; it gives nothing of what is stored.
CREATE FUNCTION controllers_at_a_glance(moment timestamptz, which uuid DEFAULT NULL) RETURNS TABLE (
    controller_id uuid, newest_at timestamptz, delivered_at timestamptz, overdue bigint, overdue_since timestamptz,
    failed bigint, failed_since timestamptz, alarm boolean, kept bigint, done bigint,
    to_copy bigint, to_copy_since timestamptz, compared_at timestamptz, differences bigint
) LANGUAGE plpgsql AS $$
DECLARE
    asked text := coalesce(current_setting('vault.tenant_id', true), '');
BEGIN
    FOREACH controller_id IN ARRAY coalesce(
        (SELECT array_agg(c.id ORDER BY c.id) FROM controller c WHERE which IS NULL OR c.id = which), '{}')
    LOOP
        PERFORM set_config('vault.tenant_id', controller_id::text, true);
        -- By the index of searches: the newest of each kind, and when that came.
        SELECT max(n.received_at) INTO newest_at
        FROM unnest(ARRAY['call', 'chat', 'chatbot', 'sms_survey']) AS kinds (kind) CROSS JOIN LATERAL (
            SELECT r.received_at FROM recording r WHERE r.tenant_id = controller_id AND r.kind = kinds.kind
            ORDER BY r.started_at DESC, r.id DESC LIMIT 1) AS n;
        SELECT max(t.last_used_at) INTO delivered_at FROM credential t
        JOIN member m ON m.tenant_id = t.tenant_id AND m.id = t.member_id
        WHERE t.tenant_id = controller_id AND t.kind = 'token' AND 'ingest' = ANY (m.roles);
        SELECT count(*), min(p.destroy_at) INTO overdue, overdue_since FROM part p
        WHERE p.tenant_id = controller_id AND p.destroyed_at IS NULL AND p.hold_key_id IS NULL
            AND p.destroy_at <= moment;
        SELECT count(*) INTO kept FROM part p
        WHERE p.tenant_id = controller_id AND p.destroyed_at IS NULL AND p.hold_key_id IS NOT NULL
            AND p.destroy_at <= moment;
        SELECT coalesce(sum((d.record->'numbers'->>'failed')::bigint), 0),
            min((d.record->>'until')::timestamptz) FILTER (WHERE (d.record->'numbers'->>'failed')::bigint > 0),
            coalesce(bool_or((d.record->'numbers'->>'alarm')::boolean), false)
        INTO failed, failed_since, alarm FROM destruction d
        WHERE d.tenant_id = controller_id AND d.state = 'started' AND d.reason IN ('expiry', 'restored');
        SELECT coalesce(sum((d.record->'numbers'->>'done')::bigint), 0) INTO done FROM destruction d
        WHERE d.tenant_id = controller_id AND d.state = 'completed' AND d.reason IN ('expiry', 'restored')
            AND d.started_at > moment - interval '8 days' AND d.completed_at > moment - interval '7 days';
        SELECT count(*), min(r.received_at) INTO to_copy, to_copy_since FROM recording r
        WHERE r.tenant_id = controller_id AND r.copied_at IS NULL AND r.destroyed_at IS NULL;
        SELECT c.completed_at, (SELECT coalesce(sum(e.value::bigint), 0) FROM jsonb_each_text(c.counts) AS e)
        INTO compared_at, differences FROM reconciliation c
        WHERE c.tenant_id = controller_id AND c.completed_at IS NOT NULL
        ORDER BY c.started_at DESC, c.id DESC LIMIT 1;
        RETURN NEXT;
    END LOOP;
    PERFORM set_config('vault.tenant_id', asked, true);
END $$;
"""

BACKUPS = """
-- When the last backup was taken is asked of the log; few of its events are that.
CREATE INDEX audit_event_backup ON audit_event (tenant_id, seq) WHERE act = 'backup.taken';
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (GLANCE, BACKUPS):
            await DB.script(step)

    manager.add_raw(run)
    return manager
