"""The words of the policy language: each list is closed, and a word outside it is an error."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody is here for. The operator is the outsourcing firm's; all others are the controller's.

    A recipient (Art. 4(9)) is nobody of the controller's: a named person of outside, invited to single matters.
    Maintenance and security hear nothing, but may break the glass where the notice knows of that. Provisioning is the
    machine by which the controller's directory says who is here (SCIM).
    """

    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    QUALITY = "quality"
    TRAINER = "trainer"
    AGENT = "agent"
    DPO = "dpo"
    INGEST = "ingest"
    RECIPIENT = "recipient"
    MAINTENANCE = "maintenance"
    SECURITY = "security"
    PROVISIONING = "provisioning"


class Scope(StrEnum):
    """Which of the recordings a role may listen to."""

    ALL = "all"
    OWN_TEAMS = "own_teams"
    OWN_CALLS = "own_calls"


class SignInMethod(StrEnum):
    """How the controller's people prove who they are; none is a password alone."""

    PASSKEY = "passkey"
    PASSWORD_AND_CODE = "password_and_code"  # noqa: S105 - a name
    IDENTITY_PROVIDER = "identity_provider"


class LegalBasis(StrEnum):
    """GDPR Art. 6(1): what makes processing lawful."""

    CONSENT = "6(1)(a)"
    CONTRACT = "6(1)(b)"
    LEGAL_OBLIGATION = "6(1)(c)"
    VITAL_INTERESTS = "6(1)(d)"
    PUBLIC_TASK = "6(1)(e)"
    LEGITIMATE_INTERESTS = "6(1)(f)"


class SpecialCategoryBasis(StrEnum):
    """GDPR Art. 9(2): what lifts the prohibition on special categories such as data on health."""

    EXPLICIT_CONSENT = "9(2)(a)"
    EMPLOYMENT = "9(2)(b)"
    VITAL_INTERESTS = "9(2)(c)"
    FOUNDATION = "9(2)(d)"
    MADE_PUBLIC = "9(2)(e)"
    LEGAL_CLAIMS = "9(2)(f)"
    SUBSTANTIAL_PUBLIC_INTEREST = "9(2)(g)"
    HEALTH_CARE = "9(2)(h)"
    PUBLIC_HEALTH = "9(2)(i)"
    RESEARCH = "9(2)(j)"


class HoldReason(StrEnum):
    """Why a part may stay beyond its expiry: by statute (GDPR Art. 17(3)(b) and (e)), or when the notice says so."""

    COMPLAINT = "complaint"
    DISCLOSURE = "disclosure"
    LEGAL_CLAIM = "legal_claim"
    AUTHORITY_ORDER = "authority_order"


class RestrictionGround(StrEnum):
    """GDPR Art. 18(1)(a) to (d): on which ground a data subject's recording is stored and not used."""

    ACCURACY_CONTESTED = "accuracy_contested"
    UNLAWFUL_PROCESSING = "unlawful_processing"
    NEEDED_FOR_CLAIMS = "needed_for_claims"
    OBJECTION_PENDING = "objection_pending"


class RestrictedUse(StrEnum):
    """GDPR Art. 18(2): what a restricted recording may be used for all the same."""

    CONSENT = "consent"
    LEGAL_CLAIMS = "legal_claims"
    RIGHTS_OF_ANOTHER = "rights_of_another"
    PUBLIC_INTEREST = "public_interest"


class NeverStored(StrEnum):
    """What the notice says is not kept with the recordings."""

    NAME = "name"
    PERSONAL_IDENTITY_CODE = "personal_identity_code"
    PATIENT_RECORDS = "patient_records"


class DisclosureKind(StrEnum):
    """To whom and how recordings may leave the vault."""

    AUTHORITY = "authority"
    GROUP = "group"
    RESEARCH = "research"
    SUBJECT_ACCESS = "subject_access"
    AGENT_ACCESS = "agent_access"
    TRANSCRIPT_TO_EMAIL = "transcript_to_email"
    ON_SITE_REVIEW = "on_site_review"
    EVIDENCE = "evidence"


class RecipientDuty(StrEnum):
    """What the recipient owes once a temporary disclosure is over."""

    RETURN_OR_DESTROY = "return_or_destroy"


class Party(StrEnum):
    """The two ends of an interaction."""

    CUSTOMER = "customer"
    AGENT = "agent"


class Area(StrEnum):
    """Where recordings may be stored and used."""

    EU = "EU"
    EEA = "EEA"


class Safeguard(StrEnum):
    """GDPR Chapter V: what makes support from outside of the EEA lawful."""

    ADEQUACY_DECISION = "adequacy_decision"
    STANDARD_CONTRACTUAL_CLAUSES = "standard_contractual_clauses"


class Right(StrEnum):
    """The data subject's rights, GDPR Art. 15 to 18, 20 and 21."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"


class RightMeans(StrEnum):
    """How a granted right is exercised."""

    COPY = "copy"
    LISTENING = "listening"
    ON_SITE_REVIEW = "on_site_review"
