"""Whom one has to do with, by name."""

from uuid import UUID

from litestar import Router, get
from msgspec import Struct

from tenants.decisions import Action
from tenants.vocabulary import Role
from vault.api.dependencies import FromCaller
from vault.colleagues import Colleague, colleagues
from vault.disclosure.persons import concerned


class ColleagueView(Struct, frozen=True, kw_only=True):
    """Somebody of the controller's; inactive once they were stopped."""

    id: UUID
    name: str
    roles: list[Role]
    active: bool


@get(
    "/colleagues",
    operation_id="list_colleagues",
    opt={"action": (Action.READ_RIGHTS, Action.REVIEW_RIGHTS, Action.BREAK_GLASS)},
)
async def list_colleagues(caller: FromCaller) -> list[ColleagueView]:
    """Everybody, for whoever reads rights; for others those whom they review, and whom they tell of breaking glass."""
    return [_view(one) for one in await colleagues(caller)]


@get("/disclosures/colleagues", operation_id="list_concerned", opt={"action": Action.READ_DISCLOSURES})
async def list_concerned(caller: FromCaller) -> list[ColleagueView]:
    """The active people who ask for disclosures, decide on them, or may be named to receive one."""
    return [_view(one) for one in await concerned(caller)]


def _view(one: Colleague) -> ColleagueView:
    return ColleagueView(id=one.id, name=one.name, roles=sorted(one.roles), active=one.active)


router = Router(path="/v1", tags=["accounts"], route_handlers=[list_colleagues, list_concerned])
