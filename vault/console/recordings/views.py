"""Where somebody is in what they found is said by an address, so that coming back leads to the same place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlencode
from uuid import UUID

RECORDINGS: Final = "/recordings"
MOST_PAGES: Final = 8
"""Of one address; what comes after is a list of its own."""

_SEARCH = re.compile("[0-9a-f]{32}")
_CURSOR = re.compile("[A-Za-z0-9_=-]{1,200}")


@dataclass(frozen=True, kw_only=True)
class View:
    """Results before somebody: of which search on their desk, after which cursor, and so many pages."""

    search: str = ""
    after: str = ""
    pages: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """As an address says; whatever is not of the form is left out."""
        search, after, pages = query.get("search", ""), query.get("after", ""), query.get("pages", "")
        return cls(
            search=search if _SEARCH.fullmatch(search) else "",
            after=after if _CURSOR.fullmatch(after) else "",
            pages=min(int(pages), MOST_PAGES) if re.fullmatch("[1-9]", pages) else 1,
        )

    @property
    def query(self) -> str:
        """With its question mark; empty for the newest recordings of all."""
        said = {"search": self.search, "after": self.after, "pages": str(self.pages) if self.pages > 1 else ""}
        encoded = urlencode({name: value for name, value in said.items() if value})
        return f"?{encoded}" if encoded else ""

    @property
    def address(self) -> str:
        """Of the list itself."""
        return f"{RECORDINGS}{self.query}"

    def at(self, recording: UUID) -> str:
        """The list, at the line of a recording."""
        return f"{self.address}#r-{recording}"

    def of_recording(self, recording: UUID, **further: str) -> str:
        """A recording's page, which knows the way back."""
        begun = f"{RECORDINGS}/{recording}{self.query}"
        return f"{begun}{'&' if self.query else '?'}{urlencode(further)}" if further else begun

    def following(self, cursor: str) -> "View":
        """The page after, as a list of its own."""
        return replace(self, after=cursor, pages=1)

    def first(self) -> "View":
        """Where it begins."""
        return replace(self, after="", pages=1)

    def longer(self) -> "View | None":
        """The same with another page; None where it is long enough."""
        return replace(self, pages=self.pages + 1) if self.pages < MOST_PAGES else None
