"""A page takes the server hardly longer than its JSON twins: the routes that tell a program the same.

Both are asked for over one connection each, by turns, by somebody with the same rights. What is timed is until the
whole answer is there; of that, the client's own part is a few tenths of a millisecond on either side.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.benchmarks import Row, Turns, by_turns
from vault.console.language import ZONE
from vault.console.retention.spans import By, period

ROUNDS = 40
TARGET = 0.5
"""Within twice the twin's time."""

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Ask:
    """A request: what it says goes as JSON, unless it is text."""

    method: str
    path: str
    says: Any = None

    @property
    def name(self) -> str:
        """The route, without what of it is this one's alone."""
        return "/".join("…" if len(part) == 36 else part for part in self.path.partition("?")[0].split("/"))


class Asker:
    """Somebody who asks over a connection that stays open."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._token = token

    def ask(self, asked: Ask, status: int = 200) -> tuple[bytes, str]:
        """The answer, and where it leads on to. Ends the run where it is another than expected."""
        said = asked.says if isinstance(asked.says, str) else json.dumps(asked.says)
        kind = FORM if isinstance(asked.says, str) else "application/json"
        headers = {"authorization": f"Bearer {self._token}", "content-type": kind}
        self._connection.request(asked.method, asked.path, None if asked.says is None else said, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != status:
            raise SystemExit(f"nothing to measure: {asked.method} {asked.path} answers {answer.status}")
        return body, answer.headers.get("location", "")


def compared(page: Ask, twins: Iterable[Ask], url: str, token: str) -> Row:
    """A page against all of its twins together."""
    drawn, told, twins = Asker(url, token), Asker(url, token), list(twins)

    def draw() -> None:
        drawn.ask(page)

    def tell() -> None:
        for twin in twins:
            told.ask(twin)

    turns: Turns = by_turns({"page": draw, "twins": tell}, rounds=ROUNDS)
    name = f"page {page.name}, against {' + '.join(twin.name for twin in twins)}"
    ours, peer = (turns.median(side) * 1000 for side in ("page", "twins"))
    return Row(name, ours, peer, turns.ratio("page", "twins"), TARGET, "ms")


def rows(url: str, token: str, recording: str, number: str) -> list[Row]:
    """The pages that are looked at most, on the same rows as their twins.

    Args:
        recording: the id of one to look at; `number`: what some are found by.
    """
    asker = Asker(url, token)
    _, found = asker.ask(Ask("POST", "/recordings", urlencode({"number": number})), 303)
    search, events = "/v1/recordings/search", Ask("POST", "/v1/audit/search", {"limit": 50})
    one, (first, last) = f"/v1/recordings/{recording}", period(By.DAY, datetime.now(ZONE).date())
    pairs = [
        (found, [Ask("POST", search, {"number": number, "limit": 25})]),
        ("/recordings", [Ask("POST", search, {"limit": 25})]),
        (f"/recordings/{recording}", [Ask("GET", one), Ask("GET", f"{one}/retention")]),
        ("/audit", [events]),
        ("/disclosures", [Ask("GET", "/v1/disclosures")]),
        ("/policy", [Ask("GET", "/v1/policy"), Ask("GET", "/v1/policies")]),
        ("/retention", [Ask("GET", "/v1/retention"), Ask("GET", f"/v1/retention/days?from={first}&to={last}")]),
    ]
    return [compared(Ask("GET", page), twins, url, token) for page, twins in pairs]
