"""A change is asked for by a program, or by a page of the vault's own: never by another site's, in somebody's name.

Browsers say of each request whence it comes (Fetch Metadata, `Sec-Fetch-Site`); those that are older say at least the
`Origin` of each that changes something. Programs say neither. The cookie's SameSite=Strict is the first lock.
"""

from typing import Final

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 §9.2.1)."""


def is_another_site(method: str, *, site: str | None, origin: str | None, host: str) -> bool:
    """Whether a change is asked for by another site.

    Args:
        site: `Sec-Fetch-Site`.
        origin: `Origin`.
        host: `Host`.
    """
    if method in SAFE:
        return False
    if site is not None:  # the browser has compared them itself, whatever a proxy made of the host
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("://")[2] != host
