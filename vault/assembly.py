"""Settings in, a working custody out: the one place where the parts meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import MappingProxyType

from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM
from vault.custody.keyring_files import FileKeyring, FileRootKey
from vault.custody.objects import Objects
from vault.proposals.model import Handlers
from vault.settings import Settings

HANDLERS: Handlers = MappingProxyType({})
"""What two persons decide on, by the action's slug: each capability brings its own."""


@asynccontextmanager
async def open_custody(settings: Settings) -> AsyncIterator[Custody]:
    """Open the database pool, the object store and the keyring, and close them again.

    Raises:
        SettingMissing, OSError: a part is not where the settings say.
    """
    clock = settings.clock()
    keyring = FileKeyring(settings.keyring_dir, FileRootKey(settings.root_key_file))
    keyring.create_tenant(PLATFORM)
    async with Objects.open(
        endpoint=settings.s3_endpoint, access_key=settings.s3_access_key, secret_key=settings.s3_secret_key
    ) as objects:
        await DB.open_pool(settings.database_url)
        try:
            yield Custody(clock=clock, keyring=keyring, objects=objects, bucket_prefix=settings.bucket_prefix)
        finally:
            await DB.close_pool()
