"""When somebody who decides comes into their account, or into it in another way, the controller hears of it at once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from tenants.four_eyes import is_second_person
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic


async def tell_taken_up(tenant: UUID, member: UUID, roles: Collection[str], *, now: datetime) -> None:
    """Tell both mailboxes that an administrator's or DPO's account was taken up, in the controller's open scope.

    Whoever made an invitation may have taken it up themselves: those who know the person are asked to look.
    """
    if is_second_person(roles):
        await tell(tenant, Topic.ACCOUNT_TAKEN_UP, member, audience=Audience.BOTH, now=now)


async def tell_changed(tenant: UUID, member: UUID, what: str, *, now: datetime) -> None:
    """Tell the DPO what of somebody's account was changed, in the controller's open scope.

    Args:
        what: a slug: `unlinked`, `email`, `external_id` or `role`.
    """
    await tell(tenant, Topic.ACCOUNT_CHANGED, member, audience=Audience.DPO, now=now, details={"what": what})
