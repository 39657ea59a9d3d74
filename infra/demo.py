"""A recording's whole life before one's eyes, in a vault of its own; exits 0 only if every step showed its promise."""

import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from infra.cast import FIRM, Demo
from infra.embedded import Endpoints
from infra.giving import Giving
from infra.processes import PartFailed
from infra.seed import SeedFailed, seed
from infra.stage import NotShown, Stage, refusal, require, show
from infra.supervisor import Running, running
from tenants.vocabulary import Role
from vault.client.http import Client, Problem, Unreachable
from vault.client.importing import Refused, import_folder
from vault.custody.migrate import migrate
from vault.settings import Settings

SAMPLES = Path("tests/recordings")
NUMBER = "050-000 3203"
"""Of one of PRH's callers, as somebody in a hurry writes it; the recording has it as +358 50 000 3203."""

ROLES = (Role.SUPERVISOR, Role.DPO)
"""Whom each controller's administrator lets in."""

REASON = "The demo shows how this is done"
AFTER_AN_HOUR = timedelta(minutes=61)
AFTER_SIX_MONTHS = timedelta(days=186)


@dataclass
class Life:
    """The steps, in order; each raises unless it showed what it says."""

    stage: Stage
    call: str = ""
    chatbot: str = ""
    ended: dict[str, Any] = field(default_factory=dict)
    access: str = ""
    """The path of what Kaiku24's supervisor was listening to before the contract's end."""

    def bad_deliveries_are_refused(self) -> None:
        """Nothing that the policy does not name, and nothing that is not what it claims to be."""
        folder = self.stage.samples / "refused"
        with Client(self.stage.url, self.stage.demo.houses["prh"].machine) as machine:
            outcomes = list(import_folder(machine, folder, now=datetime.now(UTC)))
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        require(len(refused) == len(outcomes) > 0, "a bad delivery was taken")
        reason = next(one.reasons[0] for one in refused if one.file == "unnamed-field.json")
        require(reason.clause is not None, "the refusal quotes no clause")
        body = {"title": f"{reason.field}: {reason.rule}", "detail": reason.detail, "clause": reason.clause}
        show(
            f"ingest refused {len(refused)} bad deliveries, such as a field nobody promised to keep", Problem(422, body)
        )

    def a_call_is_found_by_number(self) -> None:
        """The number in any spelling; it is stored encrypted."""
        supervisor = self.stage.person("prh", Role.SUPERVISOR)
        found = _search(supervisor, number=NUMBER)
        require(len(found) == 1, f"{len(found)} recordings were found")
        self.call = found[0]["id"]
        self.chatbot = _search(supervisor, kinds=["chatbot"])[0]["id"]
        show(f"search: {NUMBER} is call {self.call}")

    def it_is_heard_range_by_range(self) -> None:
        """As a browser's own audio element asks: two bytes first."""
        supervisor = self.stage.person("prh", Role.SUPERVISOR)
        access = _access(supervisor, self.call, "quality")
        part = supervisor.request("GET", access["content_url"], headers={"range": "bytes=0-1"})
        require((part.status_code, part.content) == (206, b"RI"), f"{part.status_code} {part.content!r}")
        whole = supervisor.request("GET", access["content_url"]).content
        require(whole == (self.stage.samples / "prh" / "call-01.wav").read_bytes(), "it is not what was delivered")
        show(f"listen, for quality: 206 and {part.headers['content-range']}, then all {len(whole)} bytes as delivered")

    def another_purpose_is_refused(self) -> None:
        """A purpose that the notice does not name."""
        supervisor = self.stage.person("prh", Role.SUPERVISOR)
        problem = refusal(403, lambda: _access(supervisor, self.call, "marketing"))
        require(problem.clause is not None, "the refusal quotes no clause")
        show("another purpose, marketing, is refused", problem)

    def another_controller_sees_nothing(self) -> None:
        """Not even that there is something."""
        stranger = self.stage.person("valtiokonttori", Role.SUPERVISOR)
        require(not _search(stranger, number=NUMBER), "another controller found the call")
        problem = refusal(404, lambda: stranger.get(f"/v1/recordings/{self.call}"))
        show("another controller's supervisor finds nothing", problem)

    def the_operator_hears_nothing(self) -> None:
        """The outsourcing firm runs the vault and has no right to what is in it."""
        operator = self.stage.person(FIRM, Role.OPERATOR)
        problem = refusal(403, lambda: _access(operator, self.call, "quality"))
        show("the outsourcing firm's own operator is refused", problem)

    def chatbot_digits_go_after_an_hour(self) -> None:
        """The rest of the talk stays."""
        supervisor = self.stage.person("prh", Role.SUPERVISOR)
        before = _text(supervisor, self.chatbot)
        require("3541" in before, f"the number is not in the talk: {before!r}")
        self.stage.travel(AFTER_AN_HOUR)
        supervisor = self.stage.person("prh", Role.SUPERVISOR)
        self.stage.until("the digits' destruction", lambda: _gone(supervisor, self.chatbot, "identifiers"))
        after = _text(supervisor, self.chatbot)
        line = next(line for line in after.splitlines() if "Numeroni on" in line)
        require("3541" not in after and len(after.splitlines()) == len(before.splitlines()), f"it is now {after!r}")
        show(f"61 minutes later the chatbot's digits are gone, the talk stays: “{line.strip()}”")

    def audio_goes_and_the_contact_record_stays(self) -> None:
        """PRH: calls for six months, who called and when for twelve."""
        self.stage.travel(AFTER_SIX_MONTHS)
        supervisor = self.stage.person("prh", Role.SUPERVISOR)
        self.stage.until("the audio's destruction", lambda: _gone(supervisor, self.call, "content"))
        found = _search(supervisor, number=NUMBER)
        require([one["id"] for one in found] == [self.call], "the contact record is not found any more")
        require("caller_number" in (found[0]["contact"] or {}), "the contact record is not readable any more")
        problem = refusal(410, lambda: _access(supervisor, self.call, "quality"))
        require(problem.clause is not None, "the refusal quotes no clause")
        show(f"{self.stage.now():%d %B %Y}: the audio has gone, and {NUMBER} still finds who called and when", problem)

    def a_contract_ends(self) -> None:
        """Everything of Kaiku24 goes: keys first, then every version of every object, then rows."""
        listener = self.stage.person("kaiku24", Role.SUPERVISOR)
        recordings = _search(listener)
        self.access = _access(listener, recordings[0]["id"], "quality")["content_url"]
        require(len(listener.request("GET", self.access).content) > 0, "the recording cannot be heard")
        operator, administrator = (
            self.stage.person(FIRM, Role.OPERATOR),
            self.stage.person("kaiku24", Role.ADMINISTRATOR),
        )
        contract = _contract(operator, "kaiku24")
        today = self.stage.now().astimezone(ZoneInfo(contract["time_zone"])).date()
        body = {"last_day": str(today - timedelta(days=1)), "reason": REASON}
        proposal = operator.post(f"/v1/contracts/{contract['id']}/changes", body)["id"]
        decision = f"/v1/proposals/{proposal}/decision"
        approval = {"approve": True, "reason": REASON}
        refusal(403, lambda: operator.post(decision, approval))
        require(administrator.post(decision, approval)["state"] == "carried_out", "it did not end")
        self.ended = self.stage.until("the contract's destruction", lambda: _destroyed(operator, "kaiku24"))
        (self.stage.directory / "certificate.json").write_bytes(
            operator.request("GET", f"/v1/certificates/{self.ended['destruction']}").content
        )
        (self.stage.directory / "key.pem").write_bytes(operator.request("GET", "/v1/certificate-key").content)
        show(
            f"Kaiku24's contract ends, as two persons decided: {len(recordings)} recordings destroyed,"
            f" certificate {self.ended['destruction']}"
        )

    def the_certificate_convinces_offline(self) -> None:
        """And one that was altered does not."""
        certificate, key = self.stage.directory / "certificate.json", self.stage.directory / "key.pem"
        proof = json.loads(self.stage.vault("verify", str(certificate), "--key", str(key), "--json"))
        require(proof["controller"]["slug"] == "kaiku24", "it is another controller's")
        altered = self.stage.directory / "altered.json"
        text = certificate.read_text()
        altered.write_text(text.replace(f'"recordings":{proof["destroyed"]["recordings"]}', '"recordings":0'))
        require(altered.read_text() != text, "nothing was altered")
        doubted = self.stage.run_vault("verify", str(altered), "--key", str(key))
        require(doubted.returncode == 1, "an altered certificate convinces as well")
        show(
            f"vault verify, without the vault: {proof['destroyed']['parts']} parts, keys destroyed at"
            f" {proof['key_destroyed_at']}; an altered copy proves nothing"
        )

    def what_was_destroyed_is_not_read(self) -> None:
        """Not under an access that was open, and nobody signs in any more."""
        listener = self.stage.person("kaiku24", Role.SUPERVISOR)  # signed in before the end
        problem = self.stage.until("the end of all sessions", lambda: _told_gone(listener, self.access))
        refusal(401, lambda: self.stage.sign_in("kaiku24", Role.SUPERVISOR))
        show("a read after that is refused", problem)

    def the_log_holds(self) -> None:
        """Every act, in a log that cannot be altered unseen."""
        officer = self.stage.person("prh", Role.DPO)
        end = json.loads(self.stage.vault("audit", "verify", "--json", client=officer))
        require(end["events"] > 0, "the log is empty")
        show(f"vault audit verify: PRH's {end['events']} events lead to the head that was signed for")

    def steps(self) -> tuple[Callable[[], None], ...]:
        """What happens, in order."""
        giving = Giving(self.stage)
        return (
            self.bad_deliveries_are_refused,
            self.a_call_is_found_by_number,
            self.it_is_heard_range_by_range,
            self.another_purpose_is_refused,
            self.another_controller_sees_nothing,
            self.the_operator_hears_nothing,
            *giving.steps(),
            self.chatbot_digits_go_after_an_hour,
            giving.nothing_is_kept_for_it,
            self.audio_goes_and_the_contact_record_stays,
            self.a_contract_ends,
            self.the_certificate_convinces_offline,
            self.what_was_destroyed_is_not_read,
            self.the_log_holds,
        )


def main() -> int:
    """Play the demo; the process's exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    samples = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    with tempfile.TemporaryDirectory(prefix="vault-demo-") as directory:
        try:
            with running(Path(directory) / "data", before_serving=_migrate, clock_offset=True) as (up, alive):
                _play(up, alive, Path(directory), samples)
        except KeyboardInterrupt:
            return _fail("stopped")
        except (NotShown, SeedFailed, PartFailed, Problem, Unreachable) as error:
            return _fail(str(error))
    sys.stdout.write(f"All of it was shown, in {time.monotonic() - began:.0f} s.\n")
    return 0


def _play(up: Running, alive: Callable[[], None], directory: Path, samples: Path) -> None:
    show("PostgreSQL, Valkey, SeaweedFS, the API and a worker run, in a directory of their own")
    settings = Settings.from_env(up.endpoints.environment(clock_offset=True))
    demo = seed(
        up.url,
        settings,
        directory / "demo.json",
        samples=samples,
        people=ROLES,
        say=lambda said: show(f"onboarded {said}"),
    )
    require(_recordings(demo) > 0, f"there are no recordings in {samples}")
    life = Life(Stage(up.url, directory, samples, demo, up.endpoints.clock_offset_file, alive))
    for step in life.steps():
        try:
            step()
        except (NotShown, Problem, Unreachable) as error:
            raise NotShown(f"{step.__name__.replace('_', ' ')}: {error}") from error


def _migrate(endpoints: Endpoints) -> None:
    asyncio.run(migrate(endpoints.owner_database_url))


def _fail(sentence: str) -> int:
    sys.stdout.write(f"✘ {sentence}\n")
    return 1


def _recordings(demo: Demo) -> int:
    return sum(house.imported or 0 for house in demo.houses.values())


def _search(client: Client, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.post("/v1/recordings/search", wanted)["items"]
    return found


def _access(client: Client, recording: str, purpose: str) -> dict[str, Any]:
    access: dict[str, Any] = client.post(f"/v1/recordings/{recording}/accesses", {"purpose": purpose, "reason": REASON})
    return access


def _text(client: Client, recording: str) -> str:
    return client.request("GET", _access(client, recording, "quality")["text_url"]).text


def _gone(client: Client, recording: str, part: str) -> bool | None:
    """Whether a part was destroyed: not only that its time is up, but that a destruction names it."""
    parts = client.get(f"/v1/recordings/{recording}")["parts"]
    return any(one["name"] == part and one["destruction"] for one in parts) or None


def _contract(operator: Client, slug: str) -> dict[str, Any]:
    return next(contract for contract in operator.get("/v1/contracts") if contract["slug"] == slug)


def _destroyed(operator: Client, slug: str) -> dict[str, Any] | None:
    contract = _contract(operator, slug)
    return contract if contract["state"] == "destroyed" else None


def _told_gone(client: Client, access: str) -> Problem | None:
    """How a read was refused once the vault knows the reader's controller as destroyed."""
    try:
        client.request("GET", access)
    except Problem as problem:
        return problem if problem.slug == "destroyed" else None
    raise NotShown("what was destroyed was read")


if __name__ == "__main__":
    sys.exit(main())
