"""The acts by which anybody learns anything of a recording, and those of the log itself."""

from typing import Final

from tenants.events.words import Act, Also, By, Kind, act
from tenants.vocabulary import RestrictedUse

PERSON, MACHINE, WORKER = By.PERSON, By.MACHINE, By.WORKER
PURPOSE, CLAUSE, REFUSED = Also.PURPOSE, Also.CLAUSE, Also.REFUSED
ID, COUNT, SLUG, SLUGS, FLAG = Kind.ID, Kind.COUNT, Kind.SLUG, Kind.SLUGS, Kind.FLAG

# A table is read by its rows.
# fmt: off
ACCESS: Final[tuple[Act, ...]] = (
    act("recordings.searched", "Somebody looked for recordings; by which filters is told, by which values is not.",
        PERSON, None, REFUSED, filters=SLUGS, found=COUNT, continued=FLAG, glass=ID),
    act("recording.described", "Somebody read what a recording is, without its content.",
        PERSON, "recording", PURPOSE | REFUSED, glass=ID),
    act("access.opened", "A recording was opened to one person, for one purpose and a few minutes.",
        PERSON, "recording", PURPOSE | REFUSED, access=ID, restricted_use=RestrictedUse, disclosure=ID, glass=ID),
    act("access.used", "The first of what was opened was heard or read.",
        PERSON, "recording", PURPOSE | REFUSED, access=ID, restricted_use=RestrictedUse, disclosure=ID, glass=ID),
    act("access.ended", "An access was ended before its minutes were over.",
        PERSON, "recording", PURPOSE, access=ID, glass=ID),
    act("note.added", "Somebody noted something at a moment of a recording; what, is told nowhere.",
        PERSON, "recording", REFUSED, note=ID),
    act("note.removed", "Somebody took back a note of theirs.", PERSON, "recording", REFUSED, note=ID),
    act("note.read", "Somebody read what was noted of a recording; what that is, is told nowhere.",
        PERSON, "recording", PURPOSE, notes=COUNT),
    act("part.found_altered", "What the store gave back is not what was stored; nothing of it was shown.",
        PERSON | MACHINE, "recording", part=SLUG, cause=Kind.FAULT),
    act("recording.listens_read", "Somebody read when and why a recording was listened to, and with `staff` by whom.",
        PERSON, "recording", listens=COUNT, staff=FLAG),
    act("audit.searched", "Somebody searched this log; by which filters is told.", PERSON, filters=SLUGS, found=COUNT),
    act("audit.exported", "Somebody took events of this log out.", PERSON, form=SLUG, until=COUNT),
    act("audit.pruned", "What was told before the policy's time is erased; its hashes stay and prove the rest.",
        WORKER, None, CLAUSE, before=Kind.MOMENT, events=COUNT),
    act("witness.registered", "Signatures of a witness are taken under checkpoints of this log.", PERSON, "witness"),
    act("witness.ended", "Signatures of a witness are taken no more.", PERSON, "witness"),
)
# fmt: on
