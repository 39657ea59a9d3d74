"""A megabyte is acknowledged at a good part of a bare store's pace, and a long call costs no more memory than a short.

Both sides write to the same SeaweedFS, where a PUT that is answered is on disk; ours is acknowledged only when the
catalogue is durable too.
"""

import threading
from dataclasses import dataclass

import psutil

from infra.embedded import Endpoints
from tests.benchmarks import Row, tell, told_turns
from tests.benchmarks.load import generator
from tests.benchmarks.served import PLAIN_BUCKET, peak_memory, served
from tests.world import World

MEGABYTE = 10**6
AT_ONCE = 8
A_ROUND = 40
ROUNDS = 9
LONG = 100 * MEGABYTE
LONG_AT_ONCE = 32
MEMORY = 150.0


@dataclass(frozen=True)
class Api:
    """A served vault, one controller in it, and the token of its ingesting machine."""

    url: str
    token: str
    pid: int


def rows() -> list[Row]:
    """Ingest against bare boto3 puts, and the memory of many long uploads at once."""
    with served(_machine) as (vault, token):
        api = Api(vault.endpoints.public_url, token, vault.pid)
        return [_pace(vault.endpoints, api), _memory(api)]


def _pace(endpoints: Endpoints, api: Api) -> Row:
    ours = {"what": "uploads", "url": api.url, "token": api.token}
    peer = {"what": "puts", "url": endpoints.s3_endpoint, "bucket": PLAIN_BUCKET}
    peer |= {"access_key": endpoints.s3_access_key, "secret_key": endpoints.s3_secret_key}
    load = {"size": MEGABYTE, "at_once": AT_ONCE, "count": A_ROUND}
    with generator(**ours, **load) as ingest, generator(**peer, **load) as put:
        turns = told_turns({"ingest": ingest, "put": put}, rounds=ROUNDS, warm=2)
    name = "ingest 1 MB, 8 at once, against bare boto3 put"
    pace = {side: A_ROUND / turns.median(side) for side in turns.seconds}
    return Row(name, pace["ingest"], pace["put"], turns.ratio("ingest", "put"), 0.5, "recordings/s")


def _memory(api: Api) -> Row:
    """Half of the uploads in one request each, half begun first and then sent: both ways stay within the bound."""
    orders = {"what": "uploads", "url": api.url, "token": api.token, "size": LONG}
    half = {"at_once": LONG_AT_ONCE // 2, "count": LONG_AT_ONCE // 2}
    with generator(**orders, **half) as whole, generator(**orders, **half, in_pieces=True) as in_pieces:
        process = psutil.Process(api.pid)
        idle = process.memory_info().rss
        with peak_memory(process) as peak:
            together = [threading.Thread(target=run) for run in (whole, in_pieces)]
            for thread in together:
                thread.start()
            for thread in together:
                thread.join()
    above = (max(peak) - idle) / MEGABYTE
    return Row("32 uploads of 100 MB at once, peak memory above idle", above, MEMORY, MEMORY / above, 1.0, "MB")


async def _machine(world: World) -> str:
    """A controller, and the token of its ingesting machine."""
    return (await (await world.house()).machine()).token


if __name__ == "__main__":
    tell(rows())
