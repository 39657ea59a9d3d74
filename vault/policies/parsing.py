"""Policies are parsed one after the other in a thread of their own: whoever writes slow ones holds up nobody else.

The parsers are Python and take the processor as long as they run; in the threads that wait for disks and stores, a few
of them would keep every controller's searches from those.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_ONE: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="policies")


async def parse(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What the work gives or raises, done beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_ONE, partial(work, *given, **named))
