"""Scripts and styles are built from npm's locked packages and our own sources; `python -m infra.assets` builds them."""

import json
from functools import cache
from pathlib import Path
from typing import Final

from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.static_files import create_static_files_router

STATIC: Final = Path(__file__).with_name("static")
MANIFEST: Final = STATIC / "built.json"
AT: Final = "/static"


class NotBuilt(RuntimeError):
    """Nobody has built the console's scripts yet."""


def address(name: str) -> str:
    """Where a built file is found; its content is in its name, so that a browser may keep it for good.

    Raises:
        NotBuilt: there is no such file.
    """
    try:
        return f"{AT}/{_manifest()[name]}"
    except (OSError, KeyError):
        raise NotBuilt(f"{name} is not built: run `make assets`.") from None


@cache
def _manifest() -> dict[str, str]:
    built: dict[str, str] = json.loads(MANIFEST.read_text())
    return built


router = create_static_files_router(
    path=AT,
    directories=[STATIC],
    name="static",
    # Its content is in its name.
    cache_control=CacheControlHeader(public=True, max_age=31_536_000, immutable=True),
    include_in_schema=False,
    # These alone: what is secret is not compressed beside what a visitor may choose (BREACH).
    middleware=[DefineMiddleware(CompressionMiddleware, config=CompressionConfig(backend="gzip"))],
    opt={"exclude_from_auth": True, "action": "public"},
)
