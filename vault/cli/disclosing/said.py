"""What a data subject says, by which what is theirs is found, from a command line."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from vault.cli.options import MOMENT

SAID = (
    click.option("--number", "numbers", multiple=True, help="A number of theirs; `-` reads it from standard input."),
    click.option("--agent", help="The agent's id, for a request of an agent."),
    click.option("--facts", help="What else they say; `-` reads it from standard input. It is kept sealed."),
    click.option("--from", "since", type=MOMENT, help="What started then or later."),
    click.option("--to", "before", type=MOMENT, help="What started before then."),
    click.option("--recording", "recordings", multiple=True, help="A recording that is theirs."),
)


def with_said(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which a data subject's recordings are found."""
    for option in reversed(SAID):
        command = option(command)
    return command


def said_of(
    *,
    numbers: tuple[str, ...],
    agent: str | None,
    facts: str | None,
    since: datetime | None,
    before: datetime | None,
    recordings: tuple[str, ...],
) -> dict[str, Any]:
    """What was said on the command line, as the vault is told."""
    return {
        "facts": typed(facts),
        "numbers": [typed(number) for number in numbers],
        "agent_id": agent,
        "starts_after": since.isoformat() if since else None,
        "starts_before": before.isoformat() if before else None,
        "recordings": list(recordings),
    }


def typed(text: str | None) -> str | None:
    """What was given, or typed where that is `-`."""
    return sys.stdin.readline().strip() if text == "-" else text
