"""The tables of infra/rights.md, as they are to be; run as a module, it writes them."""

from pathlib import Path

import infra
import tenants
from tenants.matrix import page
from tenants.reading import read_policy

PAGE = Path(infra.__file__).parent / "rights.md"
SLUGS = ("prh", "valtiokonttori", "vertaislaina", "tilastokeskus", "kaiku24")
LED = "valtiokonttori"
BEGIN, END = "<!-- rights: made from the code -->", "<!-- rights: end -->"


def due() -> str:
    """The page with the tables that the code makes today."""
    folder = Path(tenants.__file__).parent
    policies = {slug: read_policy((folder / f"{slug}.toml").read_text(), source=f"{slug}.toml") for slug in SLUGS}
    return put_into(PAGE.read_text(), page(policies, LED))


def put_into(text: str, tables: str) -> str:
    """The page with the tables in place of what stood between the markers.

    Raises:
        ValueError: it has no such place.
    """
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError("The page has no place for the tables.")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(due())
