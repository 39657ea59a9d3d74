"""What tests of finding and listening begin with: transcripts, recordings of a certain age, accesses, the log."""

import io
import json
import wave
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.world import HELSINKI, As, House

REASON = "The customer called again about the same matter."


def talk(*texts: str) -> bytes:
    """A chat or a chatbot talk of these messages, the customer's first, a minute apart."""
    messages = [
        {"at": 60 * number, "from": "customer" if number % 2 == 0 else "agent", "text": text}
        for number, text in enumerate(texts)
    ]
    return json.dumps({"messages": messages}).encode()


def chat(**changes: Any) -> dict[str, Any]:
    """The metadata of a chat."""
    return {"kind": "chat", "media_type": "application/json", "contact": {}} | changes


def silence(size: int) -> bytes:
    """More than all buffers between a store and a listener can hold."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(size))
    return file.getvalue()


def started_so_that_it_goes_tomorrow(now: datetime, **kept: int) -> datetime:
    """When something that is kept so many `months` (or `years`) started, if it goes within a day from now."""
    months = kept.get("months", 0) + 12 * kept.get("years", 0)
    local = now.astimezone(HELSINKI) + timedelta(days=1)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    # Not the last days of a month, which some months lack.
    return local.replace(year=year, month=month + 1, day=min(local.day, 28)).astimezone(UTC)


async def search(person: As, **query: Any) -> list[dict[str, Any]]:
    """What a person finds."""
    answer = await person.post("/v1/recordings/search", json=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def found(person: As, **query: Any) -> list[UUID]:
    """The ids of what a person finds, in order."""
    return [UUID(item["id"]) for item in await search(person, **query)]


async def access(person: As, recording: UUID, purpose: str = "training") -> dict[str, Any]:
    """An access to listen."""
    body = {"purpose": purpose, "reason": REASON}
    answer = await person.post(f"/v1/recordings/{recording}/accesses", json=body)
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


async def change_contract(house: House, last_day: date) -> httpx.Response:
    """Move a contract's last day: its administrator proposes, the outsourcing firm's operator decides."""
    body = {"last_day": last_day.isoformat(), "reason": "As was agreed with the firm."}
    proposed = await house.administrator.post(f"/v1/contracts/{house.contract}/changes", json=body)
    if proposed.status_code != 202:
        return proposed
    decision = {"approve": True, "reason": "As was agreed with the controller."}
    operator = await house.world.operator()
    return await operator.post(f"/v1/proposals/{proposed.json()['id']}/decision", json=decision)


async def logged(house: House, act: str) -> Sequence[dict[str, Any]]:
    """The events of one kind in a controller's own log, in order."""
    events: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = (await house.administrator.get(f"/v1/audit/events?after={after}&limit=1000")).json()
        events += [json.loads(item["body"]) for item in page["items"]]
        after = page["next"]
    return [event for event in events if event["act"] == act]
