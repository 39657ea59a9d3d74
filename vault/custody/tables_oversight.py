"""The tables by which those who have power are watched: broken glass, support from outside, rights, volume."""

from piccolo.columns import UUID, Boolean, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from vault.custody.database import DB


class BrokenGlass(Table, db=DB, tablename="broken_glass"):
    """One time that maintenance or security opened content in need: who, until when, whom it told, what was said of it.

    `sealed` holds the reason and the incident's number, `sealed_review` the words of whoever reviewed it.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    member_id = UUID(default=None)
    told_id = UUID(default=None)
    policy_version = Integer(default=None)
    sealed = Bytea(default=None)
    opened_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None)
    ended_at = Timestamptz(default=None, null=True)
    ended_by = UUID(default=None, null=True)
    reviewed_at = Timestamptz(default=None, null=True)
    reviewed_by = UUID(default=None, null=True)
    justified = Boolean(default=None, null=True)
    sealed_review = Bytea(default=None, null=True)


class SupportAdmission(Table, db=DB, tablename="support_admission"):
    """Leave for one operator from outside of the EEA to support a controller, under a safeguard of its policy.

    `sealed` holds the reason. The platform sees the rows, since it asks of an operator by whom they are admitted.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    operator_id = UUID(default=None)
    safeguard = Text(default=None)
    clause = Text(default=None)
    policy_version = Integer(default=None)
    sealed = Bytea(default=None)
    admitted_by = UUID(default=None)
    admitted_at = Timestamptz(default=None)
    until = Timestamptz(default=None)
    ended_at = Timestamptz(default=None, null=True)
    ended_by = UUID(default=None, null=True)


class SupportAct(Table, db=DB, tablename="support_act"):
    """One request that an admitted operator made: which operation, and how it was answered."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    admission_id = UUID(default=None)
    operation = Text(default=None)
    status = Integer(default=None)
    at = Timestamptz(default=None)


class RightsRound(Table, db=DB, tablename="rights_round"):
    """One review of all rights: from when until when, and, once it is over, its signed record."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    opened_at = Timestamptz(default=None)
    opened_by = UUID(default=None, null=True)
    last_day = Date(default=None)
    due_at = Timestamptz(default=None)
    closed_at = Timestamptz(default=None, null=True)
    record = Bytea(default=None, null=True)


class RightsLine(Table, db=DB, tablename="rights_line"):
    """One right in a review: a member's role, or a token; when it was last used, and what became of it."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    round_id = UUID(default=None)
    member_id = UUID(default=None)
    role = Text(default=None, null=True)
    credential_id = UUID(default=None, null=True)
    superior_id = UUID(default=None, null=True)
    last_used_at = Timestamptz(default=None, null=True)
    outcome = Text(default=None, null=True)
    decided_by = UUID(default=None, null=True)
    decided_at = Timestamptz(default=None, null=True)


class UnusualVolume(Table, db=DB, tablename="unusual_volume"):
    """One time that somebody of the staff listened far more than is their habit: counts, and what the DPO said of it.

    `measure` is whether they listened, or searched and looked. `span` is a day or an hour of it. `usual` is the median
    of their days, `threshold` what was passed.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    member_id = UUID(default=None)
    span = Text(default=None)
    day = Date(default=None)
    accesses = Integer(default=None)
    usual = Integer(default=None)
    threshold = Integer(default=None)
    flagged_at = Timestamptz(default=None)
    closed_at = Timestamptz(default=None, null=True)
    closed_by = UUID(default=None, null=True)
    sealed_words = Bytea(default=None, null=True)
    measure = Text(default=None)


class UnusualLook(Table, db=DB, tablename="unusual_look"):
    """Up to when a controller's accesses have been held against its people's habits."""

    tenant_id = UUID(primary_key=True, default=None)
    looked_at = Timestamptz(default=None)


TABLES: tuple[type[Table], ...] = (
    BrokenGlass,
    SupportAdmission,
    SupportAct,
    RightsRound,
    RightsLine,
    UnusualVolume,
    UnusualLook,
)
