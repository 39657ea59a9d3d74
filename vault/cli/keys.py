"""Keys are replaced by the installation's administrator, on the vault's own machine."""

import asyncio
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import click

from vault.cli.failures import fail
from vault.cli.output import emit, with_json
from vault.settings import Settings

if TYPE_CHECKING:
    from vault.custody.custody import Custody
    from vault.custody.key_rotation import KeyRotation
    from vault.custody.root_keys import RootKey

    Rotate = Callable[[Custody, KeyRotation, RootKey], Awaitable[dict[str, int]]]


@click.group()
def keys() -> None:
    """Replace keys, without rewriting what they keep. Settings come from VAULT_* variables."""


@keys.group()
def rotate() -> None:
    """Replace a key by a new one, while the vault serves. What was broken off is finished by the next run."""


@rotate.command("root")
@with_json
def rotate_root() -> None:
    """Wrap everything under the root key in VAULT_NEXT_ROOT_KEY.

    Every process of the vault must have been started with that variable beside VAULT_ROOT_KEY. Afterwards give it to
    them as VAULT_ROOT_KEY alone, and destroy the old root key once no copy of the keyring needs it.
    """

    async def rotate_all(custody: "Custody", rotation: "KeyRotation", root: "RootKey") -> dict[str, int]:
        from vault import rotating
        from vault.custody.root_keys import SucceedingRootKey

        both = cast(SucceedingRootKey, root)  # as open_root_key makes it where two are named
        return {"root": await rotating.rotate_root(custody, rotation, both)}

    settings = Settings.from_env()
    if settings.next_root_key is None:
        fail("VAULT_NEXT_ROOT_KEY is not set: there is no root key to go over to.")
    _run(settings, rotate_all)


@rotate.command("tenant")
@click.argument("controllers", nargs=-1, required=True)
@with_json
def rotate_tenant(controllers: tuple[str, ...]) -> None:
    """Give controllers, by their short names, a new tenant key each, and wrap their shred keys under it."""

    async def rotate_each(custody: "Custody", rotation: "KeyRotation", root: "RootKey") -> dict[str, int]:
        from vault import rotating

        return {name: await rotating.rotate_tenant(custody, rotation, root, name) for name in controllers}

    _run(Settings.from_env(), rotate_each)


def _run(settings: Settings, rotation: "Rotate") -> None:
    from vault.custody.keys import KeyringError

    try:
        done = asyncio.run(_rotated(settings, rotation))
    except KeyringError as error:
        fail(str(error))
    emit({"rotated": done}, *(f"{name}: {count} keys wrapped anew." for name, count in done.items()))


async def _rotated(settings: Settings, rotate: "Rotate") -> dict[str, int]:
    from vault.assembly import open_custody, open_root_key
    from vault.custody.key_rotation import KeyRotation

    async with open_custody(settings) as custody:
        return await rotate(custody, KeyRotation(settings.keyring_dir), open_root_key(settings))


COMMANDS = MappingProxyType({"keys": keys})
