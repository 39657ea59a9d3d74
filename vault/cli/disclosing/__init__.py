"""Lawful disclosure from a terminal: `vault disclose VERB`; each module beside this one brings verbs of its own."""

import importlib
import pkgutil
from functools import cache
from types import MappingProxyType

import click


@cache
def verbs() -> dict[str, click.Command]:
    """Every verb by its name, from `COMMANDS` of each module of this package that has any."""
    found: dict[str, click.Command] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(__path__)):
        found |= getattr(importlib.import_module(f"{__name__}.{module}"), "COMMANDS", {})
    return found


class Verbs(click.Group):
    """Loads its verbs when one is asked for, so that every other command starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs' names."""
        return list(verbs())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of this name, if there is one."""
        return verbs().get(cmd_name)


disclose = Verbs("disclose", help="Give recordings to others: asked for, decided by two, sealed to one, answered for.")

COMMANDS = MappingProxyType({"disclose": disclose})
