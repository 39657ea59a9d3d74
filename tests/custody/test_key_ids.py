"""A wrapping key has one name, and one spelling of it."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from tests.custody.keyrings import OURS, key_id
from vault.custody.keys import ShredKeyId


def test_a_bucket_is_the_same_whatever_zone_it_is_written_in() -> None:
    helsinki = timezone(timedelta(hours=3))
    same = key_id(datetime(2026, 5, 1, tzinfo=helsinki))

    assert str(same) == "content/20260430T2100Z"
    assert same == key_id(datetime(2026, 4, 30, 21, tzinfo=UTC)) == ShredKeyId.parse(OURS, str(same))
    assert ShredKeyId.parse(OURS, "hold/contract") == ShredKeyId(OURS, "hold", None)


@pytest.mark.parametrize(
    "bucket",
    [datetime(2026, 5, 1), datetime(2026, 5, 1, 0, 0, 1, tzinfo=UTC), datetime(2026, 5, 1, 0, 0, 0, 1, tzinfo=UTC)],  # noqa: DTZ001 - naive on purpose
)
def test_a_bucket_is_an_aware_whole_minute(bucket: datetime) -> None:
    with pytest.raises(ValueError, match="whole minute"):
        key_id(bucket)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "content",
        "content/contract.",
        "content/",
        "/contract",
        "content/2026501T0000Z",
        "content/20260501",
        "../x/contract",
    ],
)
def test_a_shred_key_id_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ShredKeyId.parse(OURS, text)


def test_keys_of_one_day_are_told_apart_by_their_generation() -> None:
    held = ShredKeyId.of_hold(OURS, UUID(int=7))

    assert [str(key_id().of_generation(number)) for number in (1, 2, 10)] == [
        "content/20260102T0000Z",
        "content/20260102T0000Z.2",
        "content/20260102T0000Z.10",
    ]
    assert str(held.of_generation(3)) == f"hold/contract.{UUID(int=7).hex}x3"
    for each in (key_id(), held):
        for number in (1, 2, 10):
            later = each.of_generation(number)
            assert (later.generation, later.of_generation(1)) == (number, each)
            assert ShredKeyId.parse(OURS, str(later)) == later


@pytest.mark.parametrize("name", ["0", "1", "02", "abc", "x2", "0" * 31, "0" * 32 + "2", "0" * 32 + "x1", "A" * 32])
def test_a_name_is_a_generation_or_a_recording_or_both(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        ShredKeyId(OURS, "content", None, name)
