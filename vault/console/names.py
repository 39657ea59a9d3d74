"""Who is behind an id that stands on a page, for those who may be told."""

from collections.abc import Mapping
from uuid import UUID

from tenants.decisions import Action
from vault.accounts import Caller
from vault.colleagues import colleagues
from vault.custody.database import PLATFORM


async def names_for(caller: Caller) -> Mapping[UUID, str]:
    """Names by id, as far as the caller has to do with people; an operator is told none of a controller's."""
    concerned = (Action.READ_RIGHTS, Action.REVIEW_RIGHTS, Action.BREAK_GLASS)
    if caller.tenant == PLATFORM or not any(map(caller.may, concerned)):
        return {}
    return {one.id: one.name for one in await colleagues(caller)}
