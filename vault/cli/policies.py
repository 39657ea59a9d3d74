"""A policy file is checked where it is written, without a vault; as the next version it is previewed and proposed."""

import sys
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from vault.cli import session
from vault.cli.options import DAY
from vault.cli.output import emit, emit_table, with_json

DAYS_SHOWN = 20
"""New days that a preview names, a line each."""


@click.group()
def policy() -> None:
    """Check a policy file, preview what it would do, propose it as the next version."""


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
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--controller", help="Of which controller, by its id; for operators.")
@with_json
def preview(file: Path, controller: str | None) -> None:
    """Say what a policy file would do to what is stored, as the next version; nothing is changed."""
    with session.connect() as client:
        effect = client.post("/v1/policies/preview", _body(file, controller))
    emit(effect, *told(effect))


@policy.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="Why; it is kept with the proposal.")
@click.option("--controller", help="Of which controller, by its id; for operators.")
@with_json
def change(file: Path, reason: str, controller: str | None) -> None:
    """Propose a policy file as the next version. A second person, the controller's own, approves it."""
    with session.connect() as client:
        proposal = client.post("/v1/policies", _body(file, controller) | {"reason": reason})
    emit(
        proposal,
        *told(proposal["effect"]),
        f"Somebody else approves it: vault approve {proposal['id']} --reason …",
    )


@policy.command("list")
@with_json
def list_versions() -> None:
    """List the published versions of one's own controller."""
    with session.connect() as client:
        found = client.get("/v1/policies")
    rows = [(one["version"], one["effective_from"], one["standing"], one["sha256"][:16]) for one in found]
    emit_table(found, ("version", "from", "standing", "sha256"), rows, empty="No version is published.")


def _body(file: Path, controller: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"policy": file.read_text(encoding="utf-8")}
    return body | ({"controller": controller} if controller else {})


def told(effect: dict[str, Any]) -> list[str]:
    """A preview in words: a line for each period that changes, and for each new day."""
    lines = [f"Version {effect['version']}, in force from {effect['effective_from']}:"]
    for period in effect["periods"]:
        if period["change"] != "same":
            became = f"{period['before'] or 'nothing'} becomes {period['after'] or 'nothing'} ({period['change']})"
            counts = ("earlier", "later", "at_once", "held")
            numbers = ", ".join(f"{period[name]} {name.replace('_', ' ')}" for name in counts)
            lines.append(f"  {period['kind']}, {period['part_class']}: {became}; of {period['parts']} parts {numbers}")
    lines += [f"    {day['day']}: {day['parts']} of {day['part_class']}" for day in effect["days"][:DAYS_SHOWN]]
    more = len(effect["days"][DAYS_SHOWN:]) + effect["days_not_told"]
    lines += [f"    and {more} more days, with --json"] if more else []
    lines += [
        f"  {one['path']}: {one['before'] or 'nothing'} becomes {one['after'] or 'nothing'}" for one in effect["other"]
    ]
    lines.append(
        f"  in all {effect['earlier']} parts earlier, {effect['later']} later, {effect['at_once']} at once,"
        f" {effect['held']} held, {effect['unchanged']} as they are"
    )
    return lines


@policy.command()
def schema() -> None:
    """Print the JSON Schema of the policy language, for editors."""
    from tenants.schema import policy_schema_text

    click.echo(policy_schema_text(), nl=False)


COMMANDS = MappingProxyType({"policy": policy})
