"""The acts by which recordings come, are kept, and go; and those of contracts, policies, keys and the store."""

from typing import Final

from tenants.events.words import Act, Also, By, Kind, act
from tenants.notices import NoticeKind
from tenants.recordings import Kind as Recorded
from tenants.vocabulary import HoldReason, RestrictionGround

PERSON, MACHINE, WORKER = By.PERSON, By.MACHINE, By.WORKER
CLAUSE, REFUSED = Also.CLAUSE, Also.REFUSED
ID, COUNT, SLUG, SLUGS, DATE, MOMENT = Kind.ID, Kind.COUNT, Kind.SLUG, Kind.SLUGS, Kind.DATE, Kind.MOMENT
TALLY, FLAG, DIGEST, KEY = Kind.TALLY, Kind.FLAG, Kind.DIGEST, Kind.KEY
FOUND = (
    "unknown_recording", "rows_behind", "unknown_object", "other_version", "stray_version", "delete_marker",
    "stray_piece", "superseded_copy", "remains", "missing_object", "unfinished_upload", "stands_without_key",
    "key_missing", "unused_hold_key", "rotten",
)  # fmt: skip
"""What a round of reconciliation counts, by kind."""

# A table is read by its rows.
# fmt: off
KEEPING: Final[tuple[Act, ...]] = (
    act("recording.received", "A recording arrived whole and is kept.",
        MACHINE, "recording", kind=Recorded, bytes=Kind.BYTES, parts=SLUGS, policy_version=COUNT),
    act("recording.refused", "A recording was not taken, by these rules; nothing of it is kept.",
        MACHINE, "upload", REFUSED, rules=SLUGS),
    act("upload.terminated", "An unfinished upload was given up by who sent it.", MACHINE, "upload"),
    act("upload.swept", "An unfinished upload whose time was over was removed.", WORKER, "upload"),
    act("hold.placed", "A recording is kept beyond its day.",
        PERSON | WORKER, "recording", REFUSED, hold=ID, reason=HoldReason, until=MOMENT, bulk=ID),
    act("hold.released", "A hold was ended by somebody.",
        PERSON | WORKER, "recording", hold=ID, reason=HoldReason, disclosure=ID),
    act("hold.lapsed", "A hold came to its date.", WORKER, "recording", hold=ID, reason=HoldReason),
    act("restriction.placed", "A recording is stored and not used (Art. 18).",
        PERSON | WORKER, "recording", REFUSED, restriction=ID, ground=RestrictionGround, until=MOMENT),
    act("restriction.lifted", "A restriction was ended by somebody.",
        PERSON | WORKER, "recording", restriction=ID, ground=RestrictionGround),
    act("restriction.lapsed", "A restriction came to its date.",
        WORKER, "recording", restriction=ID, ground=RestrictionGround),
    act("restriction.subject_told", "The data subject was told that a restriction ends (Art. 18(3)).",
        PERSON, "recording", restriction=ID, ground=RestrictionGround),
    act("bulk_hold.ordered", "All that a search finds is to be held.",
        PERSON, "bulk hold", reason=HoldReason, filters=SLUGS),
    act("bulk_hold.placed", "A bulk hold has come to its end.",
        PERSON, "bulk hold", total=COUNT, held=COUNT, failed=COUNT, released=COUNT),
    act("bulk_hold.released", "All of a bulk hold is released.",
        PERSON, "bulk hold", total=COUNT, held=COUNT, failed=COUNT, released=COUNT),
    act("destruction.started", "A destruction began.", WORKER, "destruction", reason=SLUG),
    act("retention.expired", "What came to its day was destroyed.",
        WORKER, "destruction", recordings=COUNT, parts=COUNT, merkle_root=DIGEST, keys=COUNT),
    act("contract.destroyed", "Everything of a contract was destroyed.",
        WORKER, "destruction", recordings=COUNT, parts=COUNT, merkle_root=DIGEST, keys=COUNT),
    act("order.carried_out", "What two persons ordered was destroyed.",
        WORKER, "destruction", recordings=COUNT, parts=COUNT, merkle_root=DIGEST, keys=COUNT),
    act("policy_change.carried_out", "What a shorter promise lets go was destroyed.",
        WORKER, "destruction", recordings=COUNT, parts=COUNT, merkle_root=DIGEST, keys=COUNT),
    act("restored.destroyed_again", "What a restored backup brought back was destroyed again.",
        WORKER, "destruction", recordings=COUNT, parts=COUNT, merkle_root=DIGEST, keys=COUNT),
    act("restored.hold_released_again", "A hold that a restored backup brought back was released again.",
        WORKER, "recording"),
    act("retention.unfinished", "Something that was due would not go; it is tried again.",
        WORKER, "destruction", due=COUNT, done=COUNT, failed=COUNT, failures=Kind.FAULTS, blocked=TALLY, alarm=FLAG),
    act("retention.alarm", "Something that was due has not gone for long: somebody must look.",
        WORKER, "destruction", due=COUNT, done=COUNT, failed=COUNT, failures=Kind.FAULTS, blocked=TALLY, alarm=FLAG),
    act("retention.day_closed", "A day is over, and this is how it ended.",
        WORKER, None, day=DATE, nothing_due_since=DATE, state=SLUG, due=COUNT, done=COUNT, failed=COUNT, kept=COUNT,
        blocked=TALLY),
    act("contract.end_moved", "Two persons gave the contract another last day.",
        PERSON, "contract", ends_on=DATE, instead_of=DATE, proposal=ID),
    act("contract.unfinished", "At a contract's end something would not go; it is tried again.",
        WORKER, "destruction", why=Kind.FAULT),
    act("contract.restored", "A restored backup brought an ended contract back; it is ended again.",
        WORKER, "contract"),
    act("notice.given", "The controller was told that its contract ends.",
        WORKER, "contract", kind=NoticeKind, days=COUNT, late=FLAG),
    act("notice.acknowledged", "Somebody has read that the contract ends.", PERSON, "notice"),
    act("return.recipient_registered", "Two persons named to whom everything is returned.",
        PERSON, "recipient", destination=SLUG, key_sha256=DIGEST, proposal=ID),
    act("return.started", "The return began.", WORKER, "contract"),
    act("return.ready", "Everything is packed for the return.",
        WORKER, "recipient", manifest_sha256=DIGEST, archives=COUNT, recordings=COUNT, damaged=COUNT),
    act("return.archive_fetched", "An archive of the return was fetched.", PERSON, "contract", archive=COUNT),
    act("return.confirmed", "The controller confirmed that it has everything.",
        PERSON, "contract", manifest_sha256=DIGEST),
    act("return.waived", "Two persons waived the return.", PERSON, "contract", proposal=ID),
    act("policy.published", "Two persons published a version of the policy.",
        PERSON, "proposal", version=COUNT, effective_from=DATE, sha256=DIGEST),
    act("proposal.made", "One person proposed what takes two.", PERSON, "proposal", action=SLUG, object=ID),
    act("proposal.approved", "A second person approved it.", PERSON, "proposal", action=SLUG, object=ID),
    act("proposal.rejected", "A second person refused it.", PERSON, "proposal", action=SLUG, object=ID),
    act("proposal.withdrawn", "Whoever proposed it took it back.", PERSON, "proposal", action=SLUG, object=ID),
    act("proposal.lapsed", "Nobody decided in time.", WORKER, "proposal", action=SLUG),
    act("proposal.refused", "What was approved could not be done any more.",
        WORKER, "proposal", action=SLUG, rule=SLUG),
    act("proposal.carried_out", "What was approved is done.", PERSON | WORKER, "proposal", action=SLUG, object=ID),
    act("key.retired", "Keys are replaced; what they wrap moves on.", WORKER, "cause", keys=COUNT, first=KEY),
    act("key.destroyed", "A replaced key wraps nothing any more and is destroyed.", WORKER, "cause", key=KEY),
    act("root_key.rotated", "Every tenant key was wrapped under a new root key.", WORKER, None, keys=COUNT),
    act("tenant_key.rotated", "A controller's keys were wrapped under a new tenant key.", WORKER, None, keys=COUNT),
    act("part.missing", "The store has not what the catalogue speaks of.", WORKER, "recording", round=ID),
    act("key.missing", "A key is missing that a recording is kept under.", WORKER, "recording", round=ID),
    act("integrity.failed", "What is stored is not what was stored.", WORKER, "recording", round=ID),
    act("reconciliation.removed", "What no row speaks of was removed from the store.",
        WORKER, "round", **dict.fromkeys(FOUND, COUNT)),
    act("recording.adopted", "A recording that only the store still knew is in the catalogue again.",
        WORKER, "recording", parts=COUNT),
    act("catalogue.restored", "The catalogue was restored from a backup.", WORKER, "controller", taken_at=MOMENT),
    act("log.taken_back", "What a restored or rebuilt catalogue lacked of the log was taken back from the store.",
        WORKER, None, events=COUNT, size=COUNT),
    act("controller.entered_again", "A controller that only the store still knew is in the catalogue again.",
        WORKER, "controller", copied_at=MOMENT),
)
# fmt: on
