"""A keyring with two controllers in it, and the same one again."""

from pathlib import Path

import pytest

from tests.custody.keyrings import OURS, THEIRS, OpenKeyring
from vault.custody.keyring_files import FileKeyring
from vault.custody.root_keys import FileRootKey


@pytest.fixture
def another_process(tmp_path: Path) -> OpenKeyring:
    """Opens the same keyring again, as another process would, with a cache of its own."""
    return lambda: FileKeyring(tmp_path / "keyring", FileRootKey(tmp_path / "root" / "root.key"))


@pytest.fixture
def keyring(another_process: OpenKeyring) -> FileKeyring:
    keyring = another_process()
    keyring.create_tenant(OURS)
    keyring.create_tenant(THEIRS)
    return keyring
