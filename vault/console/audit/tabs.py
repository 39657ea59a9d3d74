"""The pages of the log, for whoever may see each."""

from typing import Final

from tenants.decisions import Action
from vault.accounts import Caller
from vault.console.language import mark

TABS: Final = (
    ("/audit", mark("Events"), Action.READ_AUDIT),
    ("/audit/export", mark("Export"), Action.READ_AUDIT),
    ("/audit/verify", mark("Verify"), Action.READ_LOG),
    ("/audit/witnesses", mark("Witnesses"), Action.READ_LOG),
    ("/audit/streams", mark("Webhooks and streams"), Action.MANAGE_WEBHOOKS),
    ("/messages", mark("Messages"), Action.READ_MESSAGES),
)


def tabs(caller: Caller) -> list[tuple[str, str]]:
    """Address and word of each page that the caller may see."""
    return [(at, word) for at, word, action in TABS if caller.may(action)]
