"""Listening keeps a good part of a bare store's pace, and a seek into a long call costs little more than a ranged get.

Both sides read from the same SeaweedFS: we check a right, open every chunk and answer by HTTP; the peer only reads.
"""

from dataclasses import dataclass

from tenants.vocabulary import Role
from tests.benchmarks import Row, Turns, tell, told_turns
from tests.benchmarks.load import generator, sound
from tests.benchmarks.served import PLAIN_BUCKET, Served, plain_store, served
from tests.builders import access
from tests.world import As, World

MEGABYTE = 10**6
LONG = 100 * MEGABYTE
SEEK = 1
"""A seek is over when its first byte is there."""

ROUNDS = 9


@dataclass(frozen=True)
class Recordings:
    """A person who may listen, and where: a recording of a megabyte and a long one."""

    token: str
    paths: dict[int, str]


def rows() -> list[Row]:
    """Whole megabytes, eight at once, and seeks into a hundred, one after the other."""
    with served(_recordings) as (vault, recordings):
        for size in (MEGABYTE, LONG):
            plain_store(vault.endpoints).put_object(Bucket=PLAIN_BUCKET, Key=str(size), Body=sound(size))
        whole = _compared(vault, recordings, MEGABYTE, at_once=8, count=120)
        seek = _compared(vault, recordings, LONG, at_once=1, count=40, span=SEEK)
    milliseconds = {side: 1000 * seek.median(side) / 40 for side in seek.seconds}
    return [
        Row(
            "read 1 MB, 8 at once, against bare boto3 get",
            120 / whole.median("ours"),
            120 / whole.median("peer"),
            whole.ratio("ours", "peer"),
            0.5,
            "recordings/s",
        ),
        Row(
            "first byte of a seek into 100 MB, against a bare ranged get",
            milliseconds["ours"],
            milliseconds["peer"],
            seek.ratio("ours", "peer"),
            0.5,
            "ms",
        ),
    ]


def _compared(
    vault: Served, recordings: Recordings, size: int, *, at_once: int, count: int, span: int | None = None
) -> Turns:
    endpoints = vault.endpoints
    load = {"size": size, "span": span, "at_once": at_once, "count": count}
    ours = {"what": "reads", "url": endpoints.public_url, "token": recordings.token, "path": recordings.paths[size]}
    peer = {"what": "gets", "url": endpoints.s3_endpoint, "bucket": PLAIN_BUCKET, "key": str(size)}
    peer |= {"access_key": endpoints.s3_access_key, "secret_key": endpoints.s3_secret_key}
    with generator(**ours, **load) as listen, generator(**peer, **load) as get:
        return told_turns({"ours": listen, "peer": get}, rounds=ROUNDS)


async def _recordings(world: World) -> Recordings:
    house = await world.house()
    supervisor: As = await house.person(Role.SUPERVISOR)
    paths = {}
    for size in (MEGABYTE, LONG):
        opened = await access(supervisor, await house.recording(sound(size)))
        paths[size] = opened["content_url"]
    return Recordings(supervisor.token, paths)


if __name__ == "__main__":
    tell(rows())
