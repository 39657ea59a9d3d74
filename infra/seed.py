"""A first start brings in five controllers, people and recordings; what a kill cut short, the next one goes on with."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import tenants
from infra.cast import AGENT_ID, FIRM, PEOPLE, SLUGS, Demo, House, address, called, recall, role_of, write
from infra.coming_in import Now, come_in, really_now, take_up
from tenants.vocabulary import Role
from vault.assembly import open_custody
from vault.client.http import Client, Problem
from vault.client.importing import Refused, import_folder
from vault.custody.custody import Custody
from vault.errors import Conflict
from vault.identity.inviting import invite_again
from vault.members import NewMember, first_operator
from vault.settings import Settings

CONTRACTS_LAST = timedelta(days=8 * 365)
AT_ONCE = 3
"""Controllers seeded side by side; a password's verifier keeps a processor busy for a while."""


class SeedFailed(Exception):
    """The demo's own data were refused: a fault of the demo."""


def sign_in_as(demo: Demo, url: str, slug: str, who: str, *, now: Now = really_now) -> Client:
    """A client in a demo person's name, at a vault whose clock says `now`."""
    return come_in(url, slug, address(who, slug), demo.password, now=now)


def seed(
    url: str,
    settings: Settings,
    file: Path,
    *,
    samples: Path | None = None,
    people: Sequence[str] = PEOPLE,
    say: Callable[[str], None],
) -> Demo:
    """Bring in the demo's controllers, people and recordings through the API, or as much of it as is missing.

    Args:
        file: where is written what has been done.
        samples: a folder with a folder of recordings for each controller; None or absent: no recordings.
        people: whom each controller's administrator lets in.
        say: is told of each step that was taken.

    Raises:
        SeedFailed: one of the samples was refused.
    """
    demo = recall(file)
    if demo.complete:
        return demo
    seeding = _Seeding(url, settings, file, demo, people, say)
    seeding.let_operator_in()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        with sign_in_as(demo, url, FIRM, Role.OPERATOR) as operator:
            for one in [pool.submit(seeding.bring_in, operator, slug, samples) for slug in SLUGS]:
                one.result()
    finally:
        seeding.stopping.set()
        pool.shutdown(cancel_futures=True)
    with seeding.changing():
        demo.complete = True
    return demo


@dataclass
class _Seeding:
    url: str
    settings: Settings
    file: Path
    demo: Demo
    people: Sequence[str]
    say: Callable[[str], None]
    stopping: threading.Event = field(default_factory=threading.Event)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _on_this_machine: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change the demo inside, one thread at a time; afterwards it is written down, whole or not at all."""
        with self._writing:
            yield
            write(self.file, self.demo)

    def let_operator_in(self) -> None:
        """The firm's first operator has nobody to be invited by but this machine."""
        if self.demo.operator:
            return
        try:
            self._redeem(Role.OPERATOR, FIRM, self._locally(_first_operator))
        except Conflict:
            self._let_in_again(Role.OPERATOR, FIRM)
        with self.changing():
            self.demo.operator = True

    def bring_in(self, operator: Client, slug: str, samples: Path | None) -> None:
        """Everything of one controller."""
        house = self._onboarded(operator, slug)
        with sign_in_as(self.demo, self.url, slug, Role.ADMINISTRATOR) as administrator:
            for who in self.people:
                if who not in house.let_in and not self.stopping.is_set():
                    self._let_in(house, slug, who, self._invited(administrator, slug, who))
            if house.machine is None:
                token = self._token(administrator, slug)
                with self.changing():
                    house.machine = token
        if house.imported is None and samples and (samples / slug).is_dir():
            count = self._imported(str(house.machine), samples / slug)
            with self.changing():
                house.imported = count
        self.say(f"{slug}: {len(house.let_in)} people, a machine, {house.imported or 0} recordings")

    def _onboarded(self, operator: Client, slug: str) -> House:
        if slug not in self.demo.houses:
            with self.changing():
                self.demo.houses[slug] = House()
        house = self.demo.houses[slug]
        if Role.ADMINISTRATOR not in house.let_in:
            self._let_in(house, slug, Role.ADMINISTRATOR, self._onboard(operator, slug))
        return house

    def _onboard(self, operator: Client, slug: str) -> str | None:
        """The administrator's invitation; None where it was given out in a run that was cut short."""
        starts_on = self.demo.starts_on
        body = {
            "policy": (Path(tenants.__file__).parent / f"{slug}.toml").read_text(encoding="utf-8"),
            "contract": {"starts_on": f"{starts_on}", "ends_on": f"{starts_on + CONTRACTS_LAST}"},
            "administrator": {"email": address(Role.ADMINISTRATOR, slug), "name": called(Role.ADMINISTRATOR)},
        }
        return _invitation(operator, "/v1/controllers", body)

    def _invited(self, administrator: Client, slug: str, who: str) -> str | None:
        role = role_of(who)
        body = {"email": address(who, slug), "name": called(who), "roles": [role]}
        agent = {"agent_id": AGENT_ID} if role is Role.AGENT else {}
        return _invitation(administrator, "/v1/members", body | agent)

    def _let_in(self, house: House, slug: str, who: str, invitation: str | None) -> None:
        if invitation is None:
            self._let_in_again(who, slug)
        else:
            self._redeem(who, slug, invitation)
        with self.changing():
            house.let_in.append(who)

    def _let_in_again(self, who: str, slug: str) -> None:
        async def again(custody: Custody) -> str:
            issued = await invite_again(custody, slug, address(who, slug), show=True)
            return issued.secret if issued else ""

        with suppress(Conflict):  # it was taken up: only the note of it was lost
            self._redeem(who, slug, self._locally(again))

    def _redeem(self, who: str, slug: str, invitation: str) -> None:
        take_up(self.url, slug, address(who, slug), invitation, self.demo.password)

    def _token(self, administrator: Client, slug: str) -> str:
        """The token of the machine that delivers recordings; another one where the first was lost."""
        self._invited(administrator, slug, Role.INGEST)
        wanted = address(Role.INGEST, slug)
        machine = next(one["id"] for one in administrator.get("/v1/members") if one["email"] == wanted)
        token: str = administrator.post(f"/v1/members/{machine}/tokens", {"scopes": ["ingest"]})["token"]
        return token

    def _imported(self, token: str, folder: Path) -> int:
        with Client(self.url, token) as machine:
            outcomes = list(import_folder(machine, folder, now=datetime.now(UTC)))
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                raise SeedFailed(f"{folder}: line {outcome.line} was refused: {outcome.reasons[0].detail}")
        return len(outcomes)

    def _locally(self, act: Callable[[Custody], Coroutine[Any, Any, str]]) -> str:
        """Do what only this machine can, with the vault's own parts instead of its API."""

        async def acting() -> str:
            async with open_custody(self.settings) as custody:
                return await act(custody)

        with self._on_this_machine:
            return asyncio.run(acting())


async def _first_operator(custody: Custody) -> str:
    member = NewMember(email=address(Role.OPERATOR, FIRM), name="Demo Operator", roles=(Role.OPERATOR,), country="FI")
    return (await first_operator(custody, member)).secret


def _invitation(client: Client, path: str, body: dict[str, Any]) -> str | None:
    """Ask for somebody to be let in; None where that was done before."""
    try:
        invitation: str = client.post(path, body)["invitation"]
    except Problem as problem:
        if problem.slug != Conflict.slug:
            raise
        return None
    return invitation
