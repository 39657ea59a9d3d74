"""What can be asked for, and which roles may do what no notice speaks of."""

from enum import StrEnum
from types import MappingProxyType

from tenants.vocabulary import HoldReason, Role


class Action(StrEnum):
    """What a person or a machine can ask for."""

    INGEST = "ingest"
    SEARCH = "search"
    LISTEN = "listen"
    READ_CONTACT = "read_contact"
    ONBOARD = "onboard"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_TOKENS = "manage_tokens"
    READ_CONTRACT = "read_contract"
    END_CONTRACT = "end_contract"
    READ_NOTICE = "read_notice"
    ACKNOWLEDGE_NOTICE = "acknowledge_notice"
    READ_RETURN = "read_return"
    NAME_RECIPIENT = "name_recipient"
    TAKE_BACK = "take_back"
    ORDER_DESTRUCTION = "order_destruction"
    DECIDE_ORDER = "decide_order"
    CHANGE_POLICY = "change_policy"
    DECIDE_POLICY = "decide_policy"
    READ_PROPOSALS = "read_proposals"
    READ_POLICY = "read_policy"
    READ_RETENTION = "read_retention"
    HOLD = "hold"
    RELEASE = "release"
    RESTRICT = "restrict"
    LIFT = "lift"
    READ_AUDIT = "read_audit"
    NAME_LISTENERS = "name_listeners"
    READ_LOG = "read_log"
    MANAGE_WITNESSES = "manage_witnesses"
    READ_CERTIFICATE = "read_certificate"
    READ_RECONCILIATION = "read_reconciliation"
    READ_ARRIVALS = "read_arrivals"
    REGISTER_ORGANISATION = "register_organisation"
    DECIDE_ORGANISATION = "decide_organisation"
    REQUEST_DISCLOSURE = "request_disclosure"
    DECIDE_DISCLOSURE = "decide_disclosure"
    READ_DISCLOSURES = "read_disclosures"
    RECEIVE_DISCLOSURE = "receive_disclosure"
    DELEGATE = "delegate"
    HANDLE_SUBJECT_REQUEST = "handle_subject_request"
    SUPERVISE_REVIEW = "supervise_review"
    SEND_TRANSCRIPT = "send_transcript"
    READ_MESSAGES = "read_messages"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_SIGN_IN = "manage_sign_in"
    PROVISION = "provision"
    RECOVER_ACCOUNT = "recover_account"
    MANAGE_TEAMS = "manage_teams"
    BREAK_GLASS = "break_glass"
    REVIEW_BREAK_GLASS = "review_break_glass"
    REVIEW_RIGHTS = "review_rights"
    READ_RIGHTS = "read_rights"
    READ_UNUSUAL = "read_unusual"
    CLOSE_UNUSUAL = "close_unusual"
    ADMIT_SUPPORT = "admit_support"
    READ_SUPPORT = "read_support"
    LEAVE_SUPPORT = "leave_support"
    READ_HEALTH = "read_health"


CONTENT_ACTIONS = frozenset({Action.SEARCH, Action.LISTEN, Action.READ_CONTACT})
"""The actions that show what was said or who said it: the policy decides on them, role by role."""

LIVING_CONTRACT_ONLY = CONTENT_ACTIONS | {
    Action.INGEST,
    Action.END_CONTRACT,
    Action.ORDER_DESTRUCTION,
    Action.DECIDE_ORDER,
    Action.CHANGE_POLICY,
    Action.DECIDE_POLICY,
    Action.HOLD,
    Action.RESTRICT,
    Action.REGISTER_ORGANISATION,
    Action.DECIDE_ORGANISATION,
    Action.REQUEST_DISCLOSURE,
    Action.DECIDE_DISCLOSURE,
    Action.RECEIVE_DISCLOSURE,
    Action.SUPERVISE_REVIEW,
    Action.SEND_TRANSCRIPT,
    Action.BREAK_GLASS,
}
"""What is over when the contract is: nothing may be done with recordings any more but keep, let go and prove."""

_STAFF = frozenset(Role) - {
    Role.OPERATOR,
    Role.INGEST,
    Role.RECIPIENT,
    Role.MAINTENANCE,
    Role.SECURITY,
    Role.PROVISIONING,
}

ROLES = MappingProxyType(
    {
        Action.INGEST: frozenset({Role.INGEST}),
        Action.ONBOARD: frozenset({Role.OPERATOR}),
        Action.MANAGE_MEMBERS: frozenset({Role.ADMINISTRATOR}),
        Action.MANAGE_TOKENS: frozenset({Role.ADMINISTRATOR}),
        Action.READ_CONTRACT: _STAFF | {Role.OPERATOR},
        Action.END_CONTRACT: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
        Action.READ_NOTICE: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR}),
        Action.ACKNOWLEDGE_NOTICE: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.READ_RETURN: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR}),
        Action.NAME_RECIPIENT: frozenset({Role.ADMINISTRATOR}),
        Action.TAKE_BACK: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        # A DPO puts forward what a data subject is owed; the controller decides (Art. 38(6): no conflict of interests).
        Action.ORDER_DESTRUCTION: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.DECIDE_ORDER: frozenset({Role.ADMINISTRATOR}),
        Action.CHANGE_POLICY: frozenset({Role.ADMINISTRATOR, Role.OPERATOR}),
        Action.DECIDE_POLICY: frozenset({Role.ADMINISTRATOR}),
        Action.READ_PROPOSALS: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR}),
        Action.READ_POLICY: _STAFF | {Role.OPERATOR, Role.INGEST},
        Action.READ_RETENTION: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.DPO}),
        Action.HOLD: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.DPO}),
        Action.RELEASE: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.DPO}),
        Action.RESTRICT: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.LIFT: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.READ_AUDIT: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        # Staff are named to a data subject only where that is essential, which is for the DPO to say (C-579/21).
        Action.NAME_LISTENERS: frozenset({Role.DPO}),
        # One's own log, as files: a controller's, or for an operator the outsourcing firm's.
        Action.READ_LOG: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR}),
        Action.MANAGE_WITNESSES: frozenset({Role.ADMINISTRATOR, Role.OPERATOR}),
        Action.READ_CERTIFICATE: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR}),
        Action.READ_RECONCILIATION: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR}),
        # The firm is told whether anything comes, and no more (`vault.controllers`).
        Action.READ_ARRIVALS: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.REGISTER_ORGANISATION: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.DECIDE_ORGANISATION: frozenset({Role.ADMINISTRATOR}),
        # An officer asks in their own matter; whether they may is asked of their organisation's entry.
        Action.REQUEST_DISCLOSURE: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR, Role.RECIPIENT}),
        # One of the two is an administrator: a DPO says whether it is lawful, the controller decides (Art. 38(6)).
        Action.DECIDE_DISCLOSURE: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.READ_DISCLOSURES: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        # An agent too: a copy of their own calls (Art. 15(3)). Who receives what is said by name.
        Action.RECEIVE_DISCLOSURE: frozenset(
            {Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR, Role.AGENT, Role.RECIPIENT}
        ),
        Action.DELEGATE: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.HANDLE_SUBJECT_REQUEST: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.SUPERVISE_REVIEW: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR}),
        Action.SEND_TRANSCRIPT: frozenset({Role.INGEST, Role.AGENT}),
        Action.READ_MESSAGES: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.MANAGE_WEBHOOKS: frozenset({Role.ADMINISTRATOR}),
        Action.MANAGE_SIGN_IN: frozenset({Role.ADMINISTRATOR}),
        Action.PROVISION: frozenset({Role.PROVISIONING}),
        # A DPO too: a controller with one administrator has nobody else to be the second person.
        Action.RECOVER_ACCOUNT: frozenset({Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR}),
        Action.MANAGE_TEAMS: frozenset({Role.ADMINISTRATOR, Role.PROVISIONING}),
        # Whether the notice knows of breaking the glass, and for whom, is asked of the policy.
        Action.BREAK_GLASS: frozenset({Role.MAINTENANCE, Role.SECURITY}),
        Action.REVIEW_BREAK_GLASS: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.REVIEW_RIGHTS: frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR}),
        Action.READ_RIGHTS: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.READ_UNUSUAL: frozenset({Role.DPO, Role.ADMINISTRATOR}),
        Action.CLOSE_UNUSUAL: frozenset({Role.DPO}),
        Action.ADMIT_SUPPORT: frozenset({Role.ADMINISTRATOR}),
        Action.READ_SUPPORT: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        Action.LEAVE_SUPPORT: frozenset({Role.OPERATOR}),
        Action.READ_HEALTH: frozenset({Role.OPERATOR}),
    }
)
"""Who may do what no notice speaks of. Actions on content are absent: their roles stand in the policy."""

MAY_RELEASE = MappingProxyType(
    {
        HoldReason.AUTHORITY_ORDER: frozenset({Role.ADMINISTRATOR, Role.DPO}),
        HoldReason.DISCLOSURE: frozenset({Role.ADMINISTRATOR, Role.DPO}),
    }
)
"""Who may release a hold that others wait for; any other hold, whoever may release at all."""
