"""What stands around a chat that is sent to whoever took part in it, in the controller's language."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

_SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "fi": "Chat-keskustelunne {day}: {controller}",
        "sv": "Er chattkonversation {day}: {controller}",
        "en": "Your chat of {day}: {controller}",
    }
)

_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "fi": "Tässä on chat-keskustelu, jonka valitsitte lähetettäväksi omaan sähköpostiinne.\n"
        "Rekisterinpitäjä: {controller}\n\n{chat}\n"
        "Viesti lähetetään kerran, eikä osoitettanne säilytetä sen jälkeen. Tähän viestiin ei voi vastata.\n",
        "sv": "Här är den chattkonversation som ni valde att få till er egen e-post.\n"
        "Personuppgiftsansvarig: {controller}\n\n{chat}\n"
        "Meddelandet skickas en gång, och er adress sparas inte efter det. Det går inte att svara på meddelandet.\n",
        "en": "This is the chat that you chose to have sent to your own e-mail.\n"
        "Controller: {controller}\n\n{chat}\n"
        "It is sent once, and your address is not kept after that. Nobody reads answers to this message.\n",
    }
)


def subject(language: str, *, controller: str, at: datetime, time_zone: str) -> str:
    """The letter's subject: which chat, of which day, with whom."""
    local = at.astimezone(ZoneInfo(time_zone))
    day = f"{local.day}.{local.month}.{local.year}" if language != "en" else f"{local:%Y-%m-%d}"
    return _SUBJECTS[language].format(day=day, controller=controller)


def text(language: str, *, controller: str, chat: str) -> str:
    """The letter, with the chat in it as it stands."""
    # What was said is put in last: it may hold braces.
    before, after = _TEXTS[language].split("{chat}")
    return before.format(controller=controller) + chat + after
