"""What somebody with backups has: a controller's rows and objects as they were, to be put back."""

import json
from dataclasses import dataclass
from typing import Any

from tests.world import House
from vault.custody.database import DB, tenant_scope
from vault.custody.objects import Version

TABLES = ("recording", "part", "blind_index", "access")


async def bucket_of(house: House) -> str:
    """Where the controller's objects lie."""
    async with tenant_scope(house.tenant):
        rows = await DB.fetch("SELECT bucket FROM controller WHERE id = $1", house.tenant)
    return str(rows[0]["bucket"])


async def stored(house: House) -> list[Version]:
    """Every version and delete marker in the controller's bucket."""
    return [version async for version in house.world.custody.objects.versions(await bucket_of(house))]


async def kept(house: House) -> list[str]:
    """The names of the parts whose ciphertext is somewhere: each version in the store, and each in a row."""
    in_store = [version.key.rpartition("/")[2] for version in await stored(house)]
    return sorted(in_store + [part["name"] for part in await rows_of(house, "part") if part["sealed"]])


async def rows_of(house: House, table: str) -> list[dict[str, Any]]:
    """A table's rows of the controller, as the application sees them."""
    async with tenant_scope(house.tenant):
        rows = await DB.fetch(f"SELECT to_jsonb(t) AS row FROM {table} t WHERE tenant_id = $1", house.tenant)  # noqa: S608 - a test's own words
    return [json.loads(row["row"]) for row in rows]


@dataclass(frozen=True)
class Aside:
    """A copy of the catalogue's rows and of the bucket, taken before a destruction."""

    house: House
    rows: dict[str, list[dict[str, Any]]]
    objects: dict[str, bytes]

    @classmethod
    async def copy(cls, house: House) -> "Aside":
        """Take everything there is."""
        bucket = await bucket_of(house)
        rows = {table: await rows_of(house, table) for table in TABLES}
        objects = {}
        for version in await stored(house):
            pieces = house.world.custody.objects.get(bucket, version.key, version.version_id)
            objects[version.key] = b"".join([bytes(piece) async for piece in pieces])
        return cls(house, rows, objects)

    async def put_back(self) -> None:
        """Make rows and objects what they were; an object gets another version, which its row then names."""
        custody, bucket = self.house.world.custody, await bucket_of(self.house)
        await custody.objects.create_bucket(bucket, "eu-north-1")
        versions = {key: await custody.objects.put(bucket, key, len(body), body) for key, body in self.objects.items()}
        async with tenant_scope(self.house.tenant):
            for table in reversed(TABLES):
                await DB.fetch(f"DELETE FROM {table} WHERE tenant_id = $1", self.house.tenant)  # noqa: S608 - as above
            for table in TABLES:
                columns = "*"
                if table == "blind_index":
                    columns = "tenant_id, recording_id, field, digest, started_at, destroy_at"
                for row in self.rows[table]:
                    if table == "part" and row["object_key"] in versions:
                        row = row | {"object_version": versions[row["object_key"]].version_id}
                    into = "" if columns == "*" else f"({columns})"
                    await DB.fetch(
                        f"INSERT INTO {table} {into} SELECT {columns} FROM jsonb_populate_record(NULL::{table}, $1)",  # noqa: S608 - as above
                        json.dumps(row),
                    )
