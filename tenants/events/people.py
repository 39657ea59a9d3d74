"""The acts of people and machines as such: who is let in, how they sign in, and what they may do."""

from typing import Final

from tenants.events.words import Act, Also, By, Kind, act
from tenants.vocabulary import SignInMethod

PERSON, MACHINE, WORKER, NOBODY = By.PERSON, By.MACHINE, By.WORKER, By.NOBODY
ID, COUNT, SLUG, SLUGS, MOMENT, FLAG = Kind.ID, Kind.COUNT, Kind.SLUG, Kind.SLUGS, Kind.MOMENT, Kind.FLAG

# A table is read by its rows.
# fmt: off
PEOPLE: Final[tuple[Act, ...]] = (
    act("controller.onboarded", "A controller's contract began, under the first version of its policy.",
        PERSON, "controller", policy_version=COUNT, region=SLUG, ends_on=Kind.DATE),
    act("member.invited", "Somebody was let in, with these roles; whoever did it saw the invitation, or not.",
        PERSON | WORKER, "member", roles=SLUGS, shown=FLAG),
    act("member.invited_again", "On the vault's own machine another invitation was made in place of a lost one.",
        WORKER, "member", shown=FLAG),
    act("operator.country_set", "The firm says that an operator works from another country.",
        WORKER, "member", before=SLUG, after=SLUG),
    act("member.deactivated", "Somebody may do nothing here any more.", PERSON | MACHINE | WORKER, "member"),
    act("invitation.redeemed", "Whoever was invited took the invitation up.",
        PERSON | MACHINE, None, method=SignInMethod),
    act("session.opened", "Somebody signed in.", PERSON, "session", method=SignInMethod),
    act("session.ended", "Somebody signed out, or ended another of their own sessions.", PERSON, "session"),
    act("session.refused", "Nobody was let in: the proof was wrong; of an account that is there, its member is named.",
        NOBODY, "member", Also.REFUSED, method=SignInMethod, reason=SLUG),
    act("password.changed", "Somebody chose another password; their sessions ended.", PERSON, "member"),
    act("code.enrolled", "Somebody set another authenticator app up; their sessions ended.", PERSON, "member"),
    act("recovery_codes.made", "Somebody got new recovery codes; the old ones are good no more.",
        PERSON, "member", codes=COUNT),
    act("passkey.added", "Somebody registered a passkey.", PERSON, "passkey"),
    act("passkey.named", "Somebody gave one of their passkeys another name.", PERSON, "passkey"),
    act("passkey.removed", "Somebody removed a passkey of their own; their sessions ended.", PERSON, "passkey"),
    act("account.given_back", "Two persons gave an account back: all that opened it ended.",
        PERSON, "member", proposal=ID),
    act("account.invited_again", "Somebody got another invitation, after a recovery or in place of a lost one.",
        PERSON, "member", shown=FLAG),
    act("credential.revoked", "A session or token was ended before its time.", PERSON | MACHINE, "credential"),
    act("token.issued", "A bearer token was made for a member.", PERSON | MACHINE, "token", scopes=SLUGS),
    act("token.replaced", "A token took over from another, which is good a while longer.",
        PERSON | MACHINE, "token", replaces=ID),
    act("request.refused", "Somebody signed in asked for what no role or token of theirs allows.",
        PERSON | MACHINE, None, Also.REFUSED, operation=SLUG, reason=SLUG),
)
# fmt: on
