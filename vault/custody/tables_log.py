"""The tables of the log: what waits to be sealed, the hashes of its tiles, what was signed, and who witnessed it."""

from piccolo.columns import UUID, BigInt, Boolean, Bytea, SmallInt, Text, Timestamptz
from piccolo.table import Table

from vault.custody.database import DB


class AuditPending(Table, db=DB, tablename="audit_pending"):
    """An act that is durable and waits for its number, for a second at most."""

    tenant_id = UUID(default=None)
    id = BigInt(primary_key=True, default=None)
    at = Timestamptz(default=None)
    act = Text(default=None)
    object_id = UUID(default=None, null=True)
    body = Text(default=None)


class AuditNode(Table, db=DB, tablename="audit_node"):
    """One hash of a tile above level 0: the root of a full tile below. Nobody may change or remove it."""

    tenant_id = UUID(default=None)
    level = SmallInt(default=None)
    index = BigInt(primary_key=True, default=None)
    hash = Bytea(default=None)


class AuditCheckpoint(Table, db=DB, tablename="audit_checkpoint"):
    """A tree that was signed: never two of one size."""

    tenant_id = UUID(default=None)
    size = BigInt(primary_key=True, default=None)
    root = Bytea(default=None)
    note = Text(default=None)
    signed_at = Timestamptz(default=None)


class AuditWitness(Table, db=DB, tablename="audit_witness"):
    """Somebody outside who cosigns checkpoints, by the key that an administrator was given."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    name = Text(default=None)
    vkey = Text(default=None)
    registered_by = UUID(default=None)
    registered_at = Timestamptz(default=None)
    ended_at = Timestamptz(default=None, null=True)


class AuditCosignature(Table, db=DB, tablename="audit_cosignature"):
    """A witness's newest signature line under a checkpoint."""

    tenant_id = UUID(default=None)
    size = BigInt(primary_key=True, default=None)
    witness_id = UUID(default=None)
    line = Text(default=None)
    signed_at = Timestamptz(default=None)


class AuditCopied(Table, db=DB, tablename="audit_copied"):
    """Up to which size a log lies in the store as well."""

    tenant_id = UUID(primary_key=True, default=None)
    size = BigInt(default=None)
    copied_at = Timestamptz(default=None)


class AuditStanding(Table, db=DB, tablename="audit_standing"):
    """What was found out of a log by its copy in the store. It is lost in a crash, and is in no backup."""

    tenant_id = UUID(primary_key=True, default=None)
    behind = Boolean(default=None)


TABLES: tuple[type[Table], ...] = (
    AuditPending,
    AuditNode,
    AuditCheckpoint,
    AuditWitness,
    AuditCosignature,
    AuditCopied,
    AuditStanding,
)
