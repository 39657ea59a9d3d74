"""How far the log was streamed and erased, and when somebody was told who had listened."""

from piccolo.columns import UUID, BigInt, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from vault.custody.database import DB


class AuditStream(Table, db=DB, tablename="audit_stream"):
    """How far a webhook has the log: `through` is the last event that it took, and up to `until` it is being brought.

    The batch is fixed before it is first posted, so that it is the same one however often that takes.
    """

    tenant_id = UUID(default=None)
    webhook_id = UUID(primary_key=True, default=None)
    through = BigInt(default=None)
    until = BigInt(default=None, null=True)
    begun_at = Timestamptz(default=None, null=True)
    attempts = Integer(default=None)
    next_at = Timestamptz(default=None)
    tried_at = Timestamptz(default=None, null=True)
    outcome = Text(default=None, null=True)


class LogPrune(Table, db=DB, tablename="log_prune"):
    """The last day on which every log was looked through for what is too old; a row of the platform's."""

    tenant_id = UUID(primary_key=True, default=None)
    done_on = Date(default=None)


class ListensNamed(Table, db=DB, tablename="listens_named"):
    """That a DPO looked at who had listened to a recording, and why that was essential; the words are sealed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    recording_id = UUID(default=None)
    named_by = UUID(default=None)
    named_at = Timestamptz(default=None)
    sealed_reason = Bytea(default=None)


TABLES: tuple[type[Table], ...] = (AuditStream, LogPrune, ListensNamed)
