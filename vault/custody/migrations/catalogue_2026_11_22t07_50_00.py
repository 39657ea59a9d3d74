"""What is told to the controller's people, how it reached them, the webhooks it goes to, and chats sent by e-mail."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from vault.custody.database import DB

ID = "2026-11-22T07:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "messages, webhooks and transcripts by e-mail"

MESSAGES = """
SET LOCAL lock_timeout = '5s';

CREATE TABLE message (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    topic text NOT NULL,
    object_id uuid,
    audience text NOT NULL,
    details jsonb NOT NULL,
    once text,
    told_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE message_delivery (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    message_id uuid NOT NULL,
    channel text NOT NULL,
    mailbox text,
    webhook_id uuid,
    state text NOT NULL,
    attempts integer NOT NULL,
    next_at timestamptz NOT NULL,
    tried_at timestamptz,
    ended_at timestamptz,
    outcome text,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE webhook (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    topics text[] NOT NULL,
    made_at timestamptz NOT NULL,
    made_by uuid NOT NULL,
    rotated_at timestamptz,
    disabled_at timestamptz,
    disabled_for text,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE transcript_email (
    tenant_id uuid NOT NULL,
    disclosure_id uuid NOT NULL,
    recording_id uuid NOT NULL,
    chosen_by text NOT NULL,
    sealed_address bytea,
    state text NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    next_at timestamptz NOT NULL,
    begun_at timestamptz,
    ended_at timestamptz,
    outcome text,
    PRIMARY KEY (tenant_id, disclosure_id)
);
CREATE UNIQUE INDEX message_once ON message (tenant_id, topic, object_id, once) NULLS NOT DISTINCT
    WHERE once IS NOT NULL;
CREATE INDEX ON message (tenant_id, told_at DESC, id DESC);
CREATE INDEX message_delivery_waiting ON message_delivery (tenant_id, next_at) WHERE ended_at IS NULL;
CREATE INDEX ON message_delivery (tenant_id, message_id);
CREATE INDEX ON message_delivery (tenant_id, webhook_id, tried_at DESC) WHERE webhook_id IS NOT NULL;
-- Sent once to each of the two who may choose it; one that was not sent may be asked for again.
CREATE UNIQUE INDEX transcript_email_once ON transcript_email (tenant_id, recording_id, chosen_by)
    WHERE state <> 'not_sent';
CREATE INDEX transcript_email_waiting ON transcript_email (tenant_id, next_at) WHERE ended_at IS NULL;
"""

ISOLATION = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['message', 'message_delivery', 'webhook', 'transcript_email'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_tenant ON %I USING '
                       '(tenant_id = nullif(current_setting(''vault.tenant_id'', true), '''')::uuid)', name);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON message, message_delivery, webhook, transcript_email TO vault_app;
"""


async def forwards() -> MigrationManager:
    """What Piccolo runs, in one transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catalogue", description=DESCRIPTION)

    async def run() -> None:
        for step in (MESSAGES, ISOLATION):
            await DB.script(step)

    manager.add_raw(run)
    return manager
