"""How the vault is, as a page that keeps up with it while somebody looks."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from litestar import Response, get
from litestar.plugins.htmx import HTMXRequest

from tenants.decisions import Action
from vault.api.dependencies import FromCaller, InCustody
from vault.console.language import mark
from vault.console.rendering import page, piece
from vault.health import CATALOGUE, KEYRING, OBJECTS, VALKEY, look

PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        CATALOGUE: mark("Catalogue (PostgreSQL)"),
        VALKEY: mark("Broker and sessions (Valkey)"),
        OBJECTS: mark("Object store"),
        KEYRING: mark("Keyring and root key"),
    }
)
LEADS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "schedule": mark("What is due is asked for"),
        "log": mark("The logs are sealed and signed"),
        "log copy": mark("The logs are copied into the store"),
    }
)
BACKUPS: Final[Mapping[str, str]] = MappingProxyType({"catalogue": mark("Catalogue"), "keyring": mark("Keyring")})


@get("/health", opt={"action": Action.READ_HEALTH})
async def show_health(request: HTMXRequest, custody: InCustody, caller: FromCaller) -> Response[str]:
    """Parts, workers, queues, what is behind, what was last done against loss."""
    health = await look(custody, caller)
    told: dict[str, Any] = {
        "health": health,
        "now": health.at,
        "part_words": PARTS,
        "lead_words": LEADS,
        "taken": {one.of: one for one in health.backups} if health.backups is not None else None,
        "backup_words": BACKUPS,
    }
    if request.htmx:
        return piece(request, "health/_facts.html", **told)
    return page(request, "health/health.html", **told)
