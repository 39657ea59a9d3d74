"""The acts of teams: who is in them and leads them decides whose calls are heard where the notice says so."""

from typing import Final

from tenants.events.words import Act, By, Kind, act
from tenants.teams import Backdating

BOTH = By.PERSON | By.MACHINE
ID, FLAG, MOMENT = Kind.ID, Kind.FLAG, Kind.MOMENT

# A table is read by its rows.
# fmt: off
TEAMS: Final[tuple[Act, ...]] = (
    act("team.made", "A team was made.", BOTH, "team"),
    act("team.changed", "A team got another name, or follows another group of the directory.", BOTH, "team"),
    act("team.ended", "A team ended; nobody leads it any more.", BOTH, "team"),
    act("team.joined", "An agent is in a team, or a member leads it, from a moment on.", BOTH, "team",
        membership=ID, member=ID, leads=FLAG, member_from=MOMENT, member_until=MOMENT,
        because=Backdating),
    act("team_membership.changed", "Another moment was recorded at which somebody's time in a team ends, or none.",
        BOTH, "team", membership=ID, member=ID, leads=FLAG, member_from=MOMENT, member_until=MOMENT,
        because=Backdating),
)
# fmt: on
