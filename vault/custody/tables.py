"""The catalogue's rows. The migrations are what makes them; a test holds the two together.

Each table with a `tenant_id` is closed to every other controller by a forced row-level policy, except those that
hold ids and digests only and are named in `OPEN_TO_THE_PLATFORM`. No foreign key cascades: evidence outlives what
it speaks of.
"""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    Boolean,
    Bytea,
    Date,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from vault.custody import (
    tables_disclosed,
    tables_events,
    tables_federation,
    tables_log,
    tables_oversight,
    tables_people,
    tables_rights,
)
from vault.custody.database import DB


class Controller(Table, db=DB):
    """A controller (Art. 4(7)) in the platform's register: who it is and where its objects lie."""

    id = UUID(primary_key=True, default=None)
    slug = Text(default=None)
    name = Text(default=None)
    bucket = Text(default=None)
    region = Text(default=None)
    onboarded_at = Timestamptz(default=None)


class Contract(Table, db=DB):
    """The term within which a controller's recordings may be taken in and kept."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    starts_on = Date(default=None)
    ends_on = Date(default=None)
    time_zone = Text(default=None)
    end_decided_at = Timestamptz(default=None, null=True)
    returning_since = Timestamptz(default=None, null=True)
    returned_at = Timestamptz(default=None, null=True)
    destroying_since = Timestamptz(default=None, null=True)
    destroyed_at = Timestamptz(default=None, null=True)
    destruction_id = UUID(default=None, null=True)


class PolicyVersion(Table, db=DB, tablename="policy_version"):
    """One published version of a controller's policy, kept as the file that was onboarded."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    version = Integer(default=None)
    effective_from = Date(default=None)
    source = Text(default=None)
    sha256 = Bytea(default=None)


class Member(Table, db=DB):
    """A person or machine that acts for a controller, or for the outsourcing firm (tenant PLATFORM).

    `came_in_at` is when a person first signed in: from then on the account has an owner. `known_since` is when they
    were last brought back, handed another invitation or given another role; none where nothing of it has happened.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    email = Text(default=None)
    name = Text(default=None)
    roles = Array(base_column=Text(), default=None)
    agent_id = Text(default=None, null=True)
    active = Boolean(default=True)
    created_at = Timestamptz(default=None)
    signed_out_at = Timestamptz(default=None, null=True)
    came_in_at = Timestamptz(default=None, null=True)
    known_since = Timestamptz(default=None, null=True)
    country = Text(default=None, null=True)
    superior_id = UUID(default=None, null=True)


class Credential(Table, db=DB):
    """An invitation, password or token by its digest: how a caller is known before any tenant is.

    Of a token: when it was last used, by which it was replaced, and the digest of the client certificate's subject with
    which alone it is good.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    member_id = UUID(default=None)
    kind = Text(default=None)
    digest = Bytea(default=None)
    verifier = Text(default=None, null=True)
    scopes = Array(base_column=Text(), default=None)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)
    last_used_at = Timestamptz(default=None, null=True)
    replaced_by = UUID(default=None, null=True)
    bound_to = Bytea(default=None, null=True)


class Recording(Table, db=DB):
    """One interaction. What is said of it in clear is what ordering and expiry need; the rest is sealed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    source_digest = Bytea(default=None)
    kind = Text(default=None)
    media_type = Text(default=None)
    policy_version = Integer(default=None)
    started_at = Timestamptz(default=None)
    duration_ms = BigInt(default=None, null=True)
    facts = JSONB(default=None)
    received_at = Timestamptz(default=None)
    received_by = UUID(default=None)
    restricted = Boolean(default=False)
    restricted_until = Timestamptz(default=None, null=True)
    copied_at = Timestamptz(default=None, null=True)
    copies = JSONB(default="[]")
    destroyed_at = Timestamptz(default=None, null=True)
    destruction_id = UUID(default=None, null=True)


class Part(Table, db=DB):
    """The unit of sealing and expiry: sealed under one data key, which one shred key wraps.

    It lies in one place: content is an object in the store, and what is small and of a few kilobytes is `sealed` here,
    where `object_version` is then empty. `prefix` is what the sealed part begins with, up to its first chunk
    (`Sealer.prefix`): with it at hand any byte of the content is one ranged read away.

    While a hold or a restriction keeps it, `hold_wrapped_key` is the same data key under the recording's hold key, and
    that pair opens it; `held_until` is the moment from which nothing keeps it any more, where that is known.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    recording_id = UUID(default=None)
    name = Text(default=None)
    part_class = Text(default=None)
    media_type = Text(default=None)
    object_key = Text(default=None)
    object_version = Text(default=None)
    plain_size = BigInt(default=None)
    sealed_size = BigInt(default=None)
    sealed_sha256 = Bytea(default=None)
    shred_key_id = Text(default=None)
    wrapped_key = Bytea(default=None, null=True)
    hold_key_id = Text(default=None, null=True)
    hold_wrapped_key = Bytea(default=None, null=True)
    held_until = Timestamptz(default=None, null=True)
    prefix = Bytea(default=None, null=True)
    sealed = Bytea(default=None, null=True)
    destroy_at = Timestamptz(default=None, null=True)
    promised_until = Timestamptz(default=None, null=True)
    clause = Text(default=None)
    policy_version = Integer(default=None, null=True)
    destroyed_at = Timestamptz(default=None, null=True)
    destruction_id = UUID(default=None, null=True)


class BlindIndex(Table, db=DB, tablename="blind_index"):
    """A number or agent id as an HMAC under the shred key of its contact record; it dies on the same day.

    A recording that is held has further rows: the same under the hold index key `hold_key_id`, until it is let go.
    """

    tenant_id = UUID(default=None)
    id = BigInt(primary_key=True, default=None)
    recording_id = UUID(default=None)
    field = Text(default=None)
    digest = Bytea(default=None)
    started_at = Timestamptz(default=None)
    destroy_at = Timestamptz(default=None, null=True)
    hold_key_id = Text(default=None, null=True)


class Upload(Table, db=DB):
    """A recording under way (tus 1.0.0), under the id that the recording will have: what is stored durably so far.

    `segments` lists size, object version and object key of each sealed piece, in order; `folders`, where in the store
    anything of the upload may lie; `sealed_metadata` holds what the source says of the recording, sealed under the
    shred key of its content.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    created_by = UUID(default=None)
    source_digest = Bytea(default=None)
    length = BigInt(default=None)
    received = BigInt(default=0)
    segments = JSONB(default=None)
    sealed_metadata = Bytea(default=None)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    folders = Array(base_column=Text(), default=list)


class Access(Table, db=DB):
    """One person's leave to listen to one recording for one purpose, for a few minutes.

    The reason is sealed under the shred key of the contact record (of the content, where that has gone), and so
    becomes unreadable on the same day; that somebody listened, and for which purpose, stays in the log. What is
    listened to under a grant names its disclosure, under broken glass the breaking.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    recording_id = UUID(default=None)
    member_id = UUID(default=None)
    purpose = Text(default=None)
    sealed_reason = Bytea(default=None)
    granted_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(default=None, null=True)
    restricted_use = Text(default=None, null=True)
    disclosure_id = UUID(default=None, null=True)
    glass_id = UUID(default=None, null=True)


class Note(Table, db=DB):
    """What somebody noted at a moment of a recording, sealed under the data key of its content, and gone with that."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    recording_id = UUID(default=None)
    at_ms = Integer(default=None, null=True)
    written_by = UUID(default=None)
    written_at = Timestamptz(default=None)
    sealed = Bytea(default=None)


class Hold(Table, db=DB):
    """One reason why a recording is kept past its day; any number of them may keep the same recording.

    `sealed_note` is sealed under the recording's hold key and gone once the hold is. A hold that ended on its `until`,
    or with the disclosure that it was placed for, has no `released_by`: nobody had to.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    recording_id = UUID(default=None)
    reason = Text(default=None)
    sealed_note = Bytea(default=None, null=True)
    placed_by = UUID(default=None)
    placed_at = Timestamptz(default=None)
    until = Timestamptz(default=None, null=True)
    released_by = UUID(default=None, null=True)
    released_at = Timestamptz(default=None, null=True)
    bulk_id = UUID(default=None, null=True)
    disclosure_id = UUID(default=None, null=True)


class Restriction(Table, db=DB):
    """One ground (Art. 18(1)) on which a recording is stored and not used; `subject_told_at` comes before lifting."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    recording_id = UUID(default=None)
    ground = Text(default=None)
    sealed_note = Bytea(default=None, null=True)
    placed_by = UUID(default=None)
    placed_at = Timestamptz(default=None)
    until = Timestamptz(default=None, null=True)
    subject_told_by = UUID(default=None, null=True)
    subject_told_at = Timestamptz(default=None, null=True)
    lifted_by = UUID(default=None, null=True)
    lifted_at = Timestamptz(default=None, null=True)


class HoldKey(Table, db=DB, tablename="hold_key"):
    """A key made for holding, written down before it is made, so that one that nothing uses is found and destroyed."""

    tenant_id = UUID(default=None)
    key_id = Text(primary_key=True, default=None)
    made_at = Timestamptz(default=None)
    retired_at = Timestamptz(default=None, null=True)


class BulkHold(Table, db=DB, tablename="bulk_hold"):
    """Holds on all that a search finds. `sealed_order` (the search and the note) is sealed under a key of its own
    and gone once the holds are placed; `after_started_at` and `after_id` are how far the search has come.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    reason = Text(default=None)
    until = Timestamptz(default=None, null=True)
    state = Text(default=None)
    key_id = Text(default=None)
    sealed_order = Bytea(default=None, null=True)
    after_started_at = Timestamptz(default=None, null=True)
    after_id = UUID(default=None, null=True)
    placed_by = UUID(default=None)
    placed_at = Timestamptz(default=None)
    released_by = UUID(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)


class BulkHoldItem(Table, db=DB, tablename="bulk_hold_item"):
    """One recording that a bulk hold's search found: `problem` is the slug of what stood against holding it."""

    tenant_id = UUID(default=None)
    bulk_id = UUID(default=None)
    recording_id = UUID(primary_key=True, default=None)
    state = Text(default=None)
    problem = Text(default=None, null=True)


class Destruction(Table, db=DB):
    """What was destroyed, why, when, and the certificate that says so. Outlives what it speaks of."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    reason = Text(default=None)
    state = Text(default=None)
    started_at = Timestamptz(default=None)
    completed_at = Timestamptz(default=None, null=True)
    record = JSONB(default=None)
    certificate = Text(default=None, null=True)


class Leaf(Table, db=DB):
    """One part in the tree of one destruction's certificate. Outlives the contract; neither changed nor removed."""

    tenant_id = UUID(default=None)
    destruction_id = UUID(default=None)
    part_id = UUID(primary_key=True, default=None)
    recording_id = UUID(default=None)
    leaf = Text(default=None)


class AuditHead(Table, db=DB, tablename="audit_head"):
    """How many events each controller's log has; whoever seals holds it."""

    tenant_id = UUID(primary_key=True, default=None)
    seq = BigInt(default=None)


class AuditEvent(Table, db=DB, tablename="audit_event"):
    """One act, as canonical JSON, and its leaf in the tree. Nobody may change or remove it; its words may be erased."""

    tenant_id = UUID(default=None)
    seq = BigInt(primary_key=True, default=None)
    at = Timestamptz(default=None)
    act = Text(default=None)
    object_id = UUID(default=None, null=True)
    body = Text(default=None, null=True)
    leaf_hash = Bytea(default=None)


class Outbox(Table, db=DB):
    """A job written with the facts that caused it, kept until it is done: a lost broker loses no job."""

    id = BigInt(primary_key=True, default=None)
    tenant_id = UUID(default=None)
    actor = Text(default=None)
    key = Text(default=None)
    created_at = Timestamptz(default=None)
    sent_at = Timestamptz(default=None, null=True)


class Proposal(Table, db=DB):
    """What one person proposed and another decides on; reasons and whatever may name a person are sealed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    action = Text(default=None)
    object_id = UUID(default=None, null=True)
    terms = JSONB(default=None)
    effect = JSONB(default=None)
    sealed = Bytea(default=None)
    state = Text(default=None)
    proposed_by = UUID(default=None)
    by_operator = Boolean(default=False)
    proposed_as = Array(base_column=Text(), default=None)
    proposed_at = Timestamptz(default=None)
    lapses_at = Timestamptz(default=None)
    not_before = Timestamptz(default=None, null=True)
    decided_by = UUID(default=None, null=True)
    decided_by_operator = Boolean(default=False)
    decided_as = Array(base_column=Text(), default=None)
    decided_at = Timestamptz(default=None, null=True)
    sealed_decision = Bytea(default=None, null=True)
    begun_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    outcome = JSONB(default=None, null=True)


class RetiredKey(Table, db=DB, tablename="retired_key"):
    """A shred key that nothing new may be sealed under: what stands moves away from it, and then it is destroyed."""

    tenant_id = UUID(default=None)
    shred_key_id = Text(primary_key=True, default=None)
    cause = UUID(default=None)
    retired_at = Timestamptz(default=None)
    destroyed_at = Timestamptz(default=None, null=True)


class Notice(Table, db=DB):
    """Something that whoever lives under a contract was told, once; superseded when the last day was moved."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    kind = Text(default=None)
    days = Integer(default=None)
    ends_on = Date(default=None)
    due_at = Timestamptz(default=None)
    given_at = Timestamptz(default=None)
    late = Boolean(default=None)
    superseded_at = Timestamptz(default=None, null=True)
    acknowledged_at = Timestamptz(default=None, null=True)
    acknowledged_by = UUID(default=None, null=True)


class ReturnRecipient(Table, db=DB, tablename="return_recipient"):
    """To whose age key everything is returned at the contract's end, and where to; a replaced one stays on record.

    `sealed_credentials` open the controller's own bucket; they are sealed under the controller's keys.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    public_key = Text(default=None)
    destination = Text(default=None)
    place = JSONB(default=None, null=True)
    sealed_credentials = Bytea(default=None, null=True)
    registered_at = Timestamptz(default=None)
    registered_by = UUID(default=None)
    replaced_at = Timestamptz(default=None, null=True)
    failure = Text(default=None, null=True)
    confirmed_at = Timestamptz(default=None, null=True)
    confirmed_by = UUID(default=None, null=True)


class ReturnArchive(Table, db=DB, tablename="return_archive"):
    """One finished archive of a return: which recordings it was made of, and its hashes.

    It holds what stood after `first` up to `last`, in order of start and id. From `good_until` on a part in it is past
    its day, and it is made again without that.
    """

    tenant_id = UUID(default=None)
    recipient_id = UUID(default=None)
    number = Integer(primary_key=True, default=None)
    object_key = Text(default=None)
    object_version = Text(default=None)
    size = BigInt(default=None)
    sha256 = Bytea(default=None)
    plain_size = BigInt(default=None)
    plain_sha256 = Bytea(default=None)
    listing_sha256 = Bytea(default=None)
    recordings = Integer(default=None)
    restricted = Integer(default=None)
    damaged = Integer(default=None)
    parts = Integer(default=None)
    first_started_at = Timestamptz(default=None, null=True)
    first_id = UUID(default=None, null=True)
    last_started_at = Timestamptz(default=None)
    last_id = UUID(default=None)
    good_until = Timestamptz(default=None, null=True)
    made_at = Timestamptz(default=None)


class ReturnManifest(Table, db=DB, tablename="return_manifest"):
    """The signed list of a return's archives; an earlier one stays good for a receipt."""

    tenant_id = UUID(default=None)
    recipient_id = UUID(default=None)
    sha256 = Bytea(primary_key=True, default=None)
    manifest = Text(default=None)
    made_at = Timestamptz(default=None)
    superseded_at = Timestamptz(default=None, null=True)


class TenancyCopy(Table, db=DB, tablename="tenancy_copy"):
    """Which of the controller's own rows (register, contract, policies) are copied in the store, by their digest."""

    tenant_id = UUID(primary_key=True, default=None)
    sha256 = Bytea(default=None)
    object_version = Text(default=None)
    copied_at = Timestamptz(default=None)


class Reconciliation(Table, db=DB):
    """One comparison of catalogue and store, a page at a time: how far it has come and how much of what was found."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    started_at = Timestamptz(default=None)
    completed_at = Timestamptz(default=None, null=True)
    after_key = Text(default="")
    entries = BigInt(default=0)
    parts = BigInt(default=0)
    opened = BigInt(default=0)
    counts = JSONB(default="{}")


class Finding(Table, db=DB):
    """One thing in which catalogue, store and keyring differed, and what was done about it."""

    tenant_id = UUID(default=None)
    id = BigInt(primary_key=True, default=None)
    round_id = UUID(default=None)
    at = Timestamptz(default=None)
    kind = Text(default=None)
    recording_id = UUID(default=None, null=True)
    object_key = Text(default=None, null=True)
    action = Text(default=None)


class ClosedDay(Table, db=DB, tablename="closed_day"):
    """Up to which day a controller's retention is closed in its log, and when the next day is to be."""

    tenant_id = UUID(primary_key=True, default=None)
    through = Date(default=None)
    next_at = Timestamptz(default=None)


TABLES: tuple[type[Table], ...] = (
    Controller,
    Contract,
    PolicyVersion,
    Member,
    Credential,
    Recording,
    Part,
    TenancyCopy,
    Reconciliation,
    Finding,
    BlindIndex,
    Upload,
    Access,
    Note,
    Hold,
    Restriction,
    HoldKey,
    BulkHold,
    BulkHoldItem,
    Destruction,
    ClosedDay,
    Leaf,
    AuditHead,
    AuditEvent,
    Outbox,
    Proposal,
    RetiredKey,
    Notice,
    ReturnRecipient,
    ReturnArchive,
    ReturnManifest,
    *tables_disclosed.TABLES,
    *tables_events.TABLES,
    *tables_federation.TABLES,
    *tables_log.TABLES,
    *tables_oversight.TABLES,
    *tables_people.TABLES,
    *tables_rights.TABLES,
)

OPEN_TO_THE_PLATFORM = {"credential": "found by digest before a tenant is known", "outbox": "the relay serves all"}
"""Tables with a tenant_id and no row-level policy, each with its reason. They hold ids and digests only."""
