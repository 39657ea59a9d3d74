"""Draws the states of disclosures and of requests from the code: `python -m infra.disclosure_picture`."""

from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from tenants.disclosing import TRANSITIONS
from tenants.subject_rules import REQUEST_TRANSITIONS

DOCUMENT: Final = Path(__file__).with_name("disclosures.md")
START, END = "<!-- drawn from tenants/disclosing.py -->", "<!-- end of what is drawn -->"
START_OF_REQUESTS: Final = "<!-- drawn from tenants/subject_rules.py -->"

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


def diagram() -> str:
    """The states of a disclosure."""
    return _diagram(TRANSITIONS, "request")


def requests() -> str:
    """The states of a data subject's request."""
    return _diagram(REQUEST_TRANSITIONS, "receive")


def _diagram(transitions: Mapping[tuple[State, Event], State], begins: str) -> str:
    """A table of states as a Mermaid diagram; several events between the same two states share an arrow."""
    arrows: dict[tuple[State, State], list[Event]] = defaultdict(list)
    for (state, event), follows in transitions.items():
        arrows[state, follows].append(event)
    first, _ = next(iter(arrows))
    lines = ["stateDiagram-v2", f"    [*] --> {first.value}: {begins}"]
    for (state, follows), events in arrows.items():
        words = ", ".join(event.value.replace("_", " ") for event in events)
        lines.append(f"    {state.value} --> {follows.value}: {words}")
    left = {state for state, _ in arrows}
    lines += [f"    {state.value} --> [*]" for state in type(first) if state not in left]
    return "\n".join(lines)


def drawn(text: str) -> str:
    """The document with the pictures as the code is now, each between its two marks."""
    for start, picture in ((START, diagram()), (START_OF_REQUESTS, requests())):
        before, _, rest = text.partition(start)
        _, _, behind = rest.partition(END)
        text = f"{before}{start}\n\n```mermaid\n{picture}\n```\n\n{END}{behind}"
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(drawn(DOCUMENT.read_text()))
