"""An invitation for nobody else's eyes is made with the letter that brings it, and kept as a digest like any other.

Nobody can look it up to send it again: each attempt makes another one, and the one before is good no more. So each
letter has an id of its own: no mail server takes the newer one for a copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from tenants.policy import Policy
from vault.credentials import has_a_way_in, replace_invitation
from vault.custody.custody import Custody
from vault.custody.database import tenant_scope
from vault.emailing import Letter
from vault.telling.words import spoken

AT: Final = "/invitation"
"""Where it is taken up; behind the # it stays in the browser, so that no log of a server holds it."""

_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "fi": (
            "Kutsu: {controller}, tallenneholvi",
            "{controller} on kutsunut teidät tallenneholvin käyttäjäksi. Ottakaa kutsu käyttöön täällä:\n\n{link}\n\n"
            "Jos linkki ei toimi, liittäkää tämä osoitteessa {page}:\n\n{secret}\n\n"
            "Kutsu on voimassa {until} asti ja toimii kerran. Kirjautuessa kysytään rekisterinpitäjän lyhytnimeä,"
            " joka on {slug}. Kutsu lähetettiin vain teille: älkää antako sitä muille."
            " Jos ette tiedä, mistä on kyse, kertokaa siitä tietosuojavastaavalle.\n",
        ),
        "sv": (
            "Inbjudan: {controller}, inspelningsvalvet",
            "{controller} har bjudit in er att använda inspelningsvalvet. Ta i bruk inbjudan här:\n\n{link}\n\n"
            "Om länken inte fungerar kan den klistras in på {page}:\n\n{secret}\n\n"
            "Inbjudan gäller till {until} och fungerar en gång. Vid inloggningen frågas efter den"
            " personuppgiftsansvariges kortnamn, som är {slug}. Inbjudan sändes bara till er: ge den inte till någon."
            " Om ni inte vet vad det gäller, berätta det för dataskyddsombudet.\n",
        ),
        "en": (
            "Invitation: {controller}, the recording vault",
            "{controller} has invited you to the recording vault. Take the invitation up here:\n\n{link}\n\n"
            "Where the link does not work, paste this at {page}:\n\n{secret}\n\n"
            "It is good until {until}, and once. Sign-in asks for the controller's short name, which is {slug}. The"
            " invitation was sent to you alone: give it to nobody. If you do not know what"
            " this is about, tell the data protection officer.\n",
        ),
    }
)
"""Subject and text, by language."""


@dataclass(frozen=True, kw_only=True)
class Invited:
    """Who is written to."""

    tenant: UUID
    member: UUID
    address: str = field(repr=False)


async def invitation(custody: Custody, policy: Policy, invited: Invited, *, at: datetime) -> Letter | None:
    """A letter with a new invitation; None where the account has an owner by now.

    Args:
        at: the moment that the letter bears.
    """
    async with tenant_scope(invited.tenant):
        if await has_a_way_in(invited.member):
            return None
        issued = await replace_invitation(invited.tenant, invited.member, now=custody.clock.now())
    if issued.expires_at is None:
        raise RuntimeError("Every invitation ends.")
    language, page = spoken(policy.languages), f"{custody.origin}{AT}"
    subject, text = _WORDS[language]
    said = {
        "controller": policy.controller.name,
        "slug": policy.slug,
        "page": page,
        "link": f"{page}#{issued.secret}",
        "secret": issued.secret,
        "until": issued.expires_at.astimezone(ZoneInfo(policy.time_zone)).date().isoformat(),
    }
    subject, text = subject.format(**said), text.format(**said)
    return Letter(id=issued.id, to=invited.address, subject=subject, text=text, language=language, at=at)
