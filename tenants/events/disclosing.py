"""The acts of disclosures and data subjects' requests, of organisations, and of what people are told."""

from typing import Final

from tenants.events.words import Act, Also, By, Detail, Kind, act
from tenants.organisations import OrganisationKind
from tenants.subject_rules import Asker, Channel, IdentityMeans
from tenants.vocabulary import DisclosureKind, Party, Right

PERSON, MACHINE, WORKER = By.PERSON, By.MACHINE, By.WORKER
CLAUSE, REFUSED = Also.CLAUSE, Also.REFUSED
ID, COUNT, BYTES, SLUG, SLUGS, DATE = Kind.ID, Kind.COUNT, Kind.BYTES, Kind.SLUG, Kind.SLUGS, Kind.DATE
MOMENT, FLAG, DIGEST = Kind.MOMENT, Kind.FLAG, Kind.DIGEST

_DECIDED: Final[dict[str, Detail]] = {"kind": DisclosureKind, "decision": ID, "on_behalf_of": ID, "rule": SLUG}
_ENDED: Final[dict[str, Detail]] = {"kind": DisclosureKind, "rule": SLUG, "decision": ID, "on_behalf_of": ID}
_KEYS: Final[dict[str, Detail]] = {
    "kind": OrganisationKind,
    "legal_bases": COUNT,
    "certificate_sha256": DIGEST,
    "good_until": MOMENT,
    "age_key": Kind.PUBLIC_KEY,
    "proposal": ID,
}

# A table is read by its rows.
# A table is read by its rows.
# A table is read by its rows.
# fmt: off
DISCLOSING: Final[tuple[Act, ...]] = (
    act("disclosure.requested", "Somebody asked that recordings be given to somebody.",
        PERSON | MACHINE, "disclosure", REFUSED, kind=DisclosureKind, urgent=FLAG, included=COUNT, excluded=COUNT,
        unavailable=COUNT),
    act("disclosure.scope_changed", "What is asked for was narrowed; decisions on it are void.",
        PERSON | WORKER, "disclosure", kind=DisclosureKind, recordings=COUNT, void=COUNT),
    act("disclosure.reviewed", "Somebody looked at what a recording tells of others.",
        PERSON, "disclosure", recording=ID, reviewed=FLAG),
    act("disclosure.half_approved", "The first of two approved.", PERSON, "disclosure", CLAUSE, **_DECIDED),
    act("disclosure.approved", "The second of two approved.", PERSON, "disclosure", CLAUSE | REFUSED, **_DECIDED),
    act("disclosure.approved_urgently", "One person approved in an emergency; a second one confirms.",
        PERSON, "disclosure", CLAUSE, **_DECIDED),
    act("disclosure.approved_by_notice", "The notice itself approves.",
        PERSON | WORKER, "disclosure", CLAUSE, **_DECIDED),
    act("disclosure.confirmed", "A second person confirmed an emergency.", PERSON, "disclosure", CLAUSE, **_DECIDED),
    act("disclosure.refused", "A person refused.", PERSON, "disclosure", CLAUSE, **_DECIDED),
    act("disclosure.withdrawn", "Whoever asked took it back.", PERSON, "disclosure", **_ENDED),
    act("disclosure.lapsed", "Nobody decided in time.", WORKER, "disclosure", **_ENDED),
    act("disclosure.stopped", "It may not be given any more, by this rule.",
        PERSON | WORKER, "disclosure", CLAUSE, **_ENDED, recording=ID, chosen_by=Party, delivery=SLUG),
    act("disclosure.unconfirmed", "Nobody confirmed an emergency in time: somebody must look.", WORKER, "disclosure"),
    act("disclosure.packed", "The package is made and sealed to its recipient.",
        WORKER, "disclosure", kind=DisclosureKind, package=ID, recordings=COUNT, bytes=BYTES, sealing=SLUG,
        sha256=DIGEST),
    act("disclosure.opened", "Recordings are open to the recipient, to be heard here.",
        WORKER | PERSON, "disclosure", **_ENDED, recordings=COUNT),
    act("disclosure.sent", "A transcript was e-mailed.",
        WORKER, "disclosure", kind=DisclosureKind, recording=ID, chosen_by=Party, delivery=SLUG),
    act("disclosure.fetched", "The recipient has it.", PERSON, "disclosure", **_ENDED),
    act("disclosure.fulfilled", "Nothing is owed for it any more.",
        PERSON | WORKER, "disclosure", **_ENDED, means=SLUG, done_on=DATE, document=ID),
    act("disclosure.ended", "What was open to the recipient is open no more.", PERSON | WORKER, "disclosure", **_ENDED),
    act("disclosure.expired", "Nobody fetched it in time.", WORKER, "disclosure", **_ENDED),
    act("disclosure.revoked", "It was taken back.", PERSON, "disclosure", CLAUSE, **_ENDED),
    act("disclosure.duty_done", "The recipient's duty is recorded as done.",
        PERSON, "disclosure", means=SLUG, done_on=DATE, document=ID),
    act("disclosure.key_named", "To which key the package is sealed was said.",
        PERSON, "disclosure", sealing=SLUG, generated=FLAG),
    act("disclosure.recipient_named", "A person was named to receive it.", PERSON, "disclosure", member=ID),
    act("disclosure.recipient_confirmed", "A second person confirmed a recipient.", PERSON, "disclosure", member=ID),
    act("disclosure.recipient_removed", "A recipient was struck.", PERSON, "disclosure", member=ID),
    act("disclosure.listens_read", "Whoever reviews a copy read when and why its recording was listened to.",
        PERSON, "disclosure", recording=ID, listens=COUNT),
    act("disclosure_register.exported", "Somebody took the register of disclosures out.", PERSON),
    act("document.added", "A document was put to a disclosure.",
        PERSON, "disclosure", document=ID, purpose=SLUG, size=BYTES),
    act("document.read", "A document of a disclosure was read.",
        PERSON, "disclosure", document=ID, purpose=SLUG, size=BYTES),
    act("package.fetch_begun", "The recipient began to fetch.", PERSON, "disclosure", package=ID, fetch=ID),
    act("package.fetched", "The recipient fetched all of it.", PERSON, "disclosure", package=ID, fetch=ID, bytes=BYTES),
    act("package.removed", "The file was removed here.", WORKER, "disclosure", package=ID, bytes=BYTES),
    act("package.traced", "Somebody asked which package a file came from.", PERSON, None, by=SLUG, packages=Kind.IDS),
    act("recipient_notice.written", "Recipients are to be told that what they have was changed.",
        WORKER, "disclosure", cause=SLUG, recordings=COUNT, recipients=COUNT),
    act("recipient_notice.acknowledged", "A recipient was told, and has read it.",
        PERSON, "disclosure", notice=ID, cause=SLUG, recording=ID),
    act("delegation.made", "Somebody stands in for a decider, for a time.",
        PERSON, "delegation", member=ID, stand_in=ID, starts_at=MOMENT, ends_at=MOMENT),
    act("delegation.revoked", "Nobody stands in any more.", PERSON, "delegation"),
    act("review.opened", "A supervised review began, at one device.", PERSON, "disclosure", credential=ID),
    act("review.closed", "A supervised review ended, with its minutes.",
        PERSON, "disclosure", minutes=ID, accesses=COUNT),
    act("organisation.registered", "Two persons registered an outside recipient.", PERSON, "organisation", **_KEYS),
    act("organisation.changed", "Two persons changed an outside recipient's entry.",
        PERSON, "organisation", **_KEYS, fields=SLUGS),
    act("organisation.ended", "An outside recipient may ask for nothing any more.",
        PERSON, "organisation", kind=OrganisationKind, persons=COUNT),
    act("organisation.person_named", "A person of an outside recipient was named.", PERSON, "organisation", member=ID),
    act("group_membership.recorded", "From when a company belongs to the group was recorded.",
        PERSON, "group membership", organisation=ID, member_from=DATE, member_until=DATE),
    act("group_membership.changed", "Until when a company belongs to the group was recorded.",
        PERSON, "group membership", organisation=ID, member_from=DATE, member_until=DATE),
    act("subject_request.received", "A data subject asked for something.",
        PERSON, "request", right=Right, asker=Asker, channel=Channel, received_on=DATE, due_on=DATE),
    act("subject_request.changed", "What a data subject said was written down anew.", PERSON, "request"),
    act("subject_request.identified", "It is known who asks, by these means.", PERSON, "request", means=IdentityMeans),
    act("subject_request.searched", "Somebody looked for what is the data subject's.",
        PERSON, "request", found=COUNT, filters=SLUGS),
    act("subject_request.weighed", "The notice does not grant the right.", PERSON, "request", REFUSED, right=Right),
    act("subject_request.stated", "The data subject's statement stands with a recording (Art. 16).",
        PERSON, "request", recording=ID),
    act("subject_request.extended", "There is longer to answer (Art. 12(3)).", PERSON, "request", due_on=DATE),
    act("subject_request.answered", "A data subject was answered.", PERSON, "request", right=Right, days_late=COUNT),
    act("subject_request.refused", "A data subject was refused, on this ground.",
        PERSON, "request", right=Right, days_late=COUNT, ground=SLUG),
    act("subject_request.withdrawn", "A data subject took the request back.",
        PERSON, "request", right=Right, days_late=COUNT),
    act("message.told", "The controller's people were told something.",
        WORKER, "what it is about", message=ID, topic=SLUG, audience=SLUG),
    act("message.acknowledged", "Somebody has read a message.", PERSON, "message"),
    act("message.undelivered", "A message could not be brought to where it should go.",
        WORKER, "webhook or message", message=ID, channel=SLUG, outcome=SLUG),
    act("webhook.registered", "A webhook was registered.", PERSON, "webhook"),
    act("webhook.secret_renewed", "A webhook got another secret.", PERSON, "webhook"),
    act("webhook.enabled", "A webhook is posted to again.", PERSON, "webhook"),
    act("webhook.tested", "A webhook was tried.", PERSON, "webhook"),
    act("webhook.log_followed", "A webhook is brought the log, from after this event on.",
        PERSON, "webhook", after=Kind.BYTES),
    act("webhook.log_left", "A webhook is brought the log no more.", PERSON, "webhook"),
    act("webhook.ended", "A webhook is posted to no more.", PERSON, "webhook"),
    act("webhook.disabled", "A webhook did not answer for long, or is gone: it is posted to no more.",
        WORKER, "webhook", **{"for": SLUG}),
)
# fmt: on
