"""The tables by which a controller's own directory says who is here: its identity provider, its people, its groups."""

from piccolo.columns import JSONB, UUID, Array, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from vault.custody.database import DB


class IdentityProvider(Table, db=DB, tablename="identity_provider"):
    """The OpenID provider by which a controller's people sign in; `sealed` is what the vault proves itself with."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    issuer = Text(default=None)
    client_id = Text(default=None)
    authentication = Text(default=None)
    settings = JSONB(default=None)
    public_key = JSONB(default=None, null=True)
    sealed = Bytea(default=None)
    proposed_by = UUID(default=None)
    approved_by = UUID(default=None)
    set_at = Timestamptz(default=None)


class ExternalIdentity(Table, db=DB, tablename="external_identity"):
    """Which member a subject of the provider's is; `subject` is a digest of issuer and subject under a key of ours."""

    tenant_id = UUID(default=None)
    member_id = UUID(primary_key=True, default=None)
    subject = Bytea(default=None)
    linked_by = Text(default=None)
    linked_at = Timestamptz(default=None)


class DirectoryUser(Table, db=DB, tablename="directory_user"):
    """A member whom the directory keeps (SCIM). `sealed` is what it says of them; the indexes find it again.

    `active` is the directory's own word. Once it has let somebody go (`ended_at`), it may bring them back.
    """

    tenant_id = UUID(default=None)
    member_id = UUID(primary_key=True, default=None)
    sealed = Bytea(default=None)
    name_index = Bytea(default=None)
    external_index = Bytea(default=None, null=True)
    active = Boolean(default=None)
    version = Integer(default=None)
    created_at = Timestamptz(default=None)
    changed_at = Timestamptz(default=None)
    ended_at = Timestamptz(default=None, null=True)


class DirectoryGroup(Table, db=DB, tablename="directory_group"):
    """A group of the directory's, and the roles that an administrator says its members have."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    sealed = Bytea(default=None)
    name_index = Bytea(default=None)
    external_index = Bytea(default=None, null=True)
    roles = Array(base_column=Text(), default=None)
    version = Integer(default=None)
    created_at = Timestamptz(default=None)
    changed_at = Timestamptz(default=None)


class DirectoryMembership(Table, db=DB, tablename="directory_membership"):
    """Who is in which group."""

    tenant_id = UUID(default=None)
    group_id = UUID(default=None)
    member_id = UUID(primary_key=True, default=None)


TABLES: tuple[type[Table], ...] = (
    IdentityProvider,
    ExternalIdentity,
    DirectoryUser,
    DirectoryGroup,
    DirectoryMembership,
)
