"""How the demo's people come in: with one password and the codes of one secret.

A code is good once and in a later order than the last, for about a minute and a half; so whoever signs in often takes
the oldest code that is left, and waits where none is.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import pyotp

from infra.cast import SECRET
from vault.client.http import Client, Problem, sign_in

Now = Callable[[], datetime]
T = TypeVar("T")

WINDOW: Final = (-1, 0, 1)
"""Which half minutes' codes are good now, the oldest first."""

TRIES: Final = len(WINDOW) + 1
"""The oldest code may end on its way, and another process may have used those that are good now: then the next one."""

POLL_SECONDS: Final = 1.0

_APP: Final = pyotp.TOTP(SECRET)
_used: Final[dict[tuple[str, str, str], int]] = {}
"""The last time step that this process has used, by vault, controller and address."""


def really_now() -> datetime:
    """The time of a vault whose clock was not moved."""
    return datetime.now(UTC)


def come_in(url: str, controller: str, email: str, password: str, *, now: Now = really_now) -> Client:
    """A client in a demo person's name. Raises Problem where it is refused."""
    who = (url, controller, email)
    return _with_a_code(who, lambda code: sign_in(url, controller, email, password, code)[0], now)


def take_up(url: str, controller: str, email: str, invitation: str, password: str, *, now: Now = really_now) -> None:
    """Take up a demo person's invitation, with the demo's secret."""
    who = (url, controller, email)
    said: dict[str, Any] = {"invitation": invitation, "password": password, "secret": SECRET}
    with Client(url) as nobody:
        _with_a_code(who, lambda code: nobody.post("/v1/invitations/redeem", said | {"code": code}), now)


def _with_a_code(who: tuple[str, str, str], act: Callable[[str], T], now: Now) -> T:
    """Do it with the oldest code that is left, and with the next one where that is refused."""
    steps = _steps(who, now)
    for left in reversed(range(TRIES)):
        _used[who] = next(steps)
        try:
            return act(_APP.generate_otp(_used[who]))
        except Problem as problem:
            if not left or problem.slug not in ("unauthenticated", "invalid"):
                raise
    raise AssertionError  # the last try returns or raises


def _steps(who: tuple[str, str, str], now: Now) -> Iterator[int]:
    """Time steps that are good and were not used here, each when it is asked for; waits where there is none."""
    while True:
        current = _APP.timecode(now())
        step = max(current + WINDOW[0], _used.get(who, 0) + 1)
        if step <= current + WINDOW[-1]:
            yield step
        else:
            time.sleep(POLL_SECONDS)
