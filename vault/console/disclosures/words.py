"""What disclosures are called on pages: each word of theirs as a person says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from tenants.disclosing import DisclosureState
from tenants.organisations import OrganisationKind
from tenants.vocabulary import DisclosureKind
from vault.console.language import _, mark
from vault.disclosure.documents import DocumentPurpose
from vault.disclosure.duties import DutyMeans
from vault.disclosure.model import Holds, ItemState, Verdict
from vault.disclosure.noticing import Cause

K, S = DisclosureKind, DisclosureState

KINDS: Final = MappingProxyType(
    {
        K.AUTHORITY: mark("Disclosure to an authority"),
        K.GROUP: mark("Disclosure within the group"),
        K.RESEARCH: mark("Temporary disclosure for research"),
        K.SUBJECT_ACCESS: mark("Copy for a data subject"),
        K.AGENT_ACCESS: mark("Copy for an agent"),
        K.ON_SITE_REVIEW: mark("Review on site"),
        K.TRANSCRIPT_TO_EMAIL: mark("Transcript by e-mail"),
        K.EVIDENCE: mark("Evidence in a dispute"),
    }
)

STATES: Final = MappingProxyType(
    {
        S.REQUESTED: mark("Waits for two decisions"),
        S.HALF_APPROVED: mark("Waits for the second decision"),
        S.APPROVED: mark("Approved, being made"),
        S.READY: mark("Ready to be fetched"),
        S.RECEIVED: mark("Fetched"),
        S.ACTIVE: mark("Open to listen"),
        S.FULFILLED: mark("Done"),
        S.REFUSED: mark("Refused"),
        S.WITHDRAWN: mark("Withdrawn"),
        S.LAPSED: mark("Not decided in time"),
        S.STOPPED: mark("Stopped"),
        S.EXPIRED: mark("Not fetched in time"),
        S.REVOKED: mark("Revoked"),
    }
)

TONES: Final = MappingProxyType(
    {
        S.REQUESTED: "warn",
        S.HALF_APPROVED: "warn",
        S.FULFILLED: "good",
        S.RECEIVED: "good",
        S.REFUSED: "bad",
        S.STOPPED: "bad",
        S.REVOKED: "bad",
        S.WITHDRAWN: "off",
        S.LAPSED: "off",
        S.EXPIRED: "off",
    }
)

ITEMS: Final = MappingProxyType(
    {
        ItemState.INCLUDED: mark("Included"),
        ItemState.EXCLUDED: mark("Left out"),
        ItemState.RESTRICTED: mark("Restricted"),
        ItemState.DESTROYED: mark("Destroyed"),
    }
)

WHY_NOT: Final = MappingProxyType(
    {
        ItemState.EXCLUDED: mark("A person took it out before it was approved."),
        ItemState.RESTRICTED: mark("Its use is restricted (GDPR Art. 18); only the data subject is given it."),
        ItemState.DESTROYED: mark("It has been destroyed; nothing of it is left to give."),
    }
)

VERDICTS: Final = MappingProxyType(
    {
        Verdict.APPROVED: mark("Approved"),
        Verdict.VOID: mark("Approved, and void since the scope changed"),
        Verdict.REFUSED: mark("Refused"),
        Verdict.REVOKED: mark("Revoked"),
    }
)

CAUSES: Final = MappingProxyType(
    {
        Cause.RECTIFIED: mark("Rectified: a statement of the data subject was added"),
        Cause.ERASED: mark("Erased"),
        Cause.RESTRICTED: mark("Its use is restricted"),
        Cause.LIFTED: mark("The restriction of its use has ended"),
    }
)

PAPERS: Final = MappingProxyType(
    {
        DocumentPurpose.ORDER: mark("Order or request"),
        DocumentPurpose.PERMIT: mark("Permit"),
        DocumentPurpose.PROOF: mark("Proof of return or destruction"),
        DocumentPurpose.MINUTES: mark("Minutes"),
        DocumentPurpose.OTHER: mark("Another document"),
    }
)

MEANS: Final = MappingProxyType({DutyMeans.RETURNED: mark("Returned"), DutyMeans.DESTROYED: mark("Destroyed")})

HOLDS: Final = MappingProxyType(
    {
        Holds.PLACED: mark("All of it is kept until this is decided."),
        Holds.BEING_PLACED: mark("Some of it is being put on hold; reload the page in a while."),
    }
)

ORGANISATIONS: Final = MappingProxyType(
    {
        OrganisationKind.AUTHORITY: mark("Authority"),
        OrganisationKind.RESEARCH: mark("Research institute"),
        OrganisationKind.COMPANY: mark("Company of the group"),
    }
)

RULES: Final = MappingProxyType(
    {
        "refused-by-decision": mark("A person who decides refused it."),
        "not-confirmed": mark("The second person did not confirm what one had approved in an emergency."),
        "revoked-by-decision": mark("A person who decides took it back."),
        "contract-over": mark("The controller's contract is over."),
        "review-held": mark("The review was held."),
        "recordings-gone": mark("Something in it may not be given any more."),
        "changed-since-reviewed": mark("Something in it has changed since it was reviewed."),
        "membership-ended": mark("The company belongs to the group no more."),
        "permit-ended": mark("The research permit is in force no more."),
        "organisation-ended": mark("The organisation is registered no more."),
        "disclosure-not-in-policy": mark("The notice does not name this disclosure any more."),
        "nobody-to-hand-over-to": mark("Nobody was named to receive it, or no key was given to seal it to."),
        "time-over": mark("Its time is over."),
        "not-decided-in-time": mark("Nobody decided on it in time."),
        "not-fetched": mark("It was not fetched in time."),
        "not-taken": mark("No mail server took the letter."),
        "scope-changed": mark("What it covers is not what was approved."),
        "purpose-not-in-policy": mark("The notice does not name its purpose any more."),
        "purpose-not-for-kind": mark("The notice does not let it be used for this purpose any more."),
        "legal-basis-not-theirs": mark("The organisation is not registered with this legal basis any more."),
        "review-not-in-policy": mark("The notice offers no review on site any more."),
    }
)
"""Why something ended; other rules are shown by their slug."""

WHO: Final = MappingProxyType(
    {
        K.SUBJECT_ACCESS: mark("The data subject"),
        K.ON_SITE_REVIEW: mark("The data subject"),
        K.AGENT_ACCESS: mark("The agent"),
        K.TRANSCRIPT_TO_EMAIL: mark("Their own e-mail"),
        K.EVIDENCE: mark("The controller itself"),
    }
)

_NAMED: Final = MappingProxyType(
    {
        "data_subject": mark("The data subject"),
        "agent": mark("The agent"),
        "own_email": mark("Their own e-mail"),
        "controller": mark("The controller itself"),
        "content": mark("Content"),
        "contact": mark("Contact record"),
        "mark": mark("by its mark"),
        "file": mark("by the file itself, which may be in several packages"),
        "manifest": mark("by its manifest"),
        "sealed_file": mark("by the sealed package itself"),
    }
)

_ALL: Final[tuple[Mapping[Any, str], ...]] = (KINDS, STATES, ITEMS, VERDICTS, CAUSES, PAPERS, MEANS, ORGANISATIONS)


def say(word: Any) -> str:
    """What a word of a closed list of disclosures is called; another word stays as it is."""
    for words in _ALL:
        # A StrEnum of one list equals one of another by its text: `restricted` is a state of an item, and a cause.
        if word in words and any(type(each) is type(word) for each in words):
            return _(words[word])
    return _(_NAMED.get(str(word), str(word)))


def why_not(state: ItemState) -> str:
    """Why something that was found is not given; nothing of what is."""
    return _(WHY_NOT[state]) if state in WHY_NOT else ""


def holds(state: Holds) -> str:
    """How it stands with what is kept meanwhile."""
    return _(HOLDS[state])


def rule(slug: str) -> str:
    """Why something ended."""
    return _(RULES.get(slug, slug))


def tone(state: DisclosureState) -> str:
    """In which colour a state is shown."""
    return TONES.get(state, "")
