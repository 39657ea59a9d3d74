"""A cursor names the last line of a page, and is good for the query, the controller and the person it was given for."""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from vault.access.query import Query
from vault.accounts import Caller
from vault.custody.custody import Custody
from vault.errors import FieldProblem, Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POSITION = 8 + 16
_MAC = 16


class Position(NamedTuple):
    """Where a page ended: results are in the order of these two, newest first."""

    started_at: datetime
    id: UUID


def write_cursor(custody: Custody, caller: Caller, query: Query, position: Position) -> str:
    """The opaque text that continues after a position."""
    microseconds = (position.started_at - _EPOCH) // timedelta(microseconds=1)
    encoded = microseconds.to_bytes(8, "big", signed=True) + position.id.bytes
    return base64.urlsafe_b64encode(encoded + _mac(custody, caller, query, encoded)).decode()


def read_cursor(custody: Custody, caller: Caller, query: Query) -> Position | None:
    """Where the query is to go on; None at its beginning.

    Raises:
        Invalid: the cursor is not one that this person was given for this query.
    """
    if query.cursor is None:
        return None
    try:
        decoded = base64.b64decode(query.cursor.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _foreign() from None
    encoded, mac = decoded[:_POSITION], decoded[_POSITION:]
    if not hmac.compare_digest(mac, _mac(custody, caller, query, encoded)):
        raise _foreign()
    microseconds = int.from_bytes(encoded[:8], "big", signed=True)
    return Position(_EPOCH + timedelta(microseconds=microseconds), UUID(bytes=encoded[8:]))


def _mac(custody: Custody, caller: Caller, query: Query, encoded: bytes) -> bytes:
    bound = f"{caller.id} {encoded.hex()} {query.filters()}"
    return custody.keyring.tenant_index(caller.tenant, "search-cursor", bound)[:_MAC]


def _foreign() -> Invalid:
    rule = FieldProblem("cursor", "cursor", "Give the cursor as it was answered, with the same search.")
    return Invalid("The cursor does not belong to this search.", [rule])
