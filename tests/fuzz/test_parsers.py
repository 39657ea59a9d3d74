"""Whatever it is given, a parser returns its value or raises an error that it documents, and nothing else."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.parser import Parser, mutated
from tests.fuzz.parsers import PARSERS

each_parser = pytest.mark.parametrize("parser", PARSERS, ids=[parser.name for parser in PARSERS])


def inputs(parser: Parser) -> st.SearchStrategy[bytes]:
    """Bytes of any kind, and what is nearly an input that the parser takes."""
    near = st.builds(mutated, st.sampled_from(parser.seeds), st.integers(0, 2**32).map(random.Random))
    return st.one_of(near, near, st.binary(max_size=300))


@each_parser
def test_it_takes_what_it_is_for(parser: Parser) -> None:
    assert all(map(parser.take, parser.seeds))


@each_parser
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_it_has_a_word_of_its_own_for_anything_else(parser: Parser, data: st.DataObject) -> None:
    parser.take(data.draw(inputs(parser)))
