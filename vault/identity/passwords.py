"""Passwords: kept as argon2id verifiers (RFC 9106), and compared a few at a time."""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from tenants.passwords import normalised, weakness
from vault.errors import FieldProblem, Invalid

AT_ONCE = 2
"""Passwords under the hasher at the same time: each takes 64 MiB and a thread, and anybody may ask for it."""

HASHER = PasswordHasher()

_THREADS = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")

T = TypeVar("T")


def require_good(password: str, about: Iterable[str]) -> None:
    """Raises Invalid where a password is too weak; `about` is what others know of the person."""
    weak = weakness(password, about)
    if weak is not None:
        raise Invalid("The password is too weak.", [FieldProblem("password", "weak", weak)])


async def hashed(password: str) -> str:
    """The verifier of a new password."""
    return await _in_thread(partial(HASHER.hash, normalised(password)))


async def matches(verifier: str | None, password: str) -> bool:
    """Whether it is the password; where there is no such account the answer takes as long."""
    return await _in_thread(partial(_matches, verifier, normalised(password)))


async def _in_thread(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work)


def _matches(verifier: str | None, password: str) -> bool:
    try:
        return HASHER.verify(verifier or _unknown_verifier(), password)
    except VerifyMismatchError:
        return False


@cache
def _unknown_verifier() -> str:
    """What a password is checked against where there is no such account, so that both answers take as long."""
    return HASHER.hash(secrets.token_hex(16))
