"""A keyring with two controllers in it, and the same one again; and a token to keep its root key on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.custody.keyrings import OURS, THEIRS, OpenKeyring
from tests.custody.tokens import NEEDED, SOFTHSM, TOKEN, make_token
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


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The label of a token of SoftHSM2; one for all tests, since a process reads its configuration once."""
    if not SOFTHSM.exists():
        pytest.skip(NEEDED)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in make_token(tmp_path_factory.mktemp("token")).items():
            patch.setenv(name, value)
        yield TOKEN
