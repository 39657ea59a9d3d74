"""Whoever guesses passwords waits longer and longer, and keeps nobody else waiting.

Failures are counted for an account and the address they come from together, so that a stranger's failures are not the
owner's; a device that has signed in to the account before has a count of its own, and a passkey needs none of this.
An address as a whole has a limit, for who tries many accounts; a known device is not held up by that either. Wrong
codes beside the right password are counted for the account alone: who knows it may have a million addresses. An
account that is not there is counted like any other. Counts live in Valkey, by digests.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vault.credentials import digest_of, new_secret
from vault.custody.custody import Custody
from vault.errors import TooMany

FREE: Final = 5
"""Failures that cost nothing."""

FREE_OF_AN_ADDRESS: Final = 300
FREE_CODES: Final = 10
"""Wrong codes beside the right password, wherever they come from: whoever has many addresses has that one account."""

LONGEST: Final = timedelta(minutes=15)
REMEMBERED: Final = timedelta(hours=1)
DEVICE_LASTS: Final = timedelta(days=180)
IPV6_PREFIX: Final = 64

WAIT = "There were too many attempts. Wait, or sign in with a passkey or from a device that you have signed in from."


@dataclass(frozen=True)
class From:
    """Where an attempt comes from: the client's address, and the cookie of a device that has signed in before."""

    address: str
    device: str = ""


@dataclass(frozen=True)
class Attempt:
    """One attempt, as it is counted: by these keys."""

    account: str
    counts: tuple[tuple[str, int], ...]
    """Each with how many failures are free of it."""

    @property
    def is_of_a_stranger(self) -> bool:
        """Whether it comes from a device that has not signed in to the account before."""
        return len(self.counts) > 1


def delay(failures: int, free: int = FREE) -> int:
    """How many seconds to wait after so many failures: none, then twice as long each time, up to a quarter hour."""
    if failures < free:
        return 0
    return int(min(2 ** min(failures - free, 30), LONGEST.total_seconds()))


async def begin(custody: Custody, login: bytes, source: From) -> Attempt:
    """Count an attempt before it is looked at, so that attempts side by side count each other.

    Args:
        login: the index of the account, be there one or not.

    Raises:
        TooMany: it is too early; nothing is said of the account.
        Unavailable: Valkey does not answer.
    """
    account = login.hex()
    attempt = Attempt(account, await _counts(custody, account, source))
    for key, free in attempt.counts:
        await _count(custody, key, free)
    return attempt


async def count_code(custody: Custody, attempt: Attempt) -> None:
    """Count a code that came with the right password, before it is looked at.

    Strangers do not come so far, so that they keep nobody out by it; a known device has its own count.

    Raises:
        TooMany: there were too many wrong ones; whoever asks is told no more than that something was wrong.
        Unavailable: Valkey does not answer.
    """
    if attempt.is_of_a_stranger:
        await _count(custody, _codes(attempt.account), FREE_CODES)


async def succeed(custody: Custody, attempt: Attempt) -> str:
    """Forget the failures of an attempt that was good; the answer is the secret of the device, known from now on."""
    secret = new_secret()
    async with custody.volatile.asked() as valkey, valkey.pipeline() as pipe:
        for key, free in attempt.counts:
            if free == FREE:
                pipe.delete(key, f"{key}:wait")
            else:
                pipe.decr(key)
        pipe.delete(_codes(attempt.account), f"{_codes(attempt.account)}:wait")
        pipe.set(_device(secret), attempt.account, ex=DEVICE_LASTS)
        await pipe.execute()
    return secret


async def _counts(custody: Custody, account: str, source: From) -> tuple[tuple[str, int], ...]:
    if source.device:
        key = _device(source.device)
        async with custody.volatile.asked() as valkey:
            known = await valkey.get(key)
        if known == account.encode():
            return ((f"refused:{key}", FREE),)
    place = prefix(source.address)
    return (_key(account, place), FREE), (_key(place), FREE_OF_AN_ADDRESS)


async def _count(custody: Custody, key: str, free: int) -> None:
    waiting = f"{key}:wait"
    async with custody.volatile.asked() as valkey:
        left = await valkey.ttl(waiting)
        if left > 0:
            raise TooMany(WAIT, seconds=left)
        async with valkey.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, REMEMBERED)
            failures = (await pipe.execute())[0]
        # The attempt that comes after so many failures makes the next one wait; of several at once one goes on.
        seconds = delay(failures, free)
        if seconds and not await valkey.set(waiting, b"", nx=True, ex=seconds):
            raise TooMany(WAIT, seconds=seconds)


def prefix(address: str) -> str:
    """The part of an address that one customer has: all of IPv4, the network of IPv6, which may be all we know."""
    try:
        ip = ipaddress.ip_interface(address).ip
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, IPV6_PREFIX), strict=False))


def _key(*parts: str) -> str:
    return f"refused:{digest_of(' '.join(parts)).hex()}"


def _codes(account: str) -> str:
    return f"refused:codes:{account}"


def _device(secret: str) -> str:
    return f"device:{digest_of(secret).hex()}"
