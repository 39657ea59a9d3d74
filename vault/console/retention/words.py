"""What the states and findings of retention are called, to be translated when they are shown."""

from types import MappingProxyType
from typing import Final

from tenants.contracts import ContractState
from tenants.notices import NoticeKind
from vault.console.language import _, mark, term
from vault.destruction.certificates import Reason
from vault.destruction.numbers import DayState
from vault.reconciliation.findings import Action, Kind
from vault.returning.receipts import Stage

STATES: Final = MappingProxyType(
    {
        DayState.UPCOMING: ("off", mark("to come")),
        DayState.DUE: ("", mark("due")),
        DayState.UNFINISHED: ("bad", mark("unfinished")),
        DayState.DONE: ("good", mark("done")),
    }
)
"""How a day stands, and its tone."""

REASONS: Final = MappingProxyType(
    {
        Reason.EXPIRY: mark("the day had come"),
        Reason.CONTRACT_END: mark("the contract ended"),
        Reason.ORDER: mark("an order of two persons"),
        Reason.POLICY_CHANGE: mark("the notice was changed to a shorter time"),
        Reason.RESTORED: mark("a backup had brought it back"),
    }
)
"""Why something was destroyed."""

CONTRACT: Final = MappingProxyType(
    {
        ContractState.ACTIVE: mark("The contract runs."),
        ContractState.ENDING: mark("The contract ends within 90 days."),
        ContractState.ENDED: mark("The contract is over. Its end begins now."),
        ContractState.RETURNING: mark("The contract is over. Everything is being returned; nothing is destroyed yet."),
        ContractState.DESTROYING: mark("The contract is over. Everything is being destroyed."),
        ContractState.DESTROYED: mark("The contract is over. Everything is destroyed."),
    }
)
"""Where a contract stands."""

STAGES: Final = MappingProxyType(
    {
        Stage.NOT_PROMISED: mark(
            "The notice promises no return: everything is destroyed as soon as the contract ends."
        ),
        Stage.NOT_BEGUN: mark("The return begins when the contract ends. The recipient's key can be named already."),
        Stage.NO_RECIPIENT: mark("The return waits for you: name the key to which everything is sealed."),
        Stage.EXPORTING: mark("The archives are being made."),
        Stage.AWAITING_RECEIPT: mark("The archives are ready. The return waits for you: fetch them and confirm it."),
        Stage.CONFIRMED: mark("You have confirmed that you received everything."),
        Stage.WAIVED: mark("Two persons of the controller gave the return up."),
    }
)
"""How far a return has come."""

NOTICES: Final = MappingProxyType(
    {
        NoticeKind.CONTRACT_ENDS: mark("The contract ends in %(days)s days"),
        NoticeKind.RETURN_UNCONFIRMED: mark("%(days)s days after the end the return is not confirmed"),
        NoticeKind.DESTRUCTION_BLOCKED: mark("%(days)s days after the end something still stops the destruction"),
    }
)
"""What a notice tells."""

FINDINGS: Final = MappingProxyType(
    {
        Kind.UNKNOWN_RECORDING: mark("A copy in the store holds a recording that the catalogue does not know."),
        Kind.ROWS_BEHIND: mark("A copy in the store knows more of a recording than the catalogue does."),
        Kind.UNKNOWN_OBJECT: mark("An object that no row names and no copy of rows explains. It goes with its day."),
        Kind.OTHER_VERSION: mark("The version that a row names is gone, and another one holds the same bytes."),
        Kind.STRAY_VERSION: mark("Another version of an object beside the one that its row names."),
        Kind.DELETE_MARKER: mark("A mark that hides older versions; the vault makes none."),
        Kind.STRAY_PIECE: mark("A piece of an upload that is over."),
        Kind.SUPERSEDED_COPY: mark("A copy of rows that a newer copy has replaced."),
        Kind.REMAINS: mark("Ciphertext whose key was destroyed, and which no standing row names."),
        Kind.MISSING_OBJECT: mark("A row stands, and its object is not in the store."),
        Kind.UNFINISHED_UPLOAD: mark("An upload in parts that was begun more than a day ago and never completed."),
        Kind.STANDS_WITHOUT_KEY: mark("A row stands although its key was destroyed: the catalogue is older than that."),
        Kind.KEY_MISSING: mark("A row stands, and the keyring never heard of its key: the keyring is older than that."),
        Kind.UNUSED_HOLD_KEY: mark("A hold key that no row needs."),
        Kind.ROTTEN: mark("A stored part does not open to the bytes that were sealed: it was altered or is damaged."),
    }
)
"""What a comparison of catalogue and store may find."""

ACTIONS: Final = MappingProxyType(
    {
        Action.ADOPTED: mark("taken into the catalogue"),
        Action.REMOVED: mark("removed"),
        Action.LEFT: mark("left as it is"),
        Action.DESTROYED: mark("destroyed"),
        Action.ALARMED: mark("somebody has to look"),
    }
)
"""What was done about a finding."""

ENDING: Final = "ending"
"""Beside the reasons of the policy language: nothing keeps it any more, and its key is going."""


def keeping(reason: str) -> str:
    """What keeps a part past its day, as people say it."""
    return _("no reason any more; it goes now") if reason == ENDING else term(reason)


def notice(kind: NoticeKind, days: int) -> str:
    """What a notice tells, with its days."""
    return _(NOTICES[kind]) % {"days": days}
