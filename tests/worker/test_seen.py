"""Workers are seen by what they leave in PostgreSQL and Valkey: that they live, and that one of them leads."""

from typing import Any

import pytest

from tests.worker.apart import Apart, eventually, stopped

pytestmark = pytest.mark.long


async def _health(apart: Apart) -> dict[str, Any]:
    told: dict[str, Any] = (await (await apart.world.operator()).get("/v1/health/parts")).json()
    return told


async def test_a_worker_that_lives_and_leads_is_seen_and_one_that_stopped_is_not(apart: Apart) -> None:
    assert (await _health(apart))["leads"] == {"schedule": False, "log": False, "log copy": False}

    async def is_well() -> bool:
        return bool((await _health(apart))["is_well"])

    async def is_led() -> bool:
        return any((await _health(apart))["leads"].values())

    with apart.worker() as worker:
        await eventually(is_well)
        seen = await _health(apart)
        assert seen["workers"] == 1
        assert seen["leads"] == {"schedule": True, "log": True, "log copy": True}
        assert stopped(worker) == 0
    assert not await is_led()
    assert not await is_well()
