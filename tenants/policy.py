"""A policy is a controller's published notice, as data: what it does not name is not allowed."""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from tenants.recordings import ContactField, Direction, Kind, PartClass
from tenants.retention import Retention, parse_retention
from tenants.vocabulary import (
    Area,
    DisclosureKind,
    HoldReason,
    LegalBasis,
    NeverStored,
    Party,
    RecipientDuty,
    Right,
    RightMeans,
    Role,
    Safeguard,
    Scope,
    SignInMethod,
    SpecialCategoryBasis,
)

# `extra` tells the reader of policy files (tenants/shape.py) what a text refers to or must parse as. Descriptions say
# what is to be written: editors show them, the console's form has them beside its fields, and who left out a field is
# told them. Titles stand where the field's own name, in words, is not what people call it.
Name = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9_]{0,62}$",
        title="Name",
        description="small letters, digits and underscores, such as service_quality",
    ),
]
ClauseName = Annotated[str, Meta(description="the name of a clause of this file", extra={"refers_to": "clauses"})]
PurposeName = Annotated[
    str, Meta(description="the name of a purpose of this file", extra={"refers_to": "purposes.allowed"})
]
Duration = Annotated[
    str, Meta(description="an ISO 8601 duration such as P6M, or 'contract'", extra={"reads_as": "retention"})
]
Horizon = Annotated[str, Meta(description="an ISO 8601 duration such as P35D", extra={"reads_as": "duration"})]
TimeZone = Annotated[str, Meta(description="an IANA name such as Europe/Helsinki", extra={"reads_as": "time zone"})]
BusinessId = Annotated[str, Meta(description="a Finnish Y-tunnus", extra={"reads_as": "business id"})]
Language = Annotated[str, Meta(pattern="^[a-z]{2}$", description="an ISO 639-1 code such as fi")]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="a role mailbox, nobody's own")]
Sentence = Annotated[str, Meta(min_length=1)]
Passage = Annotated[str, Meta(min_length=1, extra={"written_as": "passage"})]


class Clause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One promise of the notice, in the notice's own words (in the first of the policy's languages)."""

    section: Annotated[Sentence, Meta(description="the heading of the notice under which the promise stands")]
    text: Annotated[Passage, Meta(description="the promise, word for word as published")]
    article: Annotated[Sentence | None, Meta(description="the article it answers to, such as 13(1)(c)")] = None
    evidence: Annotated[
        Sentence | None, Meta(description="what proves it, such as the document from which it was taken")
    ] = None


class Citation(Struct, frozen=True, kw_only=True):
    """A clause as a refusal quotes it: which policy, which version, which words."""

    policy: str
    version: int
    id: str
    section: str
    text: str
    article: str | None = None


class Controller(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is responsible (Art. 13(1)(a)), as published."""

    name: Annotated[Sentence, Meta(description="the organisation's name, as published")]
    contact: Annotated[Email, Meta(title="Contact address")]
    business_id: Annotated[BusinessId | None, Meta(title="Business ID")] = None
    address: Annotated[Passage | None, Meta(title="Postal address", description="as published")] = None


class DataProtectionOfficer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom data subjects may ask (Art. 13(1)(b)), as published."""

    contact: Annotated[Email, Meta(title="Contact address")]


class Purpose(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What recordings are used for, and what makes that lawful."""

    title: Annotated[Sentence, Meta(description="the purpose, in the notice's words")]
    legal_basis: LegalBasis
    special_category: Annotated[SpecialCategoryBasis | None, Meta(title="Basis for special categories")] = None
    primary: Annotated[bool, Meta(description="whether recordings are made for this in the first place")] = False
    clause: ClauseName


class Purposes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The closed list of purposes; the clause refuses every other one."""

    clause: ClauseName
    allowed: Annotated[dict[Name, Purpose], Meta(min_length=1, title="Allowed purposes")]


class RetentionRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long one class of parts is kept, and for which reasons longer; a longer period is for what comes after it."""

    keep: Annotated[Duration, Meta(title="Retention period")]
    longer_while: Annotated[tuple[HoldReason, ...], Meta(title="Kept longer while there is")] = ()
    also_recorded_before: Annotated[
        bool,
        Meta(
            title="Also for what was recorded before",
            description="whether this period, where it is longer than before, is for what was recorded before",
        ),
    ] = False
    clause: ClauseName

    @property
    def retention(self) -> Retention:
        """The duration, read."""
        return parse_retention(self.keep)


class RetentionRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long each class is kept; without identifiers, digits stay in the content."""

    content: RetentionRule
    contact: Annotated[RetentionRule, Meta(title="Contact record")]
    identifiers: RetentionRule | None = None

    def by_class(self) -> dict[PartClass, RetentionRule]:
        """Give the rules that exist, keyed by part class."""
        rules = {PartClass.CONTENT: self.content, PartClass.CONTACT: self.contact}
        if self.identifiers is not None:
            rules[PartClass.IDENTIFIERS] = self.identifiers
        return rules


class KindRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be recorded of one kind of interaction; without directions, direction means nothing to it."""

    clause: ClauseName
    directions: tuple[Direction, ...] = ()
    contact_fields: Annotated[tuple[ContactField, ...], Meta(min_length=1, title="Fields of the contact record")]
    contact_clause: Annotated[ClauseName, Meta(title="Clause on the contact record")]
    purposes: tuple[PurposeName, ...]
    retention: RetentionRules


class Recorded(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The closed list of kinds that are recorded; the clause refuses every other one."""

    clause: ClauseName
    kinds: Annotated[
        dict[Kind, KindRule], Meta(min_length=1, extra_json_schema={"propertyNames": {"enum": list(Kind)}})
    ]


class NeverStoredRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Data that live elsewhere and are refused here."""

    data: Annotated[tuple[NeverStored, ...], Meta(min_length=1)]
    clause: ClauseName


class AccessRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For what one role may listen and read, and to which recordings."""

    purposes: Annotated[tuple[PurposeName, ...], Meta(min_length=1)]
    scope: Scope
    clause: ClauseName


class BreakGlass(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may hear content in need, for which purposes and for how many minutes; without it, nobody may."""

    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    purposes: Annotated[tuple[PurposeName, ...], Meta(min_length=1)]
    minutes: Annotated[int, Meta(ge=1, le=240, description="how long the glass stays broken, 240 at most")] = 30
    clause: ClauseName


class Access(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The closed list of roles that may hear content; the clause refuses every other one.

    `reviewed_every` is how long a right is good before somebody confirms that it is still needed.
    """

    clause: ClauseName
    personal_accounts_only: Annotated[bool, Meta(description="whether nobody shares an account with another")] = True
    sign_in: Annotated[tuple[SignInMethod, ...], Meta(min_length=1, title="Sign-in")] = tuple(SignInMethod)
    reviewed_every: Annotated[
        Horizon | None,
        Meta(title="Rights reviewed every", description="how long a right is good before somebody confirms it"),
    ] = None
    break_glass: BreakGlass | None = None
    roles: Annotated[
        dict[Role, AccessRule], Meta(min_length=1, extra_json_schema={"propertyNames": {"enum": list(Role)}})
    ]


class DisclosureRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way in which recordings may leave."""

    clause: ClauseName
    temporary: Annotated[bool, Meta(description="whether the recipient keeps it for a time only")] = False
    afterwards: RecipientDuty | None = None
    chosen_by: Annotated[tuple[Party, ...], Meta(description="at whose own choice alone, if so")] = ()


class Disclosures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The closed list of disclosures; the clause refuses every other one."""

    clause: ClauseName
    allowed: Annotated[
        dict[DisclosureKind, DisclosureRule],
        Meta(title="Allowed disclosures", extra_json_schema={"propertyNames": {"enum": list(DisclosureKind)}}),
    ] = {}


class OutsideSupport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Support from outside of the EEA, lawful only under one of these recorded safeguards."""

    safeguards: Annotated[tuple[Safeguard, ...], Meta(min_length=1)]
    clause: ClauseName


class Transfer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where recordings are kept; the storage region lies inside the area."""

    area: Area
    region: Annotated[Sentence, Meta(title="Region of storage", description="a region of S3, such as eu-north-1")]
    clause: ClauseName
    outside_support: Annotated[OutsideSupport | None, Meta(title="Support from outside of the EEA")] = None


class RightRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the notice grants a right, by which means, and to whom besides the data subject."""

    granted: Annotated[bool, Meta(description="whether data subjects have this right here")]
    by: Annotated[tuple[RightMeans, ...], Meta(title="By means of")] = ()
    also_for: Annotated[tuple[Party, ...], Meta(description="who has it besides the data subject")] = ()
    clause: ClauseName


class AutomatedDecisions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether anything is decided about people without a person (Art. 22)."""

    decisions: Annotated[bool, Meta(description="whether anything is decided without a person")]
    profiling: Annotated[bool, Meta(description="whether people are profiled (Art. 4(4))")]
    clause: ClauseName


class ContractEnd(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to everything when the contract is over (Art. 28(3)(g)): destroyed, or returned and then destroyed.

    `return_before` makes the destruction wait until the controller has confirmed that it has everything;
    `return_clause` is where its notice or contract says so.
    """

    clause: ClauseName
    return_before: Annotated[
        bool,
        Meta(title="Return first", description="whether everything is returned before it is destroyed"),
    ] = False
    return_clause: Annotated[
        ClauseName | None, Meta(title="Clause on the return", description="where the notice or contract says so")
    ] = None


class Backups(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far backups go back, and so how long they still hold what was destroyed: a certificate's last date.

    Together with a backup of the keyring one of the catalogue still opens, so the keyring's horizon is best short.
    """

    catalogue: Annotated[Horizon, Meta(title="Backups of the catalogue")] = "P35D"
    keyring: Annotated[Horizon, Meta(title="Backups of the keyring")] = "P7D"


class Log(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the audit log tells what happened; after that only its hashes are left, which still prove the rest."""

    keep: Annotated[Horizon, Meta(title="Retention period")] = "P6Y"
    clause: ClauseName | None = None


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of one controller's notice, in force from a day on."""

    schema: Literal[1]
    slug: Annotated[
        str,
        Meta(
            pattern="^[a-z][a-z0-9-]{1,40}$",
            title="Short name",
            description="a text of small letters, digits and hyphens, such as prh",
        ),
    ]
    version: Annotated[int, Meta(ge=1, description="a whole number, one more than that of the version before")]
    effective_from: Annotated[
        date,
        Meta(title="In force from", description="a date such as 2026-01-01, the first day on which this is in force"),
    ]
    time_zone: TimeZone
    languages: Annotated[
        tuple[Language, ...], Meta(min_length=1, description="those of the notice, that of the clauses first")
    ]
    backups: Backups = Backups()
    log: Annotated[Log, Meta(title="Audit log")] = Log()
    controller: Controller
    dpo: Annotated[DataProtectionOfficer, Meta(title="Data protection officer")]
    clauses: Annotated[dict[Name, Clause], Meta(min_length=1)]
    purposes: Purposes
    recorded: Annotated[Recorded, Meta(title="What is recorded")]
    never_stored: tuple[NeverStoredRule, ...] = ()
    access: Access
    disclosures: Disclosures
    transfer: Transfer
    rights: Annotated[
        dict[Right, RightRule],
        Meta(
            min_length=1,
            title="Rights of data subjects",
            extra_json_schema={"propertyNames": {"enum": list(Right)}},
        ),
    ]
    automated_decisions: AutomatedDecisions
    contract_end: Annotated[ContractEnd, Meta(title="End of the contract")]

    def cite(self, clause: str) -> Citation:
        """Quote a clause of this policy by its name."""
        words = self.clauses[clause]
        return Citation(
            policy=self.slug,
            version=self.version,
            id=clause,
            section=words.section,
            text=words.text,
            article=words.article,
        )

    def kind(self, kind: Kind) -> KindRule | None:
        """Give the rule of a kind; None means that the controller does not record it."""
        return self.recorded.kinds.get(kind)
