"""What every capability stands on, handed to it whole: the clock, the keyring, the object store, and who verifies."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vault.clock import Clock
from vault.custody.keys import Keyring
from vault.custody.objects import Objects
from vault.custody.verification import Question, Verification
from vault.custody.volatile import Volatile
from vault.mail_settings import MailServer


@dataclass(frozen=True)
class Custody:
    """The parts that keep recordings, and what may be forgotten. The catalogue is reached through a scope instead.

    `verifier` answers for another process, or raises `vault.destruction.verifying.NotDestroyed`. Without one the
    process that destroyed verifies, by the same code, and the certificate says so.

    `log_origin` begins the name of every log: each is `<log_origin>/<controller>`.

    `origin` is where browsers reach the vault, scheme, host and port: passkeys are good there alone.

    `log_keep` is how long the platform's own log tells what happened (ISO 8601); a controller's policy says it of its.

    `mail` takes what is sent by e-mail; without one nothing is. `webhooks_to_private` lets webhooks go to addresses
    that the internet does not route, and `providers_to_private` identity providers stand there.
    """

    clock: Clock
    keyring: Keyring
    objects: Objects
    volatile: Volatile
    bucket_prefix: str = "vault"
    log_origin: str = "recording-vault.invalid/log"
    origin: str = "http://localhost:8080"
    verifier: "Callable[[Custody, Question], Awaitable[Verification]] | None" = None
    mail: MailServer | None = None
    webhooks_to_private: bool = False
    providers_to_private: bool = False
    log_keep: str = "P6Y"
