"""The acts of a controller's own directory: its identity provider, the people and groups that it brings."""

from typing import Final

from tenants.events.words import Act, By, Kind, act

PERSON, MACHINE = By.PERSON, By.MACHINE
ID, COUNT, SLUG, SLUGS = Kind.ID, Kind.COUNT, Kind.SLUG, Kind.SLUGS

# A table is read by its rows.
# fmt: off
FEDERATION: Final[tuple[Act, ...]] = (
    act("identity_provider.set", "Two persons set the provider by which the controller's people sign in.",
        PERSON, "provider", authentication=SLUG, proposal=ID),
    act("identity_provider.removed", "Nobody signs in by the controller's provider any more.", PERSON, "provider"),
    act("identity.linked", "The provider vouched for a member for the first time, by this means.",
        PERSON, "member", by=SLUG),
    act("identity.unlinked", "The provider vouches for a member no more, until it does so anew.", PERSON, "member"),
    act("sessions.ended", "The provider ended all sessions of a member (back-channel logout).", PERSON, "member"),
    act("member.provisioned", "The directory let somebody in.", MACHINE, "member"),
    act("member.changed", "The directory says something else of somebody: which of it, and not what.",
        MACHINE, "member", fields=SLUGS),
    act("member.activated", "The directory let somebody back in whom it had stopped.", MACHINE, "member"),
    act("member.deprovisioned", "The directory let somebody go.", MACHINE, "member"),
    act("member.roles_changed", "Somebody has other roles: by the directory, the provider's claims or a review.",
        PERSON | MACHINE | By.WORKER, "member", before=SLUGS, after=SLUGS),
    act("group.provisioned", "The directory made a group.", MACHINE, "group", members=COUNT),
    act("group.changed", "Members came into a group of the directory's, or went.", MACHINE, "group",
        added=COUNT, removed=COUNT),
    act("group.removed", "The directory dropped a group.", MACHINE, "group"),
    act("group.mapped", "An administrator said what roles a group of the directory's stands for.",
        PERSON, "group", roles=SLUGS),
)
# fmt: on
