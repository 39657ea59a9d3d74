"""Draws a disclosure's states from the code into the documentation: `python -m infra.disclosure_picture`."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from tenants.disclosing import OVER, TRANSITIONS, DisclosureEvent, DisclosureState

DOCUMENT: Final = Path(__file__).with_name("disclosures.md")
START, END = "<!-- drawn from tenants/disclosing.py -->", "<!-- end of what is drawn -->"


def diagram() -> str:
    """The table of states as a Mermaid diagram; several events between the same two states share an arrow."""
    arrows: dict[tuple[DisclosureState, DisclosureState], list[DisclosureEvent]] = defaultdict(list)
    for (state, event), follows in TRANSITIONS.items():
        arrows[state, follows].append(event)
    lines = ["stateDiagram-v2", f"    [*] --> {DisclosureState.REQUESTED.value}: request"]
    for (state, follows), events in arrows.items():
        words = ", ".join(event.value.replace("_", " ") for event in events)
        lines.append(f"    {state.value} --> {follows.value}: {words}")
    lines += [f"    {state.value} --> [*]" for state in DisclosureState if state in OVER]
    return "\n".join(lines)


def drawn(text: str) -> str:
    """The document with the picture as the code is now, between its two marks."""
    before, _, rest = text.partition(START)
    _, _, behind = rest.partition(END)
    return f"{before}{START}\n\n```mermaid\n{diagram()}\n```\n\n{END}{behind}"


if __name__ == "__main__":
    DOCUMENT.write_text(drawn(DOCUMENT.read_text()))
