"""What people of the controller are told, as a closed list: each topic has its words in every language."""

from enum import StrEnum


class Topic(StrEnum):
    """What a message is about; its object is the thing named first."""

    DISCLOSURE_REQUESTED = "disclosure.requested"
    DISCLOSURE_UNDECIDED = "disclosure.undecided"
    DISCLOSURE_LAPSED = "disclosure.lapsed"
    DISCLOSURE_STOPPED = "disclosure.stopped"
    DISCLOSURE_REFUSED = "disclosure.refused"
    DISCLOSURE_APPROVED_URGENTLY = "disclosure.approved_urgently"
    DISCLOSURE_UNCONFIRMED = "disclosure.unconfirmed"
    DISCLOSURE_REVOKED = "disclosure.revoked"
    PACKAGE_READY = "package.ready"
    PACKAGE_UNFETCHED = "package.unfetched"
    PACKAGE_FETCHED = "package.fetched"
    PACKAGE_EXPIRED = "package.expired"
    GRANT_ENDED = "grant.ended"
    PERMIT_ENDING = "permit.ending"
    DUTY_COMING = "duty.coming"
    DUTY_OVERDUE = "duty.overdue"
    DUTY_FULFILLED = "duty.fulfilled"
    SUBJECT_REQUEST_RECEIVED = "subject_request.received"
    SUBJECT_REQUEST_COMING = "subject_request.coming"
    SUBJECT_REQUEST_OVERDUE = "subject_request.overdue"
    SUBJECT_REQUEST_ANSWERED = "subject_request.answered"
    RECIPIENTS_TO_NOTIFY = "recipients.to_notify"
    TRANSCRIPT_UNKNOWN = "transcript.unknown"
    GLASS_BROKEN = "glass.broken"
    GLASS_ENDED = "glass.ended"
    GLASS_UNREVIEWED = "glass.unreviewed"
    SUPPORT_ADMITTED = "support.admitted"
    RIGHTS_TO_REVIEW = "rights.to_review"
    RIGHTS_UNCONFIRMED = "rights.unconfirmed"
    RIGHTS_REVIEWED = "rights.reviewed"
    RIGHTS_LAST_ADMINISTRATOR = "rights.last_administrator"
    VOLUME_UNUSUAL = "volume.unusual"
    MEMBER_INVITED = "member.invited"
    ACCOUNT_TAKEN_UP = "account.taken_up"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_GIVEN_BACK = "account.given_back"
    ADMINISTRATOR_KEPT = "administrator.kept"
    IDENTITY_PROVIDER_CHANGED = "identity_provider.changed"
    TEAM_BACKDATED = "team.backdated"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TESTED = "webhook.tested"


TO_RECIPIENTS = frozenset({Topic.RECIPIENTS_TO_NOTIFY})
"""What people of outside are written of; a member is told of anything else as one of the controller's own people."""


class Audience(StrEnum):
    """Whose mailbox of the policy's a message goes to; whoever may read messages reads all of them."""

    DPO = "dpo"
    ADMINISTRATORS = "administrators"
    BOTH = "both"

    @property
    def mailboxes(self) -> "tuple[Audience, ...]":
        """The mailboxes that this means."""
        return (Audience.ADMINISTRATORS, Audience.DPO) if self is Audience.BOTH else (self,)
