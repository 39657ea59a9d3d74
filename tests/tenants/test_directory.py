"""A directory names people and groups; it never makes an operator, a machine, or somebody of outside."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.directory import MAPPABLE, claim_values, may_link, roles_of, unmappable
from tenants.vocabulary import Role

GROUPS = st.sampled_from(["a", "b", "c", "d"])
MAPPINGS = st.dictionaries(GROUPS, st.frozensets(st.sampled_from(list(Role))))


@given(st.lists(GROUPS), MAPPINGS)
def test_whatever_is_mapped_no_group_makes_an_operator_a_machine_or_a_recipient(
    groups: list[str], mapping: dict[str, frozenset[Role]]
) -> None:
    roles = roles_of(groups, mapping)
    assert roles <= {
        Role.ADMINISTRATOR,
        Role.SUPERVISOR,
        Role.QUALITY,
        Role.TRAINER,
        Role.AGENT,
        Role.DPO,
        Role.MAINTENANCE,
        Role.SECURITY,
    }


@given(st.lists(GROUPS), st.lists(GROUPS), MAPPINGS)
def test_roles_are_those_of_all_groups_together(one: list[str], other: list[str], mapping: dict[str, Any]) -> None:
    assert roles_of(one + other, mapping) == roles_of(one, mapping) | roles_of(other, mapping)


def test_a_group_that_nobody_mapped_is_no_role() -> None:
    assert roles_of(["a"], {"b": {Role.DPO}}) == frozenset()


def test_the_roles_that_nobody_gets_from_a_directory_are_named() -> None:
    assert unmappable([Role.OPERATOR, Role.DPO, Role.INGEST]) == [Role.INGEST, Role.OPERATOR]
    assert unmappable(MAPPABLE) == []


@pytest.mark.parametrize(
    ("claims", "name", "values"),
    [
        ({"groups": ["a", "b"]}, "groups", ("a", "b")),
        ({"groups": "a"}, "groups", ("a",)),
        ({"groups": ["a", 1, None, {}]}, "groups", ("a",)),
        ({"groups": 7}, "groups", ()),
        ({}, "groups", ()),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ("a",)),
        ({"realm_access": "a"}, "realm_access.roles", ()),
        ({"https://example.com/roles": ["a"]}, "https://example.com/roles", ("a",)),
    ],
)
def test_a_claim_is_read_as_strings_or_not_at_all(claims: dict[str, Any], name: str, values: tuple[str, ...]) -> None:
    assert claim_values(claims, name) == values


@pytest.mark.parametrize(
    ("email", "verified", "domains", "expected"),
    [
        ("a@firm.example", True, {"firm.example"}, True),
        (" A@FIRM.example ", True, {"firm.example"}, True),
        ("a@firm.example", True, set(), False),
        ("a@firm.example", "true", {"firm.example"}, False),
        ("a@firm.example", 1, {"firm.example"}, False),
        ("a@firm.example", None, {"firm.example"}, False),
        ("a@sub.firm.example", True, {"firm.example"}, False),
        ("a@other.example@firm.example", True, {"firm.example"}, False),
        ("@firm.example", True, {"firm.example"}, False),
        ("firm.example", True, {"firm.example"}, False),
    ],
)
def test_an_address_links_only_where_it_is_verified_and_of_a_named_domain(
    email: str, verified: Any, domains: set[str], *, expected: bool
) -> None:
    assert may_link(email, verified=verified, domains=domains) is expected
