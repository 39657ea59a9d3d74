"""The demo's chapter on giving to others: an authority is answered, within what two persons approved and no more."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from infra.coming_in import come_in, take_up
from infra.stage import Stage, refusal, require, show
from tenants.vocabulary import Role
from vault.client.http import Client, Problem

SLUG = "kaiku24"
"""Its notice lets authorities be told."""

NAME = "Demo Police Department"
LAW = "Poliisilaki 4:3 §"
OFFICER = "officer@authority.demo.example"
ASKED = ("050-000 0499", "050-000 2223")
"""The numbers that the officer asks about: a call of four minutes, and a short one that is not given."""

MINUTE = (60_000, 120_000)
"""What is given of the long call, in milliseconds."""

WHY = "The demo shows how this is done"


@dataclass
class Giving:
    """The steps, in order; each raises unless it showed what it says."""

    stage: Stage
    organisation: str = ""
    disclosure: str = ""
    given: str = ""
    """The one recording of which a minute is given."""

    package: dict[str, Any] = field(default_factory=dict)
    _officer: Client | None = None

    @property
    def officer(self) -> Client:
        """The authority's named person, signed in."""
        require(self._officer is not None, "the authority has no officer")
        assert self._officer is not None  # noqa: S101 - required above
        return self._officer

    @property
    def dpo(self) -> Client:
        return self.stage.person(SLUG, Role.DPO)

    @property
    def administrator(self) -> Client:
        return self.stage.person(SLUG, Role.ADMINISTRATOR)

    def an_authority_is_registered_by_two(self) -> None:
        """With the law on which it may ask, the certificate it is sealed to, and a person of its own."""
        body = {
            "kind": "authority",
            "name": NAME,
            "statutory_right": "It is told what it needs in spite of secrecy.",
            "legal_bases": [LAW],
            "certificate": self._certificate(),
            "contact": "The registry, by the number that it publishes.",
            "reason": WHY,
        }
        proposal = self.dpo.post("/v1/organisations", body)
        decision = f"/v1/proposals/{proposal['id']}/decision"
        approval = {"approve": True, "reason": WHY}
        refusal(403, lambda: self.dpo.post(decision, approval))
        require(self.administrator.post(decision, approval)["state"] == "carried_out", "it is not registered")
        self.organisation = proposal["object"]
        self._officer = self._let_in()
        show(f"{NAME} is registered at Kaiku24 with its certificate: one proposes it, another calls and approves")

    def it_asks_and_the_scope_is_shown(self) -> None:
        """To those who decide; the officer is not told what there is before it is given."""
        body = {
            "kind": "authority",
            "organisation": self.organisation,
            "terms": {"legal_basis": LAW},
            "details": {"reason": WHY, "case_number": "2026/17", "numbers": ASKED},
        }
        asked = self.officer.post("/v1/disclosures", body)
        self.disclosure = asked["id"]
        require(asked["scope"] is None, "the officer is told what there is before anybody approved")
        scope = self._seen()["scope"]
        require((scope["recordings"], scope["held"]) == (2, 2), f"the scope is {scope}")
        long, short = sorted(scope["items"], key=lambda item: -item["duration_ms"])
        self.given = long["recording"]
        self._change(self.given, limits={"excerpts": [MINUTE]})
        self._change(short["recording"], included=False)
        narrowed = self._seen()["scope"]
        found = (narrowed["recordings"], narrowed["minutes"], narrowed["excluded"])
        require(found == (1, 1.0, 1), f"the scope is {narrowed}")
        show(
            f"its officer asks about two numbers: {scope['recordings']} recordings, {scope['minutes']} minutes, kept"
            f" from now on; granted are {narrowed['minutes']} minutes of {narrowed['recordings']}"
        )

    def two_persons_approve(self) -> None:
        """Neither of whom asked, and one of whom is an administrator."""
        decisions = f"/v1/disclosures/{self.disclosure}/decisions"
        approval = {"approve": True, "reason": WHY}
        refusal(403, lambda: self.officer.post(decisions, approval))
        require(self.dpo.post(decisions, approval)["state"] == "half_approved", "one approval was enough, or none")
        problem = _refused(lambda: self.dpo.post(decisions, approval))
        require(self.administrator.post(decisions, approval)["state"] == "approved", "two approvals were not enough")
        show(
            "its data protection officer and an administrator approve exactly that; one of them twice may not", problem
        )

    def its_officer_alone_fetches_it(self) -> None:
        """One file, sealed to the authority's certificate."""
        self.package = self.stage.until("the package", self._packed)
        stranger = self.stage.person("valtiokonttori", Role.DPO)
        fetches = f"/v1/packages/{self.package['id']}/fetches"
        refusal(404, lambda: stranger.post(fetches, {}))
        refusal(404, lambda: self.administrator.post(fetches, {}))
        self.stage.vault("disclose", "fetch", self.disclosure, str(self._directory), client=self.officer)
        sealed = self._sealed.read_bytes()
        require(hashlib.sha256(sealed).hexdigest() == self.package["sha256"], "it is not what was packed")
        show(f"its officer, and nobody else, fetches one file of {len(sealed)} bytes, sealed to its certificate")

    def the_package_convinces_offline(self) -> None:
        """And one that was altered does not, nor does it open without the authority's key."""
        key = self._directory / "vault.pem"
        key.write_bytes(self.officer.request("GET", "/v1/certificate-key").content)
        means = ("--key", str(key), "--certificate", str(self._pem))
        opens = (*means, "--identity", str(self._secret))
        manifest = json.loads(self.stage.vault("verify", str(self._sealed), *opens, "--json"))
        told = (manifest["recipient"]["name"], manifest["basis"]["law"], manifest["scope"]["recordings"])
        require(told == (NAME, LAW, 1), f"the package says {told}")
        require(manifest["scope"]["duration_ms"] == MINUTE[1] - MINUTE[0], "more or less than the minute is given")
        require(self.stage.run_vault("verify", str(self._sealed), *means).returncode != 0, "it opens without its key")
        altered = self._directory / "altered.p7m"
        sealed = bytearray(self._sealed.read_bytes())
        sealed[len(sealed) // 2] ^= 1
        altered.write_bytes(sealed)
        require(
            self.stage.run_vault("verify", str(altered), *opens).returncode == 1, "an altered one convinces as well"
        )
        show(
            f"vault verify, without the vault: {manifest['scope']['duration_ms'] // 1000} seconds of"
            f" {manifest['scope']['recordings']} recording, {len(manifest['members'])} files, mark {manifest['mark']};"
            " an altered copy proves nothing"
        )

    def it_stands_in_the_register(self) -> None:
        """Who was given what, on which law, decided by whom, fetched when (Art. 30(1)(d))."""
        entry = next(one for one in self.dpo.get("/v1/disclosure-register")["items"] if one["id"] == self.disclosure)
        told = (entry["recipient"], entry["legal_basis"], entry["recordings"], entry["package_sha256"])
        require(told == (NAME, LAW, [self.given], self.package["sha256"]), f"the register says {told}")
        require(len(set(entry["deciders"])) == 2 and entry["fetched_at"] is not None, f"the register says {entry}")
        show(f"the register: {entry['kind']} to {NAME}, by {LAW}, {len(entry['deciders'])} deciders, fetched")

    def nothing_is_kept_for_it(self) -> None:
        """Once it was handed over its package goes, and what was held for it is let go."""
        self.stage.until("the disclosure's end", lambda: self._seen()["state"] == "fulfilled" or None)
        self.stage.until("the end of what was held", lambda: not self._holds() or None)
        gone = self.dpo.get(f"/v1/disclosures/{self.disclosure}/package")
        require(gone["removed_at"] is not None, "the package is still here")
        show("the package that was handed over is gone too, and nothing is held for it any more")

    def steps(self) -> tuple[Callable[[], None], ...]:
        """What happens, in order, before the clock is moved."""
        return (
            self.an_authority_is_registered_by_two,
            self.it_asks_and_the_scope_is_shown,
            self.two_persons_approve,
            self.its_officer_alone_fetches_it,
            self.the_package_convinces_offline,
            self.it_stands_in_the_register,
        )

    @property
    def _directory(self) -> Path:
        """What the authority has."""
        made = self.stage.directory / "authority"
        made.mkdir(mode=0o700, exist_ok=True)
        return made

    @property
    def _pem(self) -> Path:
        return self._directory / "certificate.pem"

    @property
    def _secret(self) -> Path:
        return self._directory / "key.pem"

    @property
    def _sealed(self) -> Path:
        return self._directory / str(self.package["filename"])

    def _certificate(self) -> str:
        """The authority's own, whose key stays with it."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, NAME)])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        made = builder.not_valid_after(now + timedelta(days=365)).sign(key, hashes.SHA256())
        self._pem.write_bytes(made.public_bytes(Encoding.PEM))
        self._secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return self._pem.read_text()

    def _let_in(self) -> Client:
        url, password = self.stage.url, self.stage.demo.password
        person = {"email": OFFICER, "name": "Demo Officer"}
        invited = self.administrator.post(f"/v1/organisations/{self.organisation}/persons", person)
        take_up(url, SLUG, OFFICER, invited["invitation"], password, now=self.stage.now)
        return come_in(url, SLUG, OFFICER, password, now=self.stage.now)

    def _seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = self.dpo.get(f"/v1/disclosures/{self.disclosure}")
        return seen

    def _change(self, recording: str, **change: Any) -> None:
        self.dpo.request("PUT", f"/v1/disclosures/{self.disclosure}/items/{recording}", json=change)

    def _packed(self) -> dict[str, Any] | None:
        try:
            packed: dict[str, Any] = self.officer.get(f"/v1/disclosures/{self.disclosure}/package")
        except Problem as problem:
            require(problem.status == 404, f"{problem.status}: {problem.detail}")
            return None
        return packed

    def _holds(self) -> list[dict[str, Any]]:
        held: list[dict[str, Any]] = self.dpo.get("/v1/holds", recording=self.given)["items"]
        return held


def _refused(act: Callable[[], object]) -> Problem:
    try:
        act()
    except Problem as problem:
        return problem
    require(False, "it was let pass")
    raise AssertionError
