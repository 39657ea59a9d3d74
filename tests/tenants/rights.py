"""The tables of infra/rights.md, as they are to be; run as a module, it writes them."""

from pathlib import Path

import infra
import tenants
from tenants.matrix import page, put_into
from tenants.reading import read_policy

PAGE = Path(infra.__file__).parent / "rights.md"
SLUGS = ("prh", "valtiokonttori", "vertaislaina", "tilastokeskus", "kaiku24")
LED = "valtiokonttori"


def due() -> str:
    """The page with the tables that the code makes today."""
    folder = Path(tenants.__file__).parent
    policies = {slug: read_policy((folder / f"{slug}.toml").read_text(), source=f"{slug}.toml") for slug in SLUGS}
    return put_into(PAGE.read_text(), page(policies, LED))


if __name__ == "__main__":
    PAGE.write_text(due())
