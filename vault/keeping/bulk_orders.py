"""What a bulk hold looks for may hold a number, so it is sealed under a key of its own until the holds are placed."""

from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from tenants.recordings import Kind
from vault.access.query import LIMIT_MOST, Query
from vault.custody.custody import Custody
from vault.custody.keys import KeyringError, ShredKeyId
from vault.custody.sealed import Header, Place, open_sealed, seal
from vault.errors import Altered


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a bulk hold: what to look for, and the note that each hold gets."""

    number: str | None = None
    agent_id: str | None = None
    service_number: str | None = None
    kinds: tuple[Kind, ...] = ()
    started_from: datetime | None = None
    started_before: datetime | None = None
    note: str | None = None

    def __repr__(self) -> str:
        """Nothing of it: a log line must not hold personal data."""
        return "Order(…)"


def order_of(query: Query, note: str | None) -> Order:
    """The order for what a search finds."""
    return Order(
        number=query.number,
        agent_id=query.agent_id,
        service_number=query.service_number,
        kinds=query.kinds,
        started_from=query.started_from,
        started_before=query.started_before,
        note=note,
    )


def query_of(order: Order) -> Query:
    """The search again, in the largest pages."""
    return Query(
        number=order.number,
        agent_id=order.agent_id,
        service_number=order.service_number,
        kinds=order.kinds,
        started_from=order.started_from,
        started_before=order.started_before,
        limit=LIMIT_MOST,
    )


def seal_order(custody: Custody, id: UUID, key_id: ShredKeyId, order: Order, now: datetime) -> bytes:
    """The order sealed; its key is made, so not on an event loop."""
    key, place = custody.keyring.shred_key(key_id, now=now), Place(key_id.tenant, id, "order")
    fresh = custody.keyring.new_data_key()
    header = Header(place, str(key_id), key.wrap(fresh, place), "application/json")
    return seal(fresh, header, msgspec.json.encode(order))


def open_order(custody: Custody, row: Record, now: datetime) -> Order:
    """The order of a row of `bulk_hold`. Raises Altered where it is not what was sealed."""
    place = Place(row["tenant_id"], row["id"], "order")
    try:
        key = custody.keyring.find(ShredKeyId.parse(row["tenant_id"], row["key_id"]), now=now)
        data_key = key.unwrap(Header.read(row["sealed_order"]).wrapped_key, place)
        return msgspec.json.decode(open_sealed(data_key, place, row["sealed_order"]), type=Order)
    except (KeyringError, ValueError) as error:
        raise Altered("What the bulk hold was ordered for is not what was stored.") from error
