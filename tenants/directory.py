"""What a controller's own directory may decide here: which of its groups are which roles, and who is linked by e-mail.

A directory never makes an operator of the outsourcing firm, a machine, or somebody of outside.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from tenants.vocabulary import Role

MAPPABLE = frozenset(Role) - {Role.OPERATOR, Role.INGEST, Role.RECIPIENT, Role.PROVISIONING}
"""The roles that a group or a claim may stand for."""

RoleMapping = Mapping[str, Collection[Role]]
"""Which roles a group, or a claim's value, stands for."""

NOTHING: RoleMapping = MappingProxyType({})


def roles_of(values: Iterable[str], mapping: RoleMapping) -> frozenset[Role]:
    """The roles that these groups or values stand for; what a directory may not decide is left out."""
    return frozenset(role for value in values for role in mapping.get(value, ())) & MAPPABLE


def unmappable(roles: Iterable[Role]) -> list[Role]:
    """Which of these roles nobody gets from a directory."""
    return sorted(set(roles) - MAPPABLE)


def claim_values(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The strings that a claim holds; none where it is absent or of another form.

    Args:
        name: the claim's name, or its way through nested ones, such as `realm_access.roles`. A claim whose name has
            dots in itself goes before.
    """
    found: Any = claims.get(name)
    if found is None:
        found = _walked(claims, name)
    if isinstance(found, str):
        return (found,)
    return tuple(value for value in found if isinstance(value, str)) if isinstance(found, list) else ()


def may_link(email: str, *, verified: Any, domains: Collection[str]) -> bool:
    """Whether a provider's word for an e-mail address makes somebody its owner here.

    Args:
        verified: the claim `email_verified`, as it came: true, and nothing that looks like it.
        domains: which domains the provider speaks for; none, unless somebody named them.
    """
    name, at, domain = email.strip().casefold().partition("@")
    return verified is True and bool(name and at) and "@" not in domain and domain in domains


def _walked(claims: Mapping[str, Any], name: str) -> Any:
    found: Any = claims
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict | MappingProxyType) else None
    return found
