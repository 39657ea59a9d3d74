"""Keyrings for the tests: whose keys, which day, and the same keyring as another process would open it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from vault.custody.keyring_files import FileKeyring
from vault.custody.keys import ShredKeyId
from vault.custody.sealed import Place

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
OURS, THEIRS = UUID(int=1), UUID(int=2)
PLACE = Place(OURS, UUID(int=3), "content", 1)

OpenKeyring = Callable[[], FileKeyring]


def key_id(bucket: datetime | None = TOMORROW, *, tenant: UUID = OURS, part_class: str = "content") -> ShredKeyId:
    return ShredKeyId(tenant, part_class, bucket)


def key_files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "keyring").rglob("*.key"))
