"""What a data subject is owed, what may be refused and on which ground: by the law, and by the notice where it decides.

A notice cannot take away what the law gives without condition: access (Art. 15), rectification (Art. 16) and
restriction (Art. 18). Erasure, objection and portability depend on what the processing rests on, which the notice says.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from tenants.decisions import Decision
from tenants.policy import Citation, Policy
from tenants.vocabulary import Party, Right


class Asker(StrEnum):
    """Whose request it is: that of the person at the other end, or of the agent of the call."""

    DATA_SUBJECT = "data_subject"
    AGENT = "agent"


class Channel(StrEnum):
    """How a request came in."""

    LETTER = "letter"
    EMAIL = "email"
    PHONE = "phone"
    IN_PERSON = "in_person"
    ONLINE_SERVICE = "online_service"


class IdentityMeans(StrEnum):
    """By what means it was made sure who asks (Art. 12(6)); what was shown or read there is not kept."""

    STRONG_IDENTIFICATION = "strong_identification"
    DOCUMENT_SEEN = "document_seen"
    CALLBACK_TO_NUMBER = "callback_to_number"
    CUSTOMER_NUMBER = "customer_number"
    SIGNED_IN = "signed_in"
    KNOWN_TO_EMPLOYER = "known_to_employer"
    MANDATE_SEEN = "mandate_seen"


class RequestState(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    IDENTIFIED = "identified"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def open(self) -> bool:
        """Whether an answer is still owed."""
        return self in (RequestState.RECEIVED, RequestState.IDENTIFIED)


class RequestEvent(StrEnum):
    """What moves a request on."""

    IDENTIFY = "identify"
    ANSWER = "answer"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _E = RequestState, RequestEvent

REQUEST_TRANSITIONS: Mapping[tuple[RequestState, RequestEvent], RequestState] = MappingProxyType(
    {
        (_S.RECEIVED, _E.IDENTIFY): _S.IDENTIFIED,
        (_S.RECEIVED, _E.REFUSE): _S.REFUSED,
        (_S.RECEIVED, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.IDENTIFIED, _E.ANSWER): _S.ANSWERED,
        (_S.IDENTIFIED, _E.REFUSE): _S.REFUSED,
        (_S.IDENTIFIED, _E.WITHDRAW): _S.WITHDRAWN,
    }
)
"""Which state follows an event; an event that a state does not name here cannot happen in it."""


class RequestStepRefused(Exception):
    """A request in this state does not take this step."""


def request_after(state: RequestState, event: RequestEvent) -> RequestState:
    """The state that follows.

    Raises:
        RequestStepRefused: the event cannot happen in this state.
    """
    try:
        return REQUEST_TRANSITIONS[state, event]
    except KeyError:
        if state is RequestState.RECEIVED:
            raise RequestStepRefused("Nothing is answered before it is known who asks: record the check.") from None
        raise RequestStepRefused(f"A request that is {state.value} takes no such step.") from None


ARTICLES: Mapping[Right, str] = MappingProxyType(
    {
        Right.ACCESS: "GDPR Art. 15",
        Right.RECTIFICATION: "GDPR Art. 16",
        Right.ERASURE: "GDPR Art. 17",
        Right.RESTRICTION: "GDPR Art. 18",
        Right.PORTABILITY: "GDPR Art. 20",
        Right.OBJECTION: "GDPR Art. 21",
    }
)

OWED_BY_LAW = frozenset({Right.ACCESS, Right.RECTIFICATION, Right.RESTRICTION})
"""What no notice can take away; it may say how it is done."""

GIVES_A_COPY = frozenset({Right.ACCESS, Right.PORTABILITY})
"""The rights that are met by a package."""


def is_owed(policy: Policy, right: Right, asker: Asker) -> Decision:
    """Whether this controller grants a right, by the law or by its notice.

    Returns:
        A permission with the clause that grants it, where the notice speaks of it; or a refusal with the clause that
        refuses, or (where the notice does not mention the right) with what it says of rights at all.
    """
    said, article = policy.rights.get(right), ARTICLES[right]
    clause = policy.cite(said.clause if said else next(iter(policy.rights.values())).clause)
    if asker is Asker.AGENT and right in GIVES_A_COPY:
        return _for_agent(policy, right, clause)
    if right in OWED_BY_LAW:
        reason = f"{_words(right)} is owed by law ({article})."
        return Decision.permit(reason, clause=clause if said else None)
    if said is None:
        reason = (
            f"The notice names the rights that it grants, and {_words(right).lower()} ({article}) is not among them."
        )
        return Decision.refuse("right-not-in-policy", reason, clause)
    if not said.granted:
        return Decision.refuse("right-not-granted", f"The notice does not grant {right.value} ({article}).", clause)
    return Decision.permit(f"The notice grants {right.value} ({article}).", clause=clause)


def _for_agent(policy: Policy, right: Right, clause: Citation) -> Decision:
    said = policy.rights.get(Right.ACCESS)
    if said is not None and Party.AGENT in said.also_for:
        return Decision.permit(
            "The notice grants access to the agent of the call too.", clause=policy.cite(said.clause)
        )
    reason = f"The notice grants {right.value} to the other party of the call, and not to its agent."
    return Decision.refuse("right-not-for-agent", reason, clause)


class RefusalGround(StrEnum):
    """Why a request is refused; a reason in a person's own words goes with it."""

    NOT_GRANTED = "not_granted"
    NOT_IDENTIFIED = "not_identified"
    UNFOUNDED = "unfounded"
    EXCESSIVE = "excessive"
    CONDITIONS_NOT_MET = "conditions_not_met"
    RIGHTS_OF_OTHERS = "rights_of_others"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGAL_CLAIMS = "legal_claims"
    COMPELLING_GROUNDS = "compelling_grounds"


_G, _R = RefusalGround, Right

GROUNDS: Mapping[RefusalGround, Mapping[Right, str]] = MappingProxyType(
    {
        _G.NOT_GRANTED: {right: ARTICLES[right] for right in Right},
        _G.NOT_IDENTIFIED: {right: "GDPR Art. 12(6)" for right in Right},
        _G.UNFOUNDED: {right: "GDPR Art. 12(5)(b)" for right in Right},
        _G.EXCESSIVE: {right: "GDPR Art. 12(5)(b)" for right in Right},
        # Access has no condition to meet.
        _G.CONDITIONS_NOT_MET: {
            _R.RECTIFICATION: "GDPR Art. 16",
            _R.ERASURE: "GDPR Art. 17(1)",
            _R.RESTRICTION: "GDPR Art. 18(1)",
            _R.PORTABILITY: "GDPR Art. 20(1)",
            _R.OBJECTION: "GDPR Art. 21(1)",
        },
        _G.RIGHTS_OF_OTHERS: {_R.ACCESS: "GDPR Art. 15(4)", _R.PORTABILITY: "GDPR Art. 20(4)"},
        _G.LEGAL_OBLIGATION: {_R.ERASURE: "GDPR Art. 17(3)(b)"},
        _G.LEGAL_CLAIMS: {_R.ERASURE: "GDPR Art. 17(3)(e)", _R.OBJECTION: "GDPR Art. 21(1)"},
        _G.COMPELLING_GROUNDS: {_R.OBJECTION: "GDPR Art. 21(1)"},
    }
)
"""Which ground refuses which right, and by which article."""


class Refusal(Struct, frozen=True, kw_only=True):
    """What a refusal rests on: an article of the law, and the clause of the notice where that refuses."""

    ground: RefusalGround
    article: str
    clause: Citation | None = None


class GroundNotOpen(Exception):
    """This ground refuses no such request."""


def refusal_of(policy: Policy, right: Right, asker: Asker, ground: RefusalGround, *, identified: bool) -> Refusal:
    """What a refusal on this ground rests on.

    Args:
        identified: whether it is known who asks; if not, nothing but that is a ground.

    Raises:
        GroundNotOpen: the right is owed whatever the notice says, or the ground is none for this right.
    """
    if identified and ground is RefusalGround.NOT_IDENTIFIED:
        raise GroundNotOpen("It is recorded how the person was identified: that they were not is no ground.")
    # Whether a right is granted at all is the same for everybody: nobody has to prove who they are to be told.
    if not identified and ground not in (RefusalGround.NOT_IDENTIFIED, RefusalGround.NOT_GRANTED):
        raise GroundNotOpen("Nothing else is weighed before it is known who asks.")
    article = GROUNDS[ground].get(right)
    if article is None:
        raise GroundNotOpen(f"That is no ground to refuse {right.value}.")
    if ground is not RefusalGround.NOT_GRANTED:
        return Refusal(ground=ground, article=article)
    decision = is_owed(policy, right, asker)
    if decision.permitted:
        raise GroundNotOpen(f"{decision.reason} Another ground is needed to refuse it.")
    return Refusal(ground=ground, article=article, clause=decision.clause)


def _words(right: Right) -> str:
    return right.value.capitalize()
