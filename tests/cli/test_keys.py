"""Keys are replaced from the vault's own machine, and nobody who uses the vault notices."""

import asyncio
import json
import shutil
import sys
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from infra.embedded import Endpoints
from tests.cli.conftest import Terminal
from tests.world import House, World, wav
from vault.custody import audit
from vault.custody.database import PLATFORM, tenant_scope
from vault.settings import process_environment


@pytest.fixture(scope="module")
async def house(world: World) -> House:
    """A controller under PRH's policy."""
    return await world.house("prh")


async def vault(stack: Endpoints, *words: str, **variables: str) -> tuple[int, str]:
    """Run `vault` on the vault's own machine, as its administrator would."""
    environment = process_environment() | stack.environment(clock_offset=True) | variables
    command = [sys.executable, "-m", "vault", *words]
    done = await asyncio.to_thread(run, command, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


async def last_event(world: World, tenant: Any) -> dict[str, Any]:
    async with tenant_scope(tenant):
        head = await audit.head(tenant)
        (event,) = await audit.page(tenant, after=head.seq - 1, limit=1)
    body: dict[str, Any] = json.loads(event["body"])
    return body


async def test_a_controllers_key_is_replaced_while_the_vault_serves(
    world: World, stack: Endpoints, house: House
) -> None:
    first = await house.deliver(wav(), source_id="before")
    code, said = await vault(stack, "keys", "rotate", "tenant", house.slug, "--json")

    assert code == 0, said
    rotated = json.loads(said)["rotated"][house.slug]
    assert rotated >= 3
    event = await last_event(world, house.tenant)
    assert (event["act"], event["details"]) == ("tenant_key.rotated", {"keys": rotated})
    again = await house.deliver(wav(), source_id="before")
    assert again.headers["location"] == first.headers["location"]
    assert (await house.deliver(wav(), source_id="after")).status_code == 201


async def test_the_root_key_is_replaced_for_a_whole_keyring(world: World, stack: Endpoints, tmp_path: Path) -> None:
    keyring = tmp_path / "keyring"
    shutil.copytree(stack.keyring_dir, keyring)  # the tests' own keyring stays under its root key
    following = {"VAULT_KEYRING_DIR": str(keyring), "VAULT_NEXT_ROOT_KEY": f"file:{tmp_path / 'next.key'}"}
    code, said = await vault(stack, "keys", "rotate", "root", "--json", **following)

    assert code == 0, said
    event = await last_event(world, PLATFORM)
    assert (event["act"], event["details"]) == ("root_key.rotated", {"keys": json.loads(said)["rotated"]["root"]})
    only = {"VAULT_KEYRING_DIR": str(keyring), "VAULT_ROOT_KEY": f"file:{tmp_path / 'next.key'}"}
    code, said = await vault(stack, "keys", "rotate", "tenant", "nobody", **only)
    assert (code, said.strip()) == (1, "There is no controller 'nobody'.")  # and so the keyring opened


async def test_a_root_key_that_is_not_named_is_told_in_a_sentence(terminal: Terminal, stack: Endpoints) -> None:
    terminal.environment = stack.environment()
    answer = await terminal.run("keys", "rotate", "root", exit_code=1)
    assert answer.stderr == "VAULT_NEXT_ROOT_KEY is not set: there is no root key to go over to.\n"

    terminal.environment = stack.environment() | {"VAULT_NEXT_ROOT_KEY": "aws-kms:vault"}
    answer = await terminal.run("keys", "rotate", "root", exit_code=1)
    assert answer.stderr == "VAULT_NEXT_ROOT_KEY does not say its region.\n"
