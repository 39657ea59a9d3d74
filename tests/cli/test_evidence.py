"""Proof from a terminal: who changes a certificate or a log is found out without the vault's help."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tenants.vocabulary import Role
from tests.cli.conftest import Terminal
from tests.destruction.aside import rows_of
from tests.world import As, House, World
from vault.custody.tree import root_of
from vault.destruction.expiry import expire

MONTHS = timedelta(days=200)


@pytest.fixture(scope="module")
async def destroyed(world: World) -> House:
    """A controller of which a call's audio has expired."""
    house = await world.house("prh")
    await house.recording()
    async with world.later(MONTHS):
        await expire(world.custody, house.tenant, world.now())
    return house


@pytest.fixture(scope="module")
async def officer(destroyed: House) -> As:
    return await destroyed.person(Role.DPO)


@pytest.fixture
async def certificate(terminal: Terminal, officer: As) -> Path:
    """The certificate and, beside it, the key."""
    listed = await terminal.json("certificates", as_=officer)
    await terminal.run("certificates", "read", listed[0]["id"], "-o", str(terminal.home / "it.json"), as_=officer)
    await terminal.run("certificates", "key", "-o", str(terminal.home / "key.pem"), as_=officer)
    return terminal.home / "it.json"


def alter(file: Path, before: str, after: str) -> None:
    """Change a file's text in one place."""
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


async def test_destructions_are_listed_with_their_numbers(terminal: Terminal, officer: As) -> None:
    assert "expiry" in (await terminal.run("certificates", as_=officer)).stdout
    everything = await terminal.json("certificates", "--all", as_=officer)
    assert [(one["due"], one["failed"]) for one in everything] == [(everything[0]["done"], 0)]


async def test_a_certificate_is_verified_without_a_vault(terminal: Terminal, certificate: Path) -> None:
    terminal.environment |= {"VAULT_URL": "http://127.0.0.1:9"}
    words = ("verify", str(certificate), "--key", str(certificate.with_name("key.pem")))
    said = (await terminal.run(*words)).stdout
    assert "is genuine" in said
    assert "Puhelutallenteet säilytetään kuusi kuukautta." in said
    assert "attempts to open were refused" in said
    assert (await terminal.json(*words))["reason"] == "expiry"


async def test_one_recording_is_proven_destroyed_without_a_vault(
    terminal: Terminal, certificate: Path, destroyed: House, officer: As
) -> None:
    (leaf, *_) = await rows_of(destroyed, "leaf")
    proof = terminal.home / "proof.json"
    await terminal.run("certificates", "proof", leaf["recording_id"], "-o", str(proof), as_=officer)
    terminal.environment |= {"VAULT_URL": "http://127.0.0.1:9"}
    words = ("verify", str(certificate), "--key", str(certificate.with_name("key.pem")), "--proof", str(proof))
    said = (await terminal.run(*words)).stdout
    assert f"recording {leaf['recording_id']} is among what was destroyed" in said
    alter(proof, leaf["part_id"], str(UUID(int=1)))
    assert (await terminal.run(*words, exit_code=1)).stderr.startswith(f"{proof} proves nothing.")


async def test_the_document_and_the_certificate_that_signed_it_are_fetched(terminal: Terminal, officer: As) -> None:
    listed = await terminal.json("certificates", as_=officer)
    document, signer = terminal.home / "it.pdf", terminal.home / "signer.pem"
    await terminal.run("certificates", "read", listed[0]["id"], "--pdf", str(document), as_=officer)
    await terminal.run("certificates", "key", "--x509", "-o", str(signer), as_=officer)
    assert document.read_bytes().startswith(b"%PDF-")
    assert b"BEGIN CERTIFICATE" in signer.read_bytes()


@pytest.mark.parametrize(
    ("before", "after"),
    [('"reason":"expiry"', '"reason":"contract_end"'), ('"parts":', '"parts":1'), ("{", "{ "), ('"Ed25519"', '"none"')],
)
async def test_an_altered_certificate_proves_nothing(
    terminal: Terminal, certificate: Path, before: str, after: str
) -> None:
    alter(certificate, before, after)
    words = ("verify", str(certificate), "--key", str(certificate.with_name("key.pem")))
    refused = await terminal.run(*words, exit_code=1)
    assert refused.stderr.startswith(f"{certificate} proves nothing.")
    assert refused.stdout == ""


async def test_a_certificate_proves_nothing_under_another_key(terminal: Terminal, certificate: Path) -> None:
    other = terminal.home / "other.pem"
    key = Ed25519PrivateKey.generate().public_key()
    other.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    refused = await terminal.run("verify", str(certificate), "--key", str(other), exit_code=1)
    assert "It names the key" in refused.stderr


async def test_a_log_follows_from_its_beginning(terminal: Terminal, officer: As) -> None:
    verified = await terminal.json("audit", "verify", as_=officer)
    assert verified["events"] > 5
    said = (await terminal.run("audit", "verify", "--kept", verified["head"], as_=officer)).stdout
    assert "each as it was written" in said


async def test_a_log_is_verified_at_home(terminal: Terminal, officer: As) -> None:
    file = terminal.home / "log.jsonl"
    await terminal.run("audit", "export", "-o", str(file), as_=officer)
    verified = await terminal.json("audit", "verify", "--file", str(file))
    assert verified["events"] == len(file.read_text().splitlines())


@pytest.mark.parametrize("tamper", ["alter", "leave out", "cut", "swap"])
async def test_a_log_that_was_tampered_with_is_found_out(terminal: Terminal, officer: As, tamper: str) -> None:
    file = terminal.home / "log.jsonl"
    await terminal.run("audit", "export", "-o", str(file), as_=officer)
    lines = file.read_text().splitlines()
    leaves = [bytes.fromhex(json.loads(line)["hash"]) for line in lines]
    if tamper == "alter":
        lines[1] = lines[1].replace("member.invited", "member.removed").replace("controller.", "nothing.")
    elif tamper == "leave out":
        del lines[1]
    elif tamper == "cut":
        del lines[-1]
    else:
        lines[1], lines[2] = lines[2], lines[1]
    file.write_text("\n".join(lines))
    words = ("audit", "verify", "--file", str(file), "--kept", f"{len(leaves)}:{root_of(leaves).hex()}")
    refused = await terminal.run(*words, exit_code=1)
    assert "not as it was written" in refused.stderr or "was written anew" in refused.stderr


async def test_what_is_no_log_is_told_with_its_line(terminal: Terminal) -> None:
    file = terminal.home / "log.jsonl"
    file.write_text('{"seq": 1}\n')
    assert f"{file}:1:" in (await terminal.run("audit", "verify", "--file", str(file), exit_code=1)).stderr


async def test_a_kept_end_is_a_number_and_a_hash(terminal: Terminal, officer: As) -> None:
    refused = await terminal.run("audit", "verify", "--kept", "soon", as_=officer, exit_code=2)
    assert "NUMBER:HASH" in refused.stderr


async def test_a_supervisor_reads_no_log(terminal: Terminal, destroyed: House) -> None:
    supervisor = await destroyed.person(Role.SUPERVISOR)
    assert (await terminal.run("audit", "verify", as_=supervisor, exit_code=1)).stderr.startswith("Not allowed.")
