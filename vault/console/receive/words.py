"""What recipients are told of their matters, in plain words."""

from datetime import datetime
from types import MappingProxyType
from typing import Final

from tenants.disclosing import DisclosureEvent, DisclosureState
from tenants.vocabulary import DisclosureKind
from vault.console.language import _, mark, moment
from vault.disclosure.matters import Matter
from vault.disclosure.model import Disclosure
from vault.disclosure.noticing import Cause

K, S = DisclosureKind, DisclosureState

KINDS: Final = MappingProxyType(
    {
        K.AUTHORITY: mark("Disclosure to an authority"),
        K.GROUP: mark("Disclosure within a group of companies"),
        K.RESEARCH: mark("Temporary disclosure for research"),
        K.SUBJECT_ACCESS: mark("A copy of your own data (GDPR Art. 15)"),
        K.AGENT_ACCESS: mark("A copy of your own calls (GDPR Art. 15)"),
        K.ON_SITE_REVIEW: mark("Review on site"),
        K.TRANSCRIPT_TO_EMAIL: mark("Transcript by e-mail"),
        K.EVIDENCE: mark("Evidence in a dispute"),
    }
)

STATES: Final = MappingProxyType(
    {
        S.REQUESTED: mark("asked for"),
        S.HALF_APPROVED: mark("being decided"),
        S.REFUSED: mark("refused"),
        S.WITHDRAWN: mark("withdrawn"),
        S.LAPSED: mark("not decided in time"),
        S.APPROVED: mark("approved, not packed yet"),
        S.READY: mark("ready to be fetched"),
        S.RECEIVED: mark("fetched"),
        S.ACTIVE: mark("open"),
        S.FULFILLED: mark("done"),
        S.EXPIRED: mark("not fetched in time"),
        S.REVOKED: mark("revoked"),
        S.STOPPED: mark("stopped"),
    }
)

PLAIN: Final = MappingProxyType(
    {
        S.REQUESTED: mark(
            "The request has arrived. Two persons of the controller decide on it; there is nothing to do."
        ),
        S.HALF_APPROVED: mark("One of two persons has approved it; the second one decides now."),
        S.REFUSED: mark("It was refused. If you think that it should not have been, ask the controller."),
        S.WITHDRAWN: mark("The request was withdrawn."),
        S.LAPSED: mark("Nobody decided on it in time. You may ask again."),
        S.APPROVED: mark("It was approved, and is being made ready."),
        S.READY: mark("It is ready: fetch it below."),
        S.RECEIVED: mark("You have fetched it; the receipt is below."),
        S.ACTIVE: mark("You may listen to it below. There is no copy."),
        S.FULFILLED: mark("It is done."),
        S.EXPIRED: mark("It was not fetched in time, and is gone. You may ask again."),
        S.REVOKED: mark("It was revoked: nothing more of it is given."),
        S.STOPPED: mark("It was stopped: what allowed it does not hold any more."),
    }
)

WAITS: Final = mark("waits for your key")
WAITS_FOR_KEY: Final = mark(
    "It was approved, and waits for your key: name it below, or have one made. Then it is packed and sealed to it."
)
"""Said in place of an approval's own words: nobody but its reader can go on with it."""

HEARD_NO_MORE: Final = mark("It is over: nothing of it may be listened to any more. You may ask again.")
FIRST: Final = mark(
    "One person approved it in an emergency; a second one must confirm it by %(when)s, or nothing more of it is given."
)
BLOCKED: Final = mark(
    "One person approved it in an emergency, and the second did not confirm it in time: nothing is given until they do."
)

TONES: Final = MappingProxyType(
    {S.READY: "good", S.RECEIVED: "good", S.FULFILLED: "good", S.ACTIVE: "good"}
    | dict.fromkeys((S.REFUSED, S.REVOKED, S.STOPPED), "bad")
    | dict.fromkeys((S.WITHDRAWN, S.LAPSED, S.EXPIRED), "off")
)

CAUSES: Final = MappingProxyType(
    {
        Cause.RECTIFIED: mark("rectified: a statement of the data subject was added; the controller gives it to you"),
        Cause.ERASED: mark("erased"),
        Cause.RESTRICTED: mark("its use is restricted"),
        Cause.LIFTED: mark("the restriction of its use has ended"),
    }
)


def kind(word: DisclosureKind) -> str:
    """What a matter is."""
    return _(KINDS[word])


def state(word: DisclosureState, *, waits: bool = False) -> str:
    """Where it stands, in a word."""
    return _(WAITS if waits else STATES[word])


def waits_for_key(matter: Matter) -> bool:
    """Whether it is approved and could be packed, if it were known to which key of the reader's it is sealed."""
    disclosure, seal = matter.disclosure, matter.seal
    packs = disclosure.needs.gives is DisclosureEvent.PACK and disclosure.state is S.APPROVED
    # An organisation's own key is another's to mend.
    return packs and (seal is None or (seal.problem is not None and not seal.registered))


def standing(disclosure: Disclosure, now: datetime) -> DisclosureState:
    """Where it stands for whoever receives it: its time is over from its last moment on, whoever writes that down."""
    if disclosure.until is None or now < disclosure.until:
        return disclosure.state
    return {S.READY: S.EXPIRED, S.ACTIVE: S.FULFILLED}.get(disclosure.state, disclosure.state)


def plain(matter: Matter, now: datetime) -> str:
    """Where it stands, and what is to be done, in a sentence or two."""
    disclosure = matter.disclosure
    stands = standing(disclosure, now)
    said = WAITS_FOR_KEY if waits_for_key(matter) else PLAIN[stands]
    if stands.over or not disclosure.unconfirmed:
        listened = stands is S.FULFILLED and disclosure.needs.gives is DisclosureEvent.OPEN
        return _(HEARD_NO_MORE if listened else said)
    if disclosure.confirm_by is None or disclosure.is_blocked(now):
        return _(BLOCKED)
    return f"{_(said)} {_(FIRST) % {'when': moment(disclosure.confirm_by)}}"


def tone(word: DisclosureState) -> str:
    """In which colour a state is shown."""
    return TONES.get(word, "")


def cause(word: Cause) -> str:
    """What happened to a recording since."""
    return _(CAUSES[word])
