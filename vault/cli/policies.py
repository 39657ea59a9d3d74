"""A policy file is checked where it is written, without a vault."""

import sys
from datetime import date
from pathlib import Path
from types import MappingProxyType

import click

from vault.cli.options import DAY
from vault.cli.output import emit, with_json


@click.group()
def policy() -> None:
    """Check a policy file; print the language's schema."""


@policy.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--starts-on", type=DAY, help="The contract's first day: its length is then checked too.")
@click.option("--ends-on", type=DAY, help="The contract's last day.")
@with_json
def check(file: Path, starts_on: date | None, ends_on: date | None) -> None:
    """Say every mistake in a policy file: its line, what is wrong and what would be right."""
    from msgspec import to_builtins

    from tenants.contracts import Contract
    from tenants.reading import PolicyInvalid, check_against_contract, read_policy

    try:
        policy = read_policy(file.read_text(encoding="utf-8"), source=str(file))
        if starts_on and ends_on:
            term = Contract(starts_on=starts_on, ends_on=ends_on, time_zone=policy.time_zone)
            if problems := check_against_contract(policy, term, source=str(file)):
                raise PolicyInvalid(problems)
    except PolicyInvalid as invalid:
        emit({"valid": False, "problems": to_builtins(invalid.problems)}, *(str(one) for one in invalid.problems))
        sys.exit(1)
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} is not UTF-8.") from None
    kinds = [kind.value for kind in policy.recorded.kinds]
    emit(
        {"valid": True, "problems": [], "policy": policy.slug, "version": policy.version},
        f"{file}: good. {policy.controller.name}, version {policy.version} from {policy.effective_from};"
        f" {', '.join(kinds)}; {len(policy.purposes.allowed)} purposes, {len(policy.clauses)} clauses.",
    )


@policy.command()
def schema() -> None:
    """Print the JSON Schema of the policy language, for editors."""
    from tenants.schema import policy_schema_text

    click.echo(policy_schema_text(), nl=False)


COMMANDS = MappingProxyType({"policy": policy})
