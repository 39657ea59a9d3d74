"""A copy of rows opens under its own key and in its own place, and nowhere else."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from vault.custody import copies
from vault.custody.keys import ShredKey, ShredKeyId
from vault.custody.sealed import DataKey, Place, SealedInvalid

TENANT, RECORDING = uuid4(), uuid4()
DAY = datetime(2027, 5, 1, tzinfo=UTC)
PLACE = Place(TENANT, RECORDING, copies.RECORD, copies.VERSION)


def key(part_class: str) -> ShredKey:
    return ShredKey(bytes(range(32)), ShredKeyId(TENANT, part_class, DAY))


def test_a_copy_opens_where_it_was_sealed() -> None:
    sealed = copies.seal_copy(key("content"), DataKey(bytes(32)), PLACE, b"rows")
    assert copies.open_copy(key("content"), PLACE, sealed) == b"rows"
    with pytest.raises(SealedInvalid):
        copies.open_copy(key("contact"), PLACE, sealed)
    with pytest.raises(SealedInvalid):
        copies.open_copy(key("content"), Place(TENANT, uuid4(), copies.RECORD, copies.VERSION), sealed)


def test_copies_lie_under_the_key_that_they_go_with() -> None:
    assert copies.record_key("content/20270501T0000Z", RECORDING) == f"content/20270501T0000Z/{RECORDING}/record"
    assert copies.tenancy_key(TENANT) == f"tenancy/contract/{TENANT}/tenancy"
