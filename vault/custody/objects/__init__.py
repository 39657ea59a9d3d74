"""Objects hold ciphertext only; whoever runs the store is not trusted. Nothing else in the vault knows S3."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import boto3
from botocore.config import Config

from vault.custody.objects.buckets import Emptied, Version
from vault.custody.objects.errors import (
    BucketNotEmpty,
    BucketNotVersioned,
    NotDeleted,
    ObjectBrokenOff,
    ObjectError,
    ObjectMissing,
    ObjectSizeMismatch,
    ObjectsNotDeleted,
    ObjectsRefused,
    ObjectsUnavailable,
    ObjectTruncated,
)
from vault.custody.objects.listings import Listed, ListedPage, Listings, UnfinishedUpload
from vault.custody.objects.locked import Locked
from vault.custody.objects.parted import PIECE, Parted, PartedUpload
from vault.custody.objects.signing import Signer
from vault.custody.objects.transfers import ObjectHead, ObjectVersion, Transfers

__all__ = [
    "PIECE",
    "BucketNotEmpty",
    "BucketNotVersioned",
    "Emptied",
    "Listed",
    "ListedPage",
    "NotDeleted",
    "ObjectBrokenOff",
    "ObjectError",
    "ObjectHead",
    "ObjectMissing",
    "ObjectSizeMismatch",
    "ObjectTruncated",
    "ObjectVersion",
    "Objects",
    "ObjectsNotDeleted",
    "ObjectsRefused",
    "ObjectsUnavailable",
    "PartedUpload",
    "UnfinishedUpload",
    "Version",
]

CONNECT_SECONDS = 5.0
CONNECTIONS = 128
# Shorter than any store's own idle limit (AWS closes after some 20 s): a stream cannot be sent again when the
# connection that it was given turns out to be closed.
KEEP_ALIVE_SECONDS = 10.0
READ_BUFFER = 1 << 18


class Objects(Listings, Parted, Transfers, Locked):
    """One store, one set of credentials, one region. Started and used on one event loop."""

    def __init__(
        self,
        endpoint: str | None,
        access_key: str,
        secret_key: str,
        region: str = "eu-north-1",
        *,
        patience: float = 60.0,
    ) -> None:
        """`endpoint` is None for AWS itself; `patience` is how many seconds without progress are borne."""
        self._endpoint = endpoint
        self._access_key = access_key
        self._secret_key = secret_key
        self._region = region
        self._patience = patience

    def __repr__(self) -> str:
        return f"Objects({self._endpoint!r}, …)"

    @property
    def endpoint(self) -> str | None:
        """Where the store answers; None for AWS itself."""
        return self._endpoint

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        endpoint: str | None,
        access_key: str,
        secret_key: str,
        region: str = "eu-north-1",
        *,
        patience: float = 60.0,
    ) -> AsyncIterator["Objects"]:
        """Started on entry, closed on exit."""
        objects = cls(endpoint, access_key, secret_key, region, patience=patience)
        await objects.start()
        try:
            yield objects
        finally:
            await objects.close()

    async def start(self) -> None:
        """Set up the client and the connections; no request is made yet."""
        self._client = await asyncio.to_thread(self._connect)
        self._signer = Signer(self._client.meta.endpoint_url, self._access_key, self._secret_key, self._region)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, connect=self._patience, sock_connect=CONNECT_SECONDS, sock_read=self._patience
            ),
            auto_decompress=False,
            read_bufsize=READ_BUFFER,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        await asyncio.to_thread(self._client.close)

    def _connect(self) -> Any:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self._endpoint,
            aws_access_key_id=self._access_key,
            aws_secret_access_key=self._secret_key,
            region_name=self._region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"mode": "standard", "total_max_attempts": 3},
                # The AEAD already refuses a flipped bit; a second checksum of every byte buys nothing.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                connect_timeout=CONNECT_SECONDS,
                read_timeout=self._patience,
                proxies={},
            ),
        )
