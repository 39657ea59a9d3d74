"""How often somebody may ask: counted in Valkey for all processes together, in one question for each request.

Litestar's own limiter reads a list of moments and writes it back: between processes two requests see the same list, in
one process all wait for one lock, and it knows one identity a request. Here one script of Valkey's decides on all that
a request counts against at once (the generic cell rate algorithm, ITU-T I.371): either it counts against all, or it is
refused and counts against none. One moment is kept for each, under a keyed digest of whose it is.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from redis.commands.core import AsyncScript

from vault.custody.custody import Custody
from vault.custody.database import PLATFORM
from vault.errors import TooMany, Unavailable
from vault.web_settings import LIMIT_SECONDS, Limited, Limits

REST_SECONDS: Final = 5.0
"""For so long nobody is asked after no answer came, and nothing is limited."""

# KEYS: one for each limit. ARGV: for each the microseconds from one request to the next, and those of its period.
# The answer: how many microseconds to wait; 0 is yes.
_DECIDE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local wait, moments = 0, {}
for i, key in ipairs(KEYS) do
    local each, period = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    local due = math.max(tonumber(redis.call('GET', key) or now), now) + each
    wait = math.max(wait, due - period - now)
    moments[i] = due
end
if wait > 0 then
    return math.ceil(wait)
end
for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.0f', moments[i]), 'PX', math.ceil((moments[i] - now) / 1000))
end
return 0
"""

log = structlog.get_logger()


@dataclass
class RequestLimits:
    """The limits of one installation; where Valkey is away there are none, and the log says so."""

    custody: Custody
    limits: Limits
    patience: float = LIMIT_SECONDS
    """For how many seconds an answer is waited for."""

    _key: bytes = field(init=False, repr=False)
    _resting_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        # The same in every process, and nobody's who has Valkey alone: an address is easily guessed from its digest.
        self._key = self.custody.keyring.tenant_index(PLATFORM, "limits", "")
        self._script = AsyncScript(self.custody.volatile.client, _DECIDE)

    async def admit(self, who: Mapping[Limited, str]) -> None:
        """Count one request against each of these, or against none and raise TooMany.

        Args:
            who: by what is counted, whose it is: an address or an id.
        """
        counted = [(what, whose, self.limits[what]) for what, whose in who.items() if what in self.limits]
        if not counted or time.monotonic() < self._resting_until:
            return
        keys = [f"limit:{what}:{self._digest(whose)}" for what, whose, _ in counted]
        spans = [
            span for *_, rate in counted for span in (rate.seconds * 1_000_000 / rate.count, rate.seconds * 1_000_000)
        ]
        wait = await self._decide(keys, spans)
        if wait:
            raise TooMany("More requests than the limit allows. Try again later.", seconds=-(-wait // 1_000_000))

    async def _decide(self, keys: list[str], spans: list[float]) -> int:
        try:
            async with asyncio.timeout(self.patience), self.custody.volatile.asked():
                return int(await self._script(keys=keys, args=spans))
        except (Unavailable, TimeoutError):
            self._resting_until = time.monotonic() + REST_SECONDS
            log.warning("limits.off", seconds=REST_SECONDS)
            return 0

    def _digest(self, whose: str) -> str:
        return hmac.new(self._key, whose.encode(), hashlib.sha256).hexdigest()[:32]
