"""A wrapping key's name says whose it is, what it wraps and when it goes, and nothing about a person.

`vault.custody.keys` publishes these names.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from vault.errors import Unavailable

HOLD: Final = "hold"
"""The part class of the keys that keep recordings beyond their day."""

_PART_CLASS: Final = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)
_NAME: Final = re.compile(r"(?P<of>[0-9a-f]{32})?(?(of)x|)(?P<number>[2-9]|[1-9][0-9]{1,5})|[0-9a-f]{32}|", re.ASCII)
_BUCKET: Final = "%Y%m%dT%H%MZ"
_WITH_THE_CONTRACT: Final = "contract"


class KeyringError(Exception):
    """The keyring has no such key to give.

    ├── KeyDestroyed     it was destroyed, or its instant has come; what it wrapped is gone for good
    ├── KeyMissing       it was never made here
    └── KeyringInvalid   what is stored is not what was stored: altered, moved, readable by others, another root key's
    """


class KeyDestroyed(KeyringError):
    """The key was destroyed, or its instant has come: what it wrapped is gone for good."""


class KeyMissing(KeyringError):
    """No such key was ever made here."""


class KeyringInvalid(KeyringError):
    """What is stored is not what was stored: altered, moved, readable by others, or under another root key."""


class KeyringUnavailable(Unavailable):
    """The KMS or the HSM that has the root key did not answer, or refused the vault; why stands in the log.

    It says nothing about any key, and so is no `KeyringError`.
    """

    def __init__(self) -> None:
        super().__init__("The root key cannot be reached; try again.")


class KeyState(StrEnum):
    """What became of a key, by what exists and not by the clock."""

    LIVE = "live"
    DESTROYED = "destroyed"
    MISSING = "missing"


@dataclass(frozen=True)
class ShredKeyId:
    """Names a wrapping key: whose, of which part class, and the instant (a whole minute, UTC) at which it is destroyed.

    Without an instant the key lives until the contract's end. The name tells keys of one class and instant apart: the
    first has none, those that replace it have their number, and a hold's key has its recording (and its number).
    As text, `content/20260501T0000Z`, `content/20260501T0000Z.2` or `hold/contract.0b1c…`, without the tenant.
    """

    tenant: UUID
    part_class: str
    bucket: datetime | None
    name: str = ""

    def __post_init__(self) -> None:
        if not _PART_CLASS.fullmatch(self.part_class):
            raise ValueError("A part class is a short lower-case word.")
        if not _NAME.fullmatch(self.name):
            raise ValueError("A shred key's name is a number from 2, a recording's id in hex, or both.")
        if self.bucket is None:
            return
        if self.bucket.tzinfo is None or self.bucket.second or self.bucket.microsecond:
            raise ValueError("A bucket is an aware instant on a whole minute.")
        object.__setattr__(self, "bucket", self.bucket.astimezone(UTC))

    def __str__(self) -> str:
        text = f"{self.part_class}/{self.bucket.strftime(_BUCKET) if self.bucket else _WITH_THE_CONTRACT}"
        return f"{text}.{self.name}" if self.name else text

    @classmethod
    def of_hold(cls, tenant: UUID, recording: UUID) -> Self:
        """The key that keeps one recording while a hold or a restriction lives.

        A recording may be held again after its release destroyed the key: ask the keyring for the `newest`.
        """
        return cls(tenant, HOLD, None, recording.hex)

    @classmethod
    def parse(cls, tenant: UUID, text: str) -> Self:
        """Read the text form.

        Raises:
            ValueError: it is not one.
        """
        part_class, _, rest = text.partition("/")
        bucket, _, name = rest.partition(".")
        instant = None if bucket == _WITH_THE_CONTRACT else datetime.strptime(bucket, _BUCKET).replace(tzinfo=UTC)
        parsed = cls(tenant, part_class, instant, name)
        if str(parsed) != text:  # strptime also takes "2026501T00Z" and the like
            raise ValueError("A shred key id has one spelling only.")
        return parsed

    @property
    def generation(self) -> int:
        """1 for the first key of its class and instant (or of its recording), and one more for each that followed."""
        found = _NAME.fullmatch(self.name)
        return int(found["number"]) if found and found["number"] else 1

    def of_generation(self, number: int) -> Self:
        """The key of the same class and instant (or recording) of this generation."""
        of = self.name[:32] if len(self.name) >= 32 else ""
        name = of if number == 1 else f"{of}x{number}" if of else str(number)
        return self if name == self.name else replace(self, name=name)

    def is_due(self, now: datetime) -> bool:
        """Whether the instant of destruction has come."""
        return self.bucket is not None and self.bucket <= now
