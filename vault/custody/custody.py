"""What every capability stands on, handed to it whole: the clock, the keyring, the object store, and who verifies."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vault.clock import Clock
from vault.custody.keys import Keyring
from vault.custody.objects import Objects
from vault.custody.verification import Question, Verification


@dataclass(frozen=True)
class Custody:
    """The parts that keep recordings. The catalogue is not among them: it is reached through a scope.

    `verifier` answers for another process, or raises `vault.destruction.verifying.NotDestroyed`. Without one the
    process that destroyed verifies, by the same code, and the certificate says so.
    """

    clock: Clock
    keyring: Keyring
    objects: Objects
    bucket_prefix: str = "vault"
    verifier: "Callable[[Custody, Question], Awaitable[Verification]] | None" = None
