"""The acts by which those who have power are watched: broken glass, support from outside, reviews of rights, volume."""

from typing import Final

from tenants.events.words import Act, Also, By, Kind, act
from tenants.oversight import Measure
from tenants.vocabulary import Role, Safeguard

PERSON, WORKER = By.PERSON, By.WORKER
CLAUSE, REFUSED = Also.CLAUSE, Also.REFUSED
ID, COUNT, SLUG, DATE, MOMENT, FLAG = Kind.ID, Kind.COUNT, Kind.SLUG, Kind.DATE, Kind.MOMENT, Kind.FLAG

# A table is read by its rows.
# fmt: off
OVERSEEING: Final[tuple[Act, ...]] = (
    act("glass.broken", "Maintenance or security opened content in need, for minutes; a second person was told.",
        PERSON, "broken glass", CLAUSE | REFUSED, told=ID, until=MOMENT),
    act("glass.ended", "Somebody ended it before its minutes were over.", PERSON, "broken glass"),
    act("glass.reviewed", "Somebody else said whether breaking the glass was justified.",
        PERSON, "broken glass", justified=FLAG),
    act("support.admitted", "An operator from outside of the EEA was let in for a time, under a safeguard.",
        PERSON, "support", CLAUSE | REFUSED, operator=ID, safeguard=Safeguard, until=MOMENT),
    act("support.ended", "Support from outside of the EEA was ended before its time.", PERSON, "support"),
    act("support.acted", "An operator from outside of the EEA asked something of this controller's.",
        PERSON, "support", operation=SLUG, status=COUNT),
    act("rights_review.opened", "A review of all rights began.",
        PERSON | WORKER, "review of rights", rights=COUNT, last_day=DATE),
    act("right.confirmed", "A right is still needed.",
        PERSON, "line of a review of rights", member=ID, role=Role, token=ID),
    act("right.removed", "A right is not needed any more, or nobody confirmed it in time.",
        PERSON | WORKER, "line of a review of rights", member=ID, role=Role, token=ID),
    act("right.kept", "Nobody confirmed the last administrator, who stays all the same: somebody must look.",
        WORKER, "line of a review of rights", member=ID, role=Role),
    act("rights_review.closed", "A review of all rights is over, and its record is signed.",
        PERSON | WORKER, "review of rights", confirmed=COUNT, removed=COUNT, kept=COUNT, sha256=Kind.DIGEST),
    act("member.superior_named", "Who confirms a member's rights.", PERSON, "member", superior=ID),
    act("volume.flagged", "One of the staff listened, or searched and read, far more than is their habit.",
        WORKER, "unusual volume", member=ID, measure=Measure, span=SLUG, accesses=COUNT, usual=COUNT, threshold=COUNT),
    act("volume.closed", "The DPO has looked into it.", PERSON, "unusual volume", member=ID),
    act("volume.reopened", "What the DPO had closed went on: it waits for the DPO again.",
        WORKER, "unusual volume", member=ID, measure=Measure, span=SLUG, accesses=COUNT, usual=COUNT, threshold=COUNT),
)
# fmt: on
