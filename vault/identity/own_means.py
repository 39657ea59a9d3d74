"""By which means somebody may sign in, and which of them they have set up: without any secret."""

from dataclasses import dataclass
from datetime import datetime

from tenants.vocabulary import SignInMethod
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.custody.database import DB, tenant_scope
from vault.identity.methods import held_by, methods_for


@dataclass(frozen=True, kw_only=True)
class Means:
    """What is open to the caller, since when they have a password and an app, and how many recovery codes are left."""

    methods: tuple[SignInMethod, ...]
    password_since: datetime | None
    app_since: datetime | None
    codes_left: int


async def means(custody: Custody, caller: Caller) -> Means:
    """What the caller signs in with."""
    async with tenant_scope(caller.tenant):
        held = await held_by(caller.tenant, now=custody.clock.now())
        found = await DB.fetch(
            "SELECT (SELECT max(created_at) FROM credential WHERE member_id = $1 AND kind = 'password'"
            " AND revoked_at IS NULL) AS password_since,"
            " (SELECT max(confirmed_at) FROM code_secret WHERE member_id = $1) AS app_since,"
            " (SELECT count(*) FROM recovery_code WHERE member_id = $1 AND used_at IS NULL) AS codes_left",
            caller.id,
        )
    return Means(methods=methods_for(held, caller.person.roles), **dict(found[0]))
