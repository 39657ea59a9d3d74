"""Settings in, a working custody out: the one place where the parts meet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM
from vault.custody.forgetting import forgetting
from vault.custody.keyring_files import FileKeyring
from vault.custody.objects import Objects
from vault.custody.root_keys import FileRootKey, RootKey, SucceedingRootKey
from vault.root_key_settings import FileRoot, KmsRoot, Pkcs11Root, RootKeySetting
from vault.settings import Settings


@asynccontextmanager
async def open_custody(settings: Settings) -> AsyncIterator[Custody]:
    """Open the database pool, the object store and the keyring, and close them again.

    Raises:
        SettingMissing, OSError, KeyringError: a part is not where the settings say.
    """
    clock = settings.clock()
    keyring = await asyncio.to_thread(open_keyring, settings)
    async with (
        forgetting(keyring, clock),
        Objects.open(
            endpoint=settings.s3_endpoint, access_key=settings.s3_access_key, secret_key=settings.s3_secret_key
        ) as objects,
    ):
        await DB.open_pool(settings.database_url)
        try:
            yield Custody(clock=clock, keyring=keyring, objects=objects, bucket_prefix=settings.bucket_prefix)
        finally:
            await DB.close_pool()


def open_keyring(settings: Settings) -> FileKeyring:
    """The keyring under its root key, or under the two of which one takes over from the other; it waits for them.

    Raises:
        KeyringError: the root key is not where the settings say, or is another.
    """
    keyring = FileKeyring(settings.keyring_dir, open_root_key(settings))
    keyring.create_tenant(PLATFORM)
    return keyring


def open_root_key(settings: Settings) -> RootKey:
    """The root key that the settings name, and its successor if they name one. Raises KeyringError."""
    root = _root_key(settings.root_key)
    return SucceedingRootKey(root, _root_key(settings.next_root_key)) if settings.next_root_key else root


def _root_key(setting: RootKeySetting) -> RootKey:
    # Each provider is loaded where it is used: boto3's or an HSM's library is not everybody's.
    match setting:
        case FileRoot():
            return FileRootKey(setting.path)
        case KmsRoot():
            from vault.custody.root_kms import KmsRootKey

            return KmsRootKey(setting.prefix, region=setting.region, window=setting.window, endpoint=setting.endpoint)
        case Pkcs11Root():
            from vault.custody.root_pkcs11 import Pkcs11RootKey

            return Pkcs11RootKey(setting.module, token=setting.token, prefix=setting.prefix, pin=setting.pin)
