"""What every capability stands on, handed to it whole: the clock, the keyring and the object store."""

from dataclasses import dataclass

from vault.clock import Clock
from vault.custody.keys import Keyring
from vault.custody.objects import Objects


@dataclass(frozen=True)
class Custody:
    """The parts that keep recordings. The catalogue is not among them: it is reached through a scope."""

    clock: Clock
    keyring: Keyring
    objects: Objects
    bucket_prefix: str = "vault"
