"""Writes the table of all acts of the log into the documentation, between its marks: `python -m infra.audit_events`."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from tenants.events.table import ALL
from tenants.events.words import Act, Also, By, Detail, Kind

DOCUMENT: Final = Path(__file__).with_name("audit-events.md")
BEGIN: Final = "<!-- acts: written by `python -m infra.audit_events` -->"
END: Final = "<!-- /acts -->"

_BY: Final = {By.PERSON: "person", By.MACHINE: "machine", By.WORKER: "the vault", By.NOBODY: "nobody known"}
_ALSO: Final = {Also.PURPOSE: "purpose", Also.CLAUSE: "clause", Also.REFUSED: "refusals"}


def main() -> None:
    """Write the document anew."""
    DOCUMENT.write_text(written(DOCUMENT.read_text()))


def written(document: str) -> str:
    """The document with the table as it is declared now."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = ["| act | what happened | by | object | also | details |", "|---|---|---|---|---|---|"]
    lines += [_row(each) for each in sorted(ALL, key=lambda each: each.name)]
    return f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}"


def _row(each: Act) -> str:
    by = ", ".join(_BY[one] for one in each.by)
    also = ", ".join(_ALSO[one] for one in each.also)
    details = ", ".join(f"`{name}`: {_kind(kind)}" for name, kind in each.details.items())
    return f"| `{each.name}` | {each.means} | {by} | {each.of or 'none'} | {also} | {details} |"


def _kind(kind: Detail) -> str:
    if isinstance(kind, Kind):
        return kind.value
    words: type[StrEnum] = kind
    return " / ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    main()
