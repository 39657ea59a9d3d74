"""Finding what a directory put here (RFC 7644 §3.4.2): by its own ids at once, by anything else by reading all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from scim2_models import Resource, SearchRequest
from scim2_models.path import CompareOperator, Comparison

from vault.identity.scim_models import MOST_RESULTS

Found = TypeVar("Found", bound=Resource[Any])

FARTHEST = 1_000_000_000
"""No controller has so many people; what lies beyond is nothing."""

INDEXED = ("id", "externalid", "username", "displayname")


@dataclass(frozen=True)
class Page(Generic[Found]):
    """Some of what was found, from `start` (the first is 1), and how much there is in all."""

    resources: Sequence[Found]
    total: int
    start: int


def indexed(asked: "SearchRequest[Any]") -> tuple[str, str] | None:
    """The attribute, in lower case, and the value where the filter is `attribute eq "value"` of one that is indexed."""
    node = asked.filter.ast if asked.filter is not None else None
    if not isinstance(node, Comparison) or node.op is not CompareOperator.eq or node.attr_path.sub_attr:
        return None
    name = node.attr_path.attr.casefold()
    return (name, node.value) if name in INDEXED and isinstance(node.value, str) else None


def span(asked: "SearchRequest[Any]") -> tuple[int, int]:
    """How many are passed over, and how many are answered at most."""
    count = MOST_RESULTS if asked.count is None else min(asked.count, MOST_RESULTS)
    return min(asked.start_index_0 or 0, FARTHEST), count


def page(asked: "SearchRequest[Any]", resources: Sequence[Found]) -> Page[Found]:
    """The page that was asked for, of all resources that there are; takes the processor's time, not the loop's."""
    matching = resources if asked.filter is None else [each for each in resources if asked.filter.match(each)]
    ordered = asked.sort(matching)
    skipped, count = span(asked)
    return Page(ordered[skipped : skipped + count], len(ordered), skipped + 1)
