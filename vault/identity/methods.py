"""By which means somebody may sign in: the notice's list for the controller's own people."""

from datetime import datetime
from uuid import UUID

from tenants.vocabulary import Role, SignInMethod
from vault.custody.database import PLATFORM, narrow, platform_scope
from vault.custody.register import Tenancy, tenancy
from vault.custody.tables import Controller
from vault.errors import NotFound, RefusedByPolicy

LOCAL = (SignInMethod.PASSKEY, SignInMethod.PASSWORD_AND_CODE)
"""What the vault itself sees to: for the firm's operators, and for people of outside, of whom no notice speaks."""


def methods_for(held: Tenancy | None, roles: frozenset[Role] | None = None) -> tuple[SignInMethod, ...]:
    """The methods open to somebody with these roles; without roles, to the controller's people at large.

    An administrator may always use a passkey: who sets the provider up comes before it, and when it fails.
    """
    if held is None or roles == frozenset({Role.RECIPIENT}):
        return LOCAL
    allowed = held.policy.access.sign_in
    if roles and Role.ADMINISTRATOR in roles and SignInMethod.PASSKEY not in allowed:
        return (*allowed, SignInMethod.PASSKEY)
    return allowed


def require_method(method: SignInMethod, held: Tenancy | None, roles: frozenset[Role]) -> None:
    """Raises RefusedByPolicy where the notice lets nobody in by this means; only said to who has proven themselves."""
    if method not in methods_for(held, roles):
        spoken = method.replace("_", " ")
        raise RefusedByPolicy(f"The controller's people do not sign in by {spoken} here.", rule="access.sign_in")


async def held_by(tenant: UUID, *, now: datetime) -> Tenancy | None:
    """The controller in the open scope; None for the firm itself, and where there is none any more."""
    if tenant == PLATFORM:
        return None
    try:
        return await tenancy(tenant, at=now)
    except NotFound:
        return None


async def controllers_methods(slug: str, *, now: datetime) -> tuple[SignInMethod, ...]:
    """What stands at the door of a controller; the same as at the firm's where there is none of this name."""
    async with platform_scope():
        found = (
            await Controller.select(Controller.id)
            .where(Controller.slug == slug)
            .order_by(Controller.onboarded_at, ascending=False)
        )
        tenant = found[0]["id"] if found else PLATFORM
        await narrow(tenant)
        return methods_for(await held_by(tenant, now=now))
