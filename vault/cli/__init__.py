"""Every journey from a terminal: each command says what it did, and `--json` says it for a program."""

import importlib
import sys
from types import MappingProxyType

import click

COMMANDS = MappingProxyType(
    {
        "up": "up",
        "serve": "services",
        "work": "services",
        "migrate": "services",
        "operator": "services",
        "operator-country": "services",
        "invite-again": "services",
        "backup": "backups",
        "restore": "backups",
        "keys": "keys",
        "rebuild": "reconciling",
        "reconcile": "reconciling",
        "login": "accounts",
        "logout": "accounts",
        "redeem": "accounts",
        "code": "accounts",
        "teams": "teams",
        "directory": "teams",
        "sessions": "accounts",
        "whoami": "accounts",
        "members": "accounts",
        "token": "tokens",
        "tokens": "tokens",
        "rotate-token": "tokens",
        "revoke-token": "tokens",
        "policy": "policies",
        "onboard": "controllers",
        "controllers": "controllers",
        "contracts": "controllers",
        "notices": "controllers",
        "end-contract": "controllers",
        "return": "returning",
        "order-destruction": "orders",
        "proposals": "proposals",
        "approve": "proposals",
        "reject": "proposals",
        "import": "delivering",
        "upload": "delivering",
        "search": "listening",
        "show": "listening",
        "play": "listening",
        "hold": "keeping",
        "release": "keeping",
        "holds": "keeping",
        "bulk-hold": "keeping",
        "restrict": "keeping",
        "lift": "keeping",
        "retention": "keeping",
        "disclose": "disclosing",
        "calendar": "retention",
        "break-glass": "overseeing",
        "support": "overseeing",
        "rights": "overseeing",
        "unusual": "overseeing",
        "certificates": "evidence",
        "verify": "evidence",
        "audit": "evidence",
    }
)
"""Which module of this package has each command, in the order in which they are listed."""


class Commands(click.Group):
    """Loads the module of the command that is asked for and no other, so that each starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"vault.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.COMMANDS[cmd_name]
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what may go wrong is told in sentences."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from vault.cli import failures

            if not isinstance(error, failures.EXPECTED):
                raise
            failures.tell(error)
            sys.exit(1)


main = Commands("vault", help="The recording vault: the policy that runs is the notice that was published.")
main = click.version_option(package_name="recording-vault", prog_name="vault", message="%(prog)s %(version)s")(main)
