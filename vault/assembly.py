"""Settings in, a working custody out: the one place where the parts meet."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog

from vault.custody.custody import Custody
from vault.custody.database import DB, PLATFORM
from vault.custody.forgetting import forgetting
from vault.custody.keyring_files import FileKeyring
from vault.custody.objects import Objects
from vault.custody.root_keys import FileRootKey, RootKey, SucceedingRootKey
from vault.custody.volatile import Volatile
from vault.root_key_settings import FileRoot, KmsRoot, Pkcs11Root, RootKeySetting
from vault.settings import Settings

NOT_YET = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
"""What is answered for, or by, a server that is being started, recovers from a crash, or is about to stop."""

ASK_AGAIN_SECONDS = 0.25

log = structlog.get_logger()


@asynccontextmanager
async def open_custody(settings: Settings, *, waiting: bool = False) -> AsyncIterator[Custody]:
    """Open the database pool, the object store and the keyring, and close them again.

    Args:
        waiting: whether to wait, as long as the settings say, for a catalogue that does not answer yet. A service
            does, which is started together with its parts; a command does not, which somebody looks at.

    Raises:
        SettingMissing, OSError, PostgresError, KeyringError: a part is not where the settings say.
    """
    clock = settings.clock()
    keyring = await asyncio.to_thread(open_keyring, settings)
    async with (
        forgetting(keyring, clock),
        Objects.open(
            endpoint=settings.s3_endpoint, access_key=settings.s3_access_key, secret_key=settings.s3_secret_key
        ) as objects,
        Volatile.open(settings.broker_url) as volatile,
    ):
        await _open_pool(settings.database_url, settings.start_seconds if waiting else 0.0)
        try:
            yield Custody(
                clock=clock,
                keyring=keyring,
                objects=objects,
                volatile=volatile,
                bucket_prefix=settings.bucket_prefix,
                origin=settings.origin,
                log_origin=settings.log_origin,
                mail=settings.mail,
                webhooks_to_private=settings.webhooks_to_private,
                providers_to_private=settings.providers_to_private,
                log_keep=settings.log_keep,
            )
        finally:
            await DB.close_pool()


async def _open_pool(url: str, seconds: float) -> None:
    """Open the pool; what the server cannot do yet is tried again for so long, a wrong password or name is not."""
    deadline, told = time.monotonic() + seconds, False
    while True:
        try:
            return await DB.open_pool(url)
        except NOT_YET as error:
            if time.monotonic() > deadline:
                raise
            if not told:
                log.warning("catalogue.awaited", error=type(error).__name__, seconds=seconds)
            told = True
        await asyncio.sleep(ASK_AGAIN_SECONDS)


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
