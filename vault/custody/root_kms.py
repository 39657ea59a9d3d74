"""In AWS KMS each controller has a key that never leaves it; its deletion takes days, and they are counted."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from vault.custody.keys import KeyringInvalid, KeyringUnavailable
from vault.custody.sealed_header import SealedInvalid, Secret

_MAGIC: Final = b"KMS\x01"

_QUICK: Final = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
"""A reader waits for KMS a few seconds at most; afterwards it is told to try again."""

_NOT_WRAPPED_HERE: Final = ("InvalidCiphertextException", "IncorrectKeyException")

log = structlog.get_logger()


class KmsRootKey:
    """One KMS key an owner, found by its alias: `alias/recording-vault/OWNER` for the prefix `recording-vault`.

    A wrap is "KMS", 0x01 and the ciphertext of `Encrypt`, whose encryption context names purpose and owner, so that
    CloudTrail tells each use. Credentials come from boto3's own chain; they need `kms:CreateKey`, `CreateAlias`,
    `TagResource`, `DescribeKey`, `Encrypt`, `Decrypt` and `ScheduleKeyDeletion`, and nothing else.

    Args:
        prefix: what the aliases begin with.
        window: days between asking for a key's deletion and the deletion, 7 to 30. Until then it can be called back
            by whoever may `kms:CancelKeyDeletion`, so it is pending and not done.
        endpoint: another address than the region's own.
    """

    def __init__(self, prefix: str, *, region: str, window: int = 7, endpoint: str | None = None) -> None:
        self._prefix = prefix
        self._window = window
        self._kms = boto3.client("kms", region_name=region, endpoint_url=endpoint, config=_QUICK)

    def create(self, owner: UUID) -> None:
        """Make the owner's key. Harmless where it exists."""
        if self._described(owner) is not None:
            return
        tags = [{"TagKey": "recording-vault", "TagValue": f"{self._prefix}/{owner}"}]
        made = self._ask("create_key", Description=f"Root key {self._prefix}/{owner}", Tags=tags)
        self._ask("create_alias", AliasName=self._alias(owner), TargetKeyId=made["KeyMetadata"]["KeyId"])

    def wrap(self, owner: UUID, secret: Secret, context: bytes) -> bytes:
        """Encrypt 32 secret bytes."""
        answer = self._ask(
            "encrypt", KeyId=self._alias(owner), Plaintext=secret.reveal(), EncryptionContext=_named(context)
        )
        return _MAGIC + bytes(answer["CiphertextBlob"])

    def unwrap(self, owner: UUID, wrapped: bytes, context: bytes) -> Secret:
        """The 32 bytes again. Raises SealedInvalid."""
        if not wrapped.startswith(_MAGIC):
            raise SealedInvalid("This key was not wrapped by KMS.")
        answer = self._ask(
            "decrypt",
            KeyId=self._alias(owner),
            CiphertextBlob=wrapped.removeprefix(_MAGIC),
            EncryptionContext=_named(context),
        )
        return Secret(answer["Plaintext"])

    def destroy(self, owner: UUID) -> None:
        """Ask for the deletion of the owner's key, once."""
        described = self._described(owner)
        if described is not None and described["KeyState"] != "PendingDeletion":
            self._ask("schedule_key_deletion", KeyId=described["KeyId"], PendingWindowInDays=self._window)

    def pending_until(self, owner: UUID) -> datetime | None:
        """The day on which KMS deletes the owner's key; None before that was asked for, and once it is done."""
        described = self._described(owner)
        if described is None or described["KeyState"] != "PendingDeletion":
            return None
        until: datetime = described["DeletionDate"]
        return until.astimezone(UTC)

    def _described(self, owner: UUID) -> dict[str, Any] | None:
        try:
            described: dict[str, Any] = self._ask("describe_key", KeyId=self._alias(owner))["KeyMetadata"]
        except KeyringInvalid:
            return None
        return described

    def _ask(self, operation: str, **asked: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._kms, operation)(**asked)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _NOT_WRAPPED_HERE:
                raise SealedInvalid("This key was not wrapped by that one, or not in this context.") from error
            if code == "NotFoundException":
                raise KeyringInvalid("KMS has no such root key: deleted, or of another account or region.") from error
            log.error("root_key.refused", operation=operation, code=code)
            raise KeyringUnavailable from error
        except BotoCoreError as error:
            log.error("root_key.unreachable", operation=operation, error=type(error).__name__)
            raise KeyringUnavailable from error
        return answer

    def _alias(self, owner: UUID) -> str:
        return f"alias/{self._prefix}/{owner}"


def _named(context: bytes) -> dict[str, str]:
    """What a key is wrapped as, in the words of KMS: `recording-vault/tenant-key@v1` and whose."""
    purpose, _, of = context.partition(b"\x00")
    return {"purpose": purpose.decode(), "of": of.hex() or "platform"}
