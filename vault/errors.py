"""What can go wrong, each with a stable slug that a client may rely on.

VaultError
├── Malformed                     400  malformed: a header or body is not of the form that the route takes
├── NotFound                      404  not-found: absent, or another controller's, which must look the same
├── Unauthenticated               401  unauthenticated
├── RefusedByPolicy               403  refused-by-policy: carries the clause that refused
├── NotAllowed                    403  not-allowed: the role lacks the right; no clause is involved
├── Invalid                       422  invalid: the request breaks named rules in named fields
├── TooSlow                       408  request-timeout: the rest of the body did not come
├── Conflict                      409  conflict
├── Destroyed                     410  destroyed: was here, was destroyed, and here is by what
├── AccessOver                    410  access-over: the few minutes of listening are over, or were ended
├── WrongProtocol                 412  precondition-failed: another version of the upload protocol (tus) is meant
├── TooLarge                      413  too-large
├── UnsupportedMedia              415  unsupported-media-type
├── RangeNotSatisfiable           416  range-not-satisfiable
├── Altered                       500  altered: what the store gave back is not what was stored; nothing is shown of it
├── Misdirected                   421  misdirected-request: for a host that is not the vault's
├── TooMany                       429  too-many-requests: wait as long as Retry-After says
├── ChecksumMismatch              460  checksum-mismatch: not the bytes that were sent (tus); they were discarded
└── Unavailable                   503  unavailable: a part the vault stands on did not answer; try again
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldProblem:
    """One field and the rule it broke. `field` is a path such as `contact.caller_number`."""

    field: str
    rule: str
    detail: str
    clause: dict[str, Any] | None = None


class VaultError(Exception):
    """A refusal or failure that the caller is told of as problem+json (RFC 9457)."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "failed"
    title: ClassVar[str] = "The vault failed"

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class Malformed(VaultError):
    """A header or body is not of the form that the route takes; `extra` names which."""

    status, slug, title = 400, "malformed", "The request is malformed"


class NotFound(VaultError):
    """Absent, or another controller's: the two must not be told apart."""

    status, slug, title = 404, "not-found", "Not found"

    def __init__(self, detail: str = "There is nothing here that you may see.") -> None:
        super().__init__(detail)


class Unauthenticated(VaultError):
    """No valid token, session or password."""

    status, slug, title = 401, "unauthenticated", "Not signed in"


class RefusedByPolicy(VaultError):
    """The controller's published notice does not allow it; the clause is quoted."""

    status, slug, title = 403, "refused-by-policy", "The policy refuses this"


class NotAllowed(VaultError):
    """The person's role or the token's scope lacks the right."""

    status, slug, title = 403, "not-allowed", "Not allowed"


class Invalid(VaultError):
    """The request breaks rules; every broken rule is named with its field."""

    status, slug, title = 422, "invalid", "The request breaks a rule"

    def __init__(self, detail: str, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.problems = tuple(problems)


class TooSlow(VaultError):
    """The rest of the request's body was waited for long enough."""

    status, slug, title = 408, "request-timeout", "Too slow"


class Conflict(VaultError):
    """The state of the thing does not allow it."""

    status, slug, title = 409, "conflict", "Conflict"


class Destroyed(VaultError):
    """It was here and was destroyed; the reason and, where there is one, the certificate are named."""

    status, slug, title = 410, "destroyed", "Destroyed"


class AccessOver(VaultError):
    """The few minutes for which an access was given are over, or it was ended."""

    status, slug, title = 410, "access-over", "The access is over"


class WrongProtocol(VaultError):
    """The client speaks another version of the upload protocol, or does not say which (tus 1.0.0, Tus-Resumable)."""

    status, slug, title = 412, "precondition-failed", "Precondition failed"


class TooLarge(VaultError):
    """More bytes than the limit allows."""

    status, slug, title = 413, "too-large", "Too large"


class UnsupportedMedia(VaultError):
    """A media type that this place does not take."""

    status, slug, title = 415, "unsupported-media-type", "Unsupported media type"


class RangeNotSatisfiable(VaultError):
    """The range asked for begins after the last byte (RFC 9110 §15.5.17)."""

    status, slug, title = 416, "range-not-satisfiable", "Range not satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"The recording has {size} bytes.")
        self.size = size


class Misdirected(VaultError):
    """The request is for a host that is not the vault's (RFC 9110 §15.5.20)."""

    status, slug, title = 421, "misdirected-request", "Misdirected request"


class TooMany(VaultError):
    """More often than the limit allows; `seconds` is how long to wait (Retry-After, RFC 9110 §10.2.3)."""

    status, slug, title = 429, "too-many-requests", "Too many requests"

    def __init__(self, detail: str, *, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds


class Altered(VaultError):
    """The store or the catalogue gave back something else than was stored, or nothing: an alarm, and no byte of it."""

    status, slug, title = 500, "altered", "Not what was stored"


class ChecksumMismatch(VaultError):
    """What arrived is not what was sent; it was discarded (tus 1.0.0, extension `checksum`)."""

    status, slug, title = 460, "checksum-mismatch", "Checksum mismatch"


class Unavailable(VaultError):
    """A part that the vault stands on did not answer; nothing was half done."""

    status, slug, title = 503, "unavailable", "Unavailable"
