"""Everything on this machine, by one command."""
from types import MappingProxyType
import click
@click.command()
def up() -> None:
    """Run everything on this machine."""
COMMANDS = MappingProxyType({"up": up})
