"""The audit log, for the controller's DPO and administrator: events in order, and the root that binds them."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from tenants.decisions import Action
from vault.api.dependencies import FromCaller
from vault.colleagues import names
from vault.errors import NotFound
from vault.evidence import events, head


class EventView(Struct, frozen=True, kw_only=True):
    """One event: its number, the canonical JSON that was hashed (null once it was erased), and its leaf hash (hex)."""

    seq: int
    body: str | None
    hash: str


class EventPage(Struct, frozen=True, kw_only=True):
    """Events in order; `next` is the `after` of the next page, or null where the log ends."""

    items: list[EventView]
    next: int | None


class HeadView(Struct, frozen=True, kw_only=True):
    """How many events there are, and the root of the tree over all of them (hex); `log` is whose files they are in."""

    log: UUID
    seq: int
    hash: str


class ActorView(Struct, frozen=True, kw_only=True):
    """Whoever did something, by name."""

    id: UUID
    name: str

    def __repr__(self) -> str:
        """Without the name."""
        return f"ActorView(id={self.id!r}, …)"


@get("/audit/events", operation_id="list_audit_events", opt={"action": Action.READ_AUDIT})
async def list_events(
    caller: FromCaller,
    after: Annotated[int, QueryParameter(ge=0)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> EventPage:
    """Events after a number. Event `n` is the entry of index `n - 1`: `hash` is SHA-256(0x00 || body), as RFC 6962."""
    page = await events(caller, after=after, limit=limit)
    items = [EventView(**event) for event in page]
    return EventPage(items=items, next=items[-1].seq if len(items) == limit else None)


@get("/audit/head", operation_id="read_audit_head", opt={"action": Action.READ_AUDIT})
async def read_head(caller: FromCaller) -> HeadView:
    """The end of the log as it stands."""
    end = await head(caller)
    return HeadView(log=caller.tenant, seq=end.seq, hash=end.hash.hex())


@get("/audit/actors/{member_id:uuid}", operation_id="read_actor", opt={"action": Action.READ_AUDIT})
async def read_actor(member_id: FromPath[UUID], caller: FromCaller) -> ActorView:
    """What the member is called whose id stands in an event, also after they left."""
    known = await names(caller, [member_id], reading=Action.READ_AUDIT)
    if member_id not in known:
        raise NotFound
    return ActorView(id=member_id, name=known[member_id])


router = Router(path="/v1", tags=["audit"], route_handlers=[list_events, read_head, read_actor])
