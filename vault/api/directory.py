"""What an administrator says of the controller's directory: which roles its groups stand for."""

from uuid import UUID

import msgspec
from litestar import Router, get, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.api.dependencies import FromCaller, InCustody
from vault.identity import mapping


class GroupRoles(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The roles that everybody in a group has; none for a group that stands for nothing here.

    `reason`: why, where another administrator has to confirm it: the group would make administrators or DPOs.
    """

    roles: list[Role]
    reason: str | None = None


class DirectoryGroupView(Struct, frozen=True, kw_only=True):
    """A group of the directory's, how many are in it, and what it stands for.

    With `proposal` it does not stand for what was asked before another administrator has confirmed it.
    """

    id: UUID
    name: str
    members: int
    roles: list[str]
    proposal: UUID | None = None


@get("/groups", operation_id="list_directory_groups", opt={"action": Action.MANAGE_SIGN_IN})
async def list_groups(custody: InCustody, caller: FromCaller) -> list[DirectoryGroupView]:
    """The groups that the directory brought."""
    return [_view(group) for group in await mapping.mapped(custody, caller)]


@put("/groups/{group_id:uuid}", operation_id="map_directory_group", opt={"action": Action.MANAGE_SIGN_IN})
async def map_group(
    group_id: FromPath[UUID], data: JSONBody[GroupRoles], custody: InCustody, caller: FromCaller
) -> DirectoryGroupView:
    """Say what roles a group stands for; whoever is in it has them at once."""
    return _view(await mapping.map_group(custody, caller, group_id, data.roles, reason=data.reason))


def _view(group: mapping.MappedGroup) -> DirectoryGroupView:
    return msgspec.convert(group, DirectoryGroupView, from_attributes=True)


router = Router(
    path="/v1/directory",
    tags=["sign-in"],
    route_handlers=[list_groups, map_group],
)
