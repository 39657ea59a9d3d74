"""A form over a policy's text says what the text says, and changes of it what was changed in the form alone."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tenants
from tenants.reading import PolicyInvalid, read_policy
from tenants.schema import policy_schema
from vault.console.policy_form.filled import Filled, said_by
from vault.console.policy_form.shapes import Entry, Input, Part, Rows, Table, language
from vault.console.policy_form.sheet import Sheet
from vault.errors import Invalid

SLUGS = ("kaiku24", "prh", "tilastokeskus", "valtiokonttori", "vertaislaina")


def text_of(slug: str) -> str:
    return (Path(tenants.__file__).parent / f"{slug}.toml").read_text(encoding="utf-8")


def sent(text: str, **changes: str) -> Sheet:
    """The form of a text, sent with these fields filled in otherwise; `__` stands for a dot."""
    filled: dict[str, list[str]] = {}
    for name, said in Sheet(text).filled:
        filled.setdefault(name, []).append(said)
    for name, change in changes.items():
        filled[f"policy.{name.replace('__', '.')}"] = [change]
    return Sheet(text, Filled((name, each) for name, texts in filled.items() for each in texts))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_form_that_is_sent_as_it_came_leaves_the_text_as_it_is(slug: str) -> None:
    assert sent(text_of(slug)).text == text_of(slug)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_form_that_was_filled_in_from_nothing_says_the_same_policy(slug: str) -> None:
    made = Sheet("", Sheet(text_of(slug)).filled)
    assert read_policy(made.text, source="made") == read_policy(text_of(slug), source="given")
    assert not made.mistakes


def test_one_field_changes_one_line_and_comments_stay() -> None:
    before = text_of("valtiokonttori").splitlines()
    after = sent(text_of("valtiokonttori"), access__reviewed_every="P3M", access__break_glass__minutes="15")
    changed = [line for line in after.text.splitlines() if line not in before]
    assert changed == ['reviewed_every = "P3M"', "minutes = 15"]
    assert sum(line.startswith("#") for line in after.text.splitlines()) == 3


def test_rows_are_added_renamed_and_removed() -> None:
    text = text_of("prh")
    sheet = Sheet(text).turned(asking(add="policy.clauses")).turned(asking(remove="policy.purposes.allowed.2"))
    number = max(sheet.filled.rows("policy.clauses"))
    more = [(f"policy.clauses.{number}", "added"), (f"policy.clauses.{number}.section", "S")]
    renamed = ((name, "renamed" if name == "policy.clauses.0" else said) for name, said in sheet.filled)
    document = tomllib.loads(Sheet(text, Filled([*renamed, *more])).text)
    assert document["clauses"]["added"] == {"section": "S"}
    assert document["clauses"]["renamed"] == tomllib.loads(text)["clauses"]["purposes"]
    assert "purposes" not in document["clauses"]
    assert "training" not in document["purposes"]["allowed"]


def test_a_table_that_may_be_left_out_comes_with_what_holds_without_saying_so_and_goes_again() -> None:
    sheet = Sheet(text_of("prh")).turned(asking(add="policy.access.break_glass"))
    assert sheet.filled.text("policy.access.break_glass.minutes") == "30"
    assert tomllib.loads(sheet.text)["access"]["break_glass"] == {}
    assert sheet.turned(asking(remove="policy.access.break_glass")).text == text_of("prh")


def test_rows_that_no_file_can_hold_are_mistakes_of_the_form() -> None:
    text = text_of("prh")
    assert [(one.field, one.detail) for one in sent(text, clauses__1="purposes", clauses__2="").mistakes] == [
        ("policy.clauses.1", "This name stands here twice."),
        ("policy.clauses.2", "This has no name yet."),
    ]
    empty = Sheet(text).turned(asking(add="policy.clauses"))
    assert (empty.mistakes, empty.text) == ([], text), "a row in which nothing stands is none"


@pytest.mark.parametrize(
    ("right", "wrong", "field"),
    [
        ('keep = "P6M"', 'keep = "six months"', "policy.recorded.kinds.0.retention.content.keep"),
        ('scope = "all"', 'scope = "some"', "policy.access.roles.0.scope"),
        ('contact = "tietosuoja@prh.example"\n', "", "policy.dpo.contact"),
        ('data = ["name", ', 'data = ["surname", ', "policy.never_stored.0.data"),
        ("[clauses.transfer]", '["clauses"."Trans.fer"]', "policy.clauses.14"),
        ("[dpo]", "[dpo]\nphone = 1", "policy.dpo"),
        ("version = 1", 'version = 1\nwrong = "key"', ""),
    ],
    ids=["value", "word", "missing", "in-a-list", "name", "unknown-key", "of-the-whole"],
)
def test_a_mistake_of_the_text_stands_at_its_field_and_stays_until_it_is_put_right(
    right: str, wrong: str, field: str
) -> None:
    text = text_of("prh").replace(right, wrong, 1)
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(text, source="policy")
    sheet = sent(text)
    assert sheet.text == text
    assert field in {one.field for one in sheet.located(refused.value.problems)}


@pytest.mark.parametrize(
    ("right", "quoted"),
    [
        ("version = 1", 'version = "1"'),
        ("effective_from = 2026-01-01", 'effective_from = "2026-01-01"'),
        ("profiling = false", 'profiling = "false"'),
        ('article = "13(1)(c)"\n\n[clauses.recorded]', 'article = "13(1)(c)"\nevidence = ""\n\n[clauses.recorded]'),
    ],
    ids=["number", "day", "yes-or-no", "nothing"],
)
def test_what_looks_right_in_a_form_is_right_in_the_text(right: str, quoted: str) -> None:
    assert sent(text_of("prh").replace(right, quoted)).text == text_of("prh")


@pytest.mark.parametrize(
    "text",
    [
        "slug",
        "a = " + "[" * 5000,
        f"version = {'9' * 5000}",
        "#" * 50_001,
        "[clauses]\n" + "".join(f"c{n}={{}}\n" for n in range(400)),
    ],
    ids=["no-toml", "nested", "number", "long", "many"],
)
def test_what_is_no_toml_or_very_long_has_no_form(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        Sheet(text)
    assert [one.field for one in refused.value.problems] == ["policy"]


def test_the_form_asks_for_all_that_the_schema_knows() -> None:
    schema: Any = policy_schema()
    known = {name for each in schema["$defs"].values() for name in each.get("properties", {})}
    assert {name for part in parts(language()) if isinstance(part, Table) for name in part.parts} == known
    assert all(part.hints for part in parts(language()) if not isinstance(part, Entry))


def parts(part: Part) -> Iterator[Part]:
    yield part
    below = [part.row] if isinstance(part, Rows) else part.parts.values() if isinstance(part, Table) else []
    for each in below:
        yield from parts(each)


def asking(**fields: str) -> Any:
    return fields


PLAIN = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).map(str.strip).filter(bool)
WORD = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


def values(part: Part) -> st.SearchStrategy[Any]:
    """Whatever the language has a place for, be it a good policy or not."""
    match part:
        case Entry():
            return entries(part)
        case Table():
            below = {name: values(each) for name, each in part.parts.items()}
            whole = {name for name, each in part.parts.items() if always(each)}
            return st.fixed_dictionaries(
                {name: below[name] for name in whole},
                optional={name: each for name, each in below.items() if name not in whole},
            )
        case Rows():
            row = values(part.row)
            return st.dictionaries(WORD | PLAIN, row, max_size=2) if part.key else st.lists(row, max_size=2)


def always(part: Part) -> bool:
    """What the form writes whatever it is told: tables that have to be there, and what can be nothing else."""
    return part.required if isinstance(part, Table) else isinstance(part, Entry) and part.input is Input.FIXED


def entries(entry: Entry) -> st.SearchStrategy[Any]:
    one = st.sampled_from(entry.words) if entry.words else WORD
    known: Mapping[Input, st.SearchStrategy[Any]] = {
        Input.FIXED: st.just(entry.default),
        Input.NUMBER: st.integers(-5, 500),
        Input.YES_OR_NO: st.booleans(),
        Input.DAY: st.dates(date(2000, 1, 1)),
        Input.LINES: st.lists(WORD, max_size=3),
        Input.SEVERAL: st.lists(one, unique=True, max_size=3),
        Input.ONE: one,
    }
    return known.get(entry.input, PLAIN)


POLICIES = values(language())


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(POLICIES, POLICIES)
def test_whatever_a_form_says_the_text_says_after_it(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    text = tomlkit.dumps(earlier)
    assert Sheet(text).text == text
    made = Sheet(text, said_by(in_order(later)))
    assert not made.mistakes
    assert sorted(said_by(in_order(tomllib.loads(made.text)))) == sorted(said_by(in_order(later)))


def in_order(value: Any) -> Any:
    """The same with the names of tables in one order, which says nothing."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(each) for each in value] if isinstance(value, list) else value
