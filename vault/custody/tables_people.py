"""The tables of how people prove who they are: codes, recovery codes, passkeys, and accounts that are given back."""

from piccolo.columns import UUID, BigInt, Boolean, Bytea, Text, Timestamptz
from piccolo.table import Table

from vault.custody.database import DB


class CodeSecret(Table, db=DB, tablename="code_secret"):
    """The secret of one authenticator app (RFC 6238), sealed; `last_step` is the time step last signed in with.

    One that is not confirmed yet was shown to its owner, who has not come back with a code of it.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    member_id = UUID(default=None)
    sealed = Bytea(default=None)
    made_at = Timestamptz(default=None)
    confirmed_at = Timestamptz(default=None, null=True)
    last_step = BigInt(default=None, null=True)


class RecoveryCode(Table, db=DB, tablename="recovery_code"):
    """A code that stands in for one of the app, once; kept as its digest."""

    tenant_id = UUID(default=None)
    member_id = UUID(default=None)
    digest = Bytea(primary_key=True, default=None)
    made_at = Timestamptz(default=None)
    used_at = Timestamptz(default=None, null=True)


class Passkey(Table, db=DB, tablename="passkey"):
    """A public key of a person's authenticator (WebAuthn); `credential` is the id that the authenticator gave it."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    member_id = UUID(default=None)
    credential = Bytea(default=None)
    public_key = Bytea(default=None)
    sign_count = BigInt(default=0)
    aaguid = Text(default=None)
    backed_up = Boolean(default=False)
    made_at = Timestamptz(default=None)
    used_at = Timestamptz(default=None, null=True)
    label = Text(default="")


class AccountRecovery(Table, db=DB, tablename="account_recovery"):
    """An account that two persons decided to give back to its owner; `id` is the proposal's."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    member_id = UUID(default=None)
    approved_at = Timestamptz(default=None)
    invited_at = Timestamptz(default=None, null=True)


TABLES: tuple[type[Table], ...] = (CodeSecret, RecoveryCode, Passkey, AccountRecovery)
