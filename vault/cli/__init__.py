"""Every journey from a terminal: each command says what it did, and `--json` says it for a program."""

import click

from vault.cli import services

main = click.Group("vault", help="The recording vault: the policy that runs is the notice that was published.")
main.add_command(services.serve)
main.add_command(services.work)
main.add_command(services.migrate)
main.add_command(services.operator)
