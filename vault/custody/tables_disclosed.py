"""The rows of what is given to others: to whom, decided by whom, as which package, and what became of it."""

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from vault.custody.database import DB


class Organisation(Table, db=DB):
    """An outside recipient (Art. 4(9)) as two persons registered it: who it is, by what right it may ask, and to
    what its packages are sealed. `sealed_contact` is whom to ask whether a request is really theirs.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    kind = Text(default=None)
    name = Text(default=None)
    business_id = Text(default=None, null=True)
    statutory_right = Text(default=None, null=True)
    legal_bases = Array(base_column=Text(), default=None)
    certificate = Text(default=None, null=True)
    age_key = Text(default=None, null=True)
    sealed_contact = Bytea(default=None, null=True)
    registered_at = Timestamptz(default=None)
    registered_by = UUID(default=None)
    approved_by = UUID(default=None)
    ended_at = Timestamptz(default=None, null=True)
    ended_by = UUID(default=None, null=True)


class GroupMembership(Table, db=DB, tablename="group_membership"):
    """From which day until which a company belongs to the controller's consolidation group."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    organisation_id = UUID(default=None)
    member_from = Date(default=None)
    member_until = Date(default=None, null=True)
    recorded_by = UUID(default=None)
    recorded_at = Timestamptz(default=None)


class OrganisationPerson(Table, db=DB, tablename="organisation_person"):
    """A named person of an organisation: the member they sign in as."""

    tenant_id = UUID(default=None)
    organisation_id = UUID(default=None)
    member_id = UUID(primary_key=True, default=None)
    invited_by = UUID(default=None)
    invited_at = Timestamptz(default=None)


class Disclosure(Table, db=DB):
    """One disclosure from request to duty. `terms` holds words, ids and dates of ours; whatever may name a person
    (the case, the numbers asked for, the reason) is sealed under the key `key_id`.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    kind = Text(default=None)
    state = Text(default=None)
    policy_version = Integer(default=None)
    terms = JSONB(default=None)
    sealed = Bytea(default=None, null=True)
    key_id = Text(default=None)
    organisation_id = UUID(default=None, null=True)
    subject_request_id = UUID(default=None, null=True)
    requested_by = UUID(default=None, null=True)
    requested_at = Timestamptz(default=None)
    urgent = Boolean(default=None)
    secret_until = Timestamptz(default=None, null=True)
    scope_sha256 = Bytea(default=None)
    lapses_at = Timestamptz(default=None)
    decided_at = Timestamptz(default=None, null=True)
    confirm_by = Timestamptz(default=None, null=True)
    confirmed_at = Timestamptz(default=None, null=True)
    carried_out_at = Timestamptz(default=None, null=True)
    until = Timestamptz(default=None, null=True)
    received_at = Timestamptz(default=None, null=True)
    duty_until = Timestamptz(default=None, null=True)
    duty_done_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    ended_rule = Text(default=None, null=True)
    alarmed_at = Timestamptz(default=None, null=True)


class DisclosureItem(Table, db=DB, tablename="disclosure_item"):
    """One recording that a disclosure's scope found. `state` is included, excluded, restricted or destroyed; `limits`
    narrows what of it is given; `seen_sha256` is what goes out of it as whoever reviewed it saw it; `hold_id` keeps it
    meanwhile.
    """

    tenant_id = UUID(default=None)
    disclosure_id = UUID(default=None)
    recording_id = UUID(primary_key=True, default=None)
    state = Text(default=None)
    limits = JSONB(default=None)
    reviewed_by = UUID(default=None, null=True)
    reviewed_at = Timestamptz(default=None, null=True)
    hold_id = UUID(default=None, null=True)
    seen_sha256 = Bytea(default=None, null=True)


class DisclosureDecision(Table, db=DB, tablename="disclosure_decision"):
    """What one person decided on one scope (`scope_sha256`), for themselves or as the stand-in of `on_behalf_of`.

    `delegated_by` made that delegation. An approval becomes `void` when the scope changes after it.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    disclosure_id = UUID(default=None)
    member_id = UUID(default=None)
    roles = Array(base_column=Text(), default=None)
    on_behalf_of = UUID(default=None, null=True)
    delegated_by = UUID(default=None, null=True)
    verdict = Text(default=None)
    urgent = Boolean(default=None)
    scope_sha256 = Bytea(default=None)
    clause = Text(default=None, null=True)
    sealed_reason = Bytea(default=None)
    decided_at = Timestamptz(default=None)


class DisclosureDocument(Table, db=DB, tablename="disclosure_document"):
    """A document that belongs to a disclosure (an order, a permit, a proof, minutes), sealed in the store."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    disclosure_id = UUID(default=None)
    purpose = Text(default=None)
    media_type = Text(default=None)
    size = BigInt(default=None)
    sha256 = Bytea(default=None)
    object_key = Text(default=None)
    object_version = Text(default=None)
    wrapped_key = Bytea(default=None)
    prefix = Bytea(default=None, null=True)
    added_by = UUID(default=None)
    added_at = Timestamptz(default=None)


class DisclosureRecipient(Table, db=DB, tablename="disclosure_recipient"):
    """A person who may receive one disclosure and sees nothing else of it. Whoever was named after an approval is
    confirmed by a second person.
    """

    tenant_id = UUID(default=None)
    disclosure_id = UUID(default=None)
    member_id = UUID(primary_key=True, default=None)
    named_by = UUID(default=None)
    named_at = Timestamptz(default=None)
    confirmed_by = UUID(default=None, null=True)
    confirmed_at = Timestamptz(default=None, null=True)


class DisclosureSeal(Table, db=DB, tablename="disclosure_seal"):
    """To which key of the recipient's one disclosure is sealed; `generated` where the vault made the pair."""

    tenant_id = UUID(default=None)
    disclosure_id = UUID(primary_key=True, default=None)
    sealing = Text(default=None)
    public_key = Text(default=None)
    generated = Boolean(default=None)
    set_by = UUID(default=None)
    set_at = Timestamptz(default=None)


class Package(Table, db=DB):
    """The one file that a disclosure is handed over as, sealed to its recipient: nobody here can open it. `mark`
    traces a copy that leaked, and outlives the file.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    disclosure_id = UUID(default=None)
    sealing = Text(default=None)
    recipient_key = Text(default=None)
    mark = Text(default=None)
    object_key = Text(default=None)
    object_version = Text(default=None)
    size = BigInt(default=None)
    sha256 = Bytea(default=None)
    manifest_sha256 = Bytea(default=None)
    recordings = Integer(default=None)
    made_at = Timestamptz(default=None)
    fetches_allowed = Integer(default=None, null=True)
    removed_at = Timestamptz(default=None, null=True)


class PackageMaking(Table, db=DB, tablename="package_making"):
    """Where a package is being put at this moment: what is left there when it comes to nothing is removed."""

    tenant_id = UUID(default=None)
    disclosure_id = UUID(primary_key=True, default=None)
    object_key = Text(default=None)
    begun_at = Timestamptz(default=None)


class PackageFile(Table, db=DB, tablename="package_file"):
    """The hash of a file in a package in which the package's mark cannot stand, so that a copy of it is traced."""

    tenant_id = UUID(default=None)
    package_id = UUID(default=None)
    sha256 = Bytea(primary_key=True, default=None)


class PackageFetch(Table, db=DB, tablename="package_fetch"):
    """One person's download of a package: resumable while it is under way, and a receipt once every byte was sent."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    package_id = UUID(default=None)
    member_id = UUID(default=None)
    begun_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    sent = JSONB(default=None)
    completed_at = Timestamptz(default=None, null=True)


class DisclosureDuty(Table, db=DB, tablename="disclosure_duty"):
    """How a recipient met the duty to return or destroy what it received, shown by a document, and who said so."""

    tenant_id = UUID(default=None)
    disclosure_id = UUID(primary_key=True, default=None)
    means = Text(default=None)
    done_on = Date(default=None)
    document_id = UUID(default=None)
    told_by = UUID(default=None)
    told_at = Timestamptz(default=None)


class RecipientNotice(Table, db=DB, tablename="recipient_notice"):
    """What the recipient of a recording is to be told of it (Art. 19): that it was rectified, erased, or its use
    restricted or allowed again, by what `cause_id` names; and who took note.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    disclosure_id = UUID(default=None)
    recording_id = UUID(default=None)
    cause = Text(default=None)
    cause_id = UUID(default=None)
    caused_at = Timestamptz(default=None)
    noted_at = Timestamptz(default=None)
    acknowledged_by = UUID(default=None, null=True)
    acknowledged_at = Timestamptz(default=None, null=True)


class Delegation(Table, db=DB):
    """Who decides on disclosures in whose stead, from when until when."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    member_id = UUID(default=None)
    stand_in_id = UUID(default=None)
    starts_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None)
    made_by = UUID(default=None)
    made_at = Timestamptz(default=None)
    revoked_at = Timestamptz(default=None, null=True)


class Message(Table, db=DB):
    """Something that people of the controller were told: a topic, an id, and slugs and dates; nothing personal.

    Of those with `once`, one is told of an object and topic.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    topic = Text(default=None)
    object_id = UUID(default=None, null=True)
    audience = Text(default=None)
    details = JSONB(default=None)
    once = Text(default=None, null=True)
    told_at = Timestamptz(default=None)
    acknowledged_at = Timestamptz(default=None, null=True)
    acknowledged_by = UUID(default=None, null=True)


class MessageDelivery(Table, db=DB, tablename="message_delivery"):
    """One way that a message goes out by: to a mailbox of the policy's, to a person named to receive what it is about,
    or to a webhook. `outcome` is a slug.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    message_id = UUID(default=None)
    channel = Text(default=None)
    mailbox = Text(default=None, null=True)
    member_id = UUID(default=None, null=True)
    webhook_id = UUID(default=None, null=True)
    state = Text(default=None)
    attempts = Integer(default=None)
    next_at = Timestamptz(default=None)
    tried_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    outcome = Text(default=None, null=True)


class Webhook(Table, db=DB):
    """An address of the controller's own to which messages are posted; sealed together with what signs them."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    sealed = Bytea(default=None)
    topics = Array(base_column=Text(), default=None)
    made_at = Timestamptz(default=None)
    made_by = UUID(default=None)
    rotated_at = Timestamptz(default=None, null=True)
    disabled_at = Timestamptz(default=None, null=True)
    disabled_for = Text(default=None, null=True)


class TranscriptEmail(Table, db=DB, tablename="transcript_email"):
    """A chat on its way to the e-mail of whoever chose so; the sealed address goes with the sending."""

    tenant_id = UUID(default=None)
    disclosure_id = UUID(primary_key=True, default=None)
    recording_id = UUID(default=None)
    chosen_by = Text(default=None)
    sealed_address = Bytea(default=None, null=True)
    state = Text(default=None)
    asked_by = UUID(default=None)
    asked_at = Timestamptz(default=None)
    attempts = Integer(default=None)
    next_at = Timestamptz(default=None)
    begun_at = Timestamptz(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    outcome = Text(default=None, null=True)


class SubjectRequest(Table, db=DB, tablename="subject_request"):
    """What a data subject asked for (`invoked`, a right of the policy language), and until when an answer is owed.

    What they said, the reason of an extension and the answer itself are sealed. How they were identified is a word of
    a closed list; what was shown for it is not kept.
    """

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    invoked = Text(default=None)
    asker = Text(default=None)
    state = Text(default=None)
    channel = Text(default=None)
    language = Text(default=None)
    policy_version = Integer(default=None)
    received_on = Date(default=None)
    due_on = Date(default=None)
    extended_at = Timestamptz(default=None, null=True)
    extended_by = UUID(default=None, null=True)
    sealed = Bytea(default=None)
    sealed_extension = Bytea(default=None, null=True)
    recorded_by = UUID(default=None)
    recorded_at = Timestamptz(default=None)
    means = Text(default=None, null=True)
    identified_at = Timestamptz(default=None, null=True)
    identified_by = UUID(default=None, null=True)
    ended_at = Timestamptz(default=None, null=True)
    ended_by = UUID(default=None, null=True)
    ground = Text(default=None, null=True)
    clause = Text(default=None, null=True)
    sealed_answer = Bytea(default=None, null=True)


class SubjectAct(Table, db=DB, tablename="subject_act"):
    """What was done with one recording because of a request: a statement added, restricted, ordered destroyed."""

    tenant_id = UUID(default=None)
    id = UUID(primary_key=True, default=None)
    request_id = UUID(default=None)
    recording_id = UUID(default=None)
    act = Text(default=None)
    object_id = UUID(default=None, null=True)
    done_by = UUID(default=None)
    done_at = Timestamptz(default=None)


class ReviewSession(Table, db=DB, tablename="review_session"):
    """One supervised review at a place: by whom, at which device (`credential_id`), and the document of its minutes."""

    tenant_id = UUID(default=None)
    disclosure_id = UUID(primary_key=True, default=None)
    supervisor_id = UUID(default=None)
    credential_id = UUID(default=None)
    opened_at = Timestamptz(default=None)
    closed_at = Timestamptz(default=None, null=True)
    minutes_id = UUID(default=None, null=True)


TABLES: tuple[type[Table], ...] = (
    Organisation,
    GroupMembership,
    OrganisationPerson,
    Disclosure,
    DisclosureItem,
    DisclosureDecision,
    DisclosureDocument,
    DisclosureRecipient,
    DisclosureSeal,
    Package,
    PackageMaking,
    PackageFile,
    PackageFetch,
    DisclosureDuty,
    RecipientNotice,
    Delegation,
    Message,
    MessageDelivery,
    Webhook,
    TranscriptEmail,
    SubjectRequest,
    SubjectAct,
    ReviewSession,
)
