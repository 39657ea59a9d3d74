"""A policy file is refused with every mistake named: where, what is wrong, what would be right."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

import pytest
from msgspec import inspect

from tenants.contracts import Contract
from tenants.lines import Lines
from tenants.policy import Policy
from tenants.reading import PolicyInvalid, PolicyProblem, check_against_contract, read_policy
from tenants.shape import MOST_NAMES, nearest

Problems = Callable[..., tuple[PolicyProblem, ...]]


@pytest.fixture
def problems(policy_texts: Mapping[str, str]) -> Problems:
    """Read a policy with pieces replaced, and give the problems."""

    def of(*changes: tuple[str, str], slug: str = "prh") -> tuple[PolicyProblem, ...]:
        text = policy_texts[slug]
        for right, wrong in changes:
            assert right in text
            text = text.replace(right, wrong)
        with pytest.raises(PolicyInvalid) as refused:
            read_policy(text, source="tenants/prh.toml")
        return refused.value.problems

    return of


@pytest.mark.parametrize(
    ("right", "wrong", "path", "problem", "remedy"),
    [
        ("effective_from", "efective_from", "efective_from", "is unknown", "did you mean 'effective_from'?"),
        ('keep = "P6M"', 'keeep = "P6M"', "recorded.kinds.call.retention.content.keeep", "is unknown", "'keep'"),
        ("version = 1\n", "", "version", "is missing", "add a whole number"),
        ("effective_from = 2026-01-01\n", "", "effective_from", "is missing", "add a date such as 2026-01-01"),
        ('slug = "prh"\n', "", "slug", "is missing", "add a text"),
        ('time_zone = "Europe/Helsinki"\n', "", "time_zone", "is missing", "an IANA name"),
        ('languages = ["fi", "sv", "en"]\n', "", "languages", "is missing", "add those of the notice"),
        ('area = "EEA"\n', "", "transfer.area", "is missing", "one of: EU, EEA"),
        ("schema = 1\n", "", "schema", "is missing", "one of: 1"),
        ("schema = 1\n", "schema = 2\n", "schema", "2 is not a word", "write one of: 1"),
        (
            'purposes = ["training"]',
            'purposes = ["trainin"]',
            "access.roles.trainer.purposes.0",
            "there is no",
            "'training'",
        ),
        (
            'clause = "retention_sms"',
            'clause = "x"',
            "recorded.kinds.sms_survey.retention.content.clause",
            "'x' in [clauses]",
            "one of",
        ),
        (
            '"caller_number"',
            '"caller_numer"',
            "recorded.kinds.call.contact_fields.2",
            "'caller_numer'",
            "'caller_number'",
        ),
        ("[recorded.kinds.chat]", "[recorded.kinds.chit]", "recorded.kinds.chit", "'chit'", "'chat'"),
        ("[access.roles.trainer]", "[access.roles.traner]", "access.roles.traner", "'traner'", "'trainer'"),
        ('"P6M"', '"6 kk"', "recorded.kinds.call.retention.content.keep", "'6 kk' is not a retention", "such as P6M"),
        ('"P6M"', "6", "recorded.kinds.call.retention.content.keep", "6 does not belong", "write a text"),
        ("version = 1", "version = 0", "version", "0 does not", "a whole number from 1 on"),
        ("version = 1", "version = 2147483648", "version", "2147483648 does not", "from 1 to 2147483647"),
        ("version = 1", "version = true", "version", "True does not", "a whole number from 1 on"),
        ("temporary = true", 'temporary = "yes"', "disclosures.allowed.research.temporary", "'yes'", "true or false"),
        ("2026-01-01", '"2026-01-01"', "effective_from", "'2026-01-01'", "without quotation marks"),
        ("2026-01-01", "2026-01-01T00:00:00", "effective_from", "does not belong", "a date such as"),
        ("Europe/Helsinki", "Helsinki", "time_zone", "'Helsinki' is not a time zone", "Europe/Helsinki"),
        ("Europe/Helsinki", "../etc/passwd", "time_zone", "is not a time zone", "Europe/Helsinki"),
        ('slug = "prh"', 'slug = "PRH!"', "slug", "wrong form", "matches"),
        (
            'section = "Säilytysaika"\ntext = "Puhelu',
            'section = ""\ntext = "Puhelu',
            "clauses.retention_call.section",
            "''",
            "a text that says something",
        ),
        ('["fi", "sv", "en"]', "[]", "languages", "is empty", "at least one"),
        ('["fi", "sv", "en"]', '"fi"', "languages", "'fi' does not", "an array"),
        ("[dpo]\n", "[[dpo]]\n", "dpo", "does not belong", "a table"),
        ("[rights.access]", "[rightz.access]", "rightz", "is unknown", "'rights'"),
        (
            "languages = [",
            'backups.catalogue = "contract"\nlanguages = [',
            "backups.catalogue",
            "is not a duration",
            "such as P6M",
        ),
        (
            'contact = "kirjaamo@prh.example"',
            'contact = "kirjaamo@prh.example"\nbusiness_id = "2077474-1"',
            "controller.business_id",
            "is not a business id",
            "right check digit",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(
    problems: Problems, right: str, wrong: str, path: str, problem: str, remedy: str
) -> None:
    found = {told.path: told for told in problems((right, wrong))}
    assert problem in found[path].problem
    assert remedy in found[path].remedy


def _undescribed(kind: inspect.Type, path: str, *, required: bool) -> Iterator[str]:
    match kind:
        case inspect.Metadata():
            described = "description" in (kind.extra_json_schema or {})
            yield from _undescribed(kind.type, path, required=required and not described)
        case inspect.StructType():
            for field in kind.fields:
                yield from _undescribed(field.type, f"{path}.{field.name}", required=field.required)
        case inspect.UnionType():
            for each in kind.types:
                yield from _undescribed(each, path, required=required)
        case inspect.DictType(value_type=of) | inspect.VarTupleType(item_type=of):
            yield from _undescribed(of, f"{path}.*", required=False)
        case _ if required and not isinstance(kind, inspect.EnumType | inspect.LiteralType):
            yield path


def test_whatever_a_policy_must_say_is_described_to_who_left_it_out() -> None:
    assert not list(_undescribed(inspect.type_info(Policy), "", required=False))


def test_a_mistake_is_told_with_its_line(problems: Problems, policy_texts: Mapping[str, str]) -> None:
    (told,) = problems(('"P6M"', '"6 kk"'))
    assert told.line is not None
    assert '"P6M"' in policy_texts["prh"].splitlines()[told.line - 1]
    assert str(told).startswith(f"tenants/prh.toml:{told.line}: recorded.kinds.call.retention.content.keep: '6 kk' is")


def test_a_misspelt_key_is_not_told_a_second_time_as_missing(problems: Problems) -> None:
    assert len(problems(("effective_from", "efective_from"))) == 1


def test_a_region_outside_the_transfer_rule_is_an_error(problems: Problems) -> None:
    (told,) = problems(('"eu-north-1"', '"us-east-1"'))
    assert told.path == "transfer.region"
    assert "lies in US, outside the EEA" in told.problem
    assert "eu-north-1" in told.remedy
    for region in ("eu-west-2", "eu-central-2"):
        assert "outside the EU" in problems(('"eu-north-1"', f'"{region}"'), slug="tilastokeskus")[0].problem


def test_a_region_that_nobody_knows_is_an_error(problems: Problems) -> None:
    (told,) = problems(('"eu-north-1"', '"eu-north-l"'))
    assert (told.problem, told.remedy) == ("the region 'eu-north-l' is not known", "did you mean 'eu-north-1'?")


def test_content_kept_with_no_purpose_is_an_error(problems: Problems) -> None:
    survey = 'contact_clause = "contact_sms"\npurposes = '
    (told,) = problems((f'{survey}["quality", ', f'{survey}[]\n# ["quality", '))
    assert told.problem == "the content of a sms_survey is kept with no purpose"


def test_a_kind_without_a_moment_is_an_error(problems: Problems) -> None:
    (told,) = problems(('["sent_at", "customer_number"]', '["customer_number"]'))
    assert told.remedy == "add 'start' or 'sent_at'"


def test_digits_are_not_cut_out_of_audio(problems: Problems) -> None:
    rule = 'content = { keep = "P6M", clause = "retention_call" }'
    (told,) = problems((rule, f'{rule}\nidentifiers = {{ keep = "PT1H", clause = "retention_identifiers" }}'))
    assert "not out of a call's audio" in told.problem


def test_an_operator_is_given_no_content(problems: Problems) -> None:
    (told,) = problems(("[access.roles.trainer]", "[access.roles.operator]"))
    assert told.problem == "the role 'operator' never hears content"


def test_a_return_before_destruction_is_promised_somewhere(problems: Problems, policy_texts: Mapping[str, str]) -> None:
    end = '[contract_end]\nclause = "contract_end"\n'
    (told,) = problems((end, f"{end}return_before = true\n"))
    assert told.path == "contract_end.return_before"
    assert "no clause says so" in told.problem
    promised = policy_texts["prh"].replace(end, f'{end}return_before = true\nreturn_clause = "contract_end"\n')
    assert read_policy(promised, source="tenants/prh.toml").contract_end.return_before


def test_the_glass_stays_broken_no_longer_than_the_language_lets_it(problems: Problems) -> None:
    (told,) = problems(("minutes = 30", "minutes = 500"), slug="valtiokonttori")
    assert (told.path, told.remedy) == ("access.break_glass.minutes", "write a whole number from 1 to 240")


def test_the_form_of_a_text_is_not_sought_in_one_that_is_too_long_for_it(problems: Problems) -> None:
    (told,) = problems(("kirjaamo@prh.example", f"k@{'a.' * 160}example"))
    assert "has the wrong form" in told.problem


def test_own_calls_need_a_field_that_tells_whose_they_are(problems: Problems) -> None:
    (told,) = problems((', "agent_id"', ""), slug="valtiokonttori")
    assert (told.path, told.remedy) == ("access.roles.agent.scope", "add 'agent_id' to contact_fields of a kind")


def test_teams_are_led_by_supervisors_and_by_no_other_role(problems: Problems) -> None:
    trainer = '[access.roles.trainer]\npurposes = ["training"]\nscope = "all"'
    (told,) = problems((trainer, trainer.replace("all", "own_teams")), slug="valtiokonttori")
    assert (told.path, told.problem) == ("access.roles.trainer.scope", "the role 'trainer' leads no teams")


def test_a_policy_names_at_least_one_kind_and_its_tables_are_tables(
    problems: Problems, policy_texts: Mapping[str, str]
) -> None:
    start, rest = policy_texts["prh"].split("[recorded.kinds.call]")
    end = rest[rest.index("[[never_stored]]") :]
    with pytest.raises(PolicyInvalid, match="nothing is named here"):
        read_policy(f"{start}kinds = {{}}\n{end}", source="x")
    with pytest.raises(PolicyInvalid, match="a table of tables"):
        read_policy(f"{start}kinds = 3\n{end}", source="x")
    with pytest.raises(PolicyInvalid, match=r"recorded.kinds.call: 3 does not belong here \(write a table\)"):
        read_policy(f"{start}kinds = {{ call = 3 }}\n{end}", source="x")


def test_a_reference_into_a_section_that_is_missing_is_not_a_flood(policy_texts: Mapping[str, str]) -> None:
    whole = policy_texts["prh"]
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(whole[: whole.index("[clauses.purposes]")], source="x")
    assert [problem.path for problem in refused.value.problems] == ["clauses"]


def test_all_mistakes_are_told_together_in_the_order_of_the_file(problems: Problems) -> None:
    told = problems(
        ("effective_from", "efective_from"),
        ('"P6M"', '"6 kk"'),
        ('"eu-north-1"', '"us-east-1"'),
        ('["sent_at", "customer_number"]', '["customer_number"]'),
    )
    assert [problem.path.split(".")[-1] for problem in told] == ["efective_from", "keep", "contact_fields", "region"]
    assert [problem.line for problem in told] == sorted(problem.line or 0 for problem in told)


@pytest.mark.parametrize(
    ("text", "line"), [("schema = \n", 1), ("schema = 1\nslug = prh\n", 2), ("[a\n", 1), ("a = '", None)]
)
def test_what_is_not_toml_is_told_with_its_line(text: str, line: int | None) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(text, source="x.toml")
    (told,) = refused.value.problems
    assert told.line == line
    assert "this is not TOML" in str(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = " + "[" * 2000, r"deeper within each other .* \(a policy has seven levels at most\)"),
        ("slug = " + "{a.b.c.d.e.f.g.h.i = [\n" * 150 + "]}" * 150, "deeper within each other"),
        ("version = 1\nversion = 0x" + "f" * 5000, "x.toml:2: the line has more than 3000 characters"),
        ("# " + "-" * 100_000, r"x.toml: the file has more than 50000 characters \(leave out"),
        ("a = 1\nb" + ".b" * 21 + " = 1", r"x.toml:2: the keys of the line have more than 20 dots \(a policy has"),
    ],
    ids=["nested", "nested tables", "number", "long", "dotted"],
)
def test_what_is_too_much_to_be_read_is_refused_in_a_sentence(text: str, told: str) -> None:
    with pytest.raises(PolicyInvalid, match=told):
        read_policy(text, source="x.toml")


@pytest.mark.parametrize(
    "hidden",
    [
        "[{}]\n",
        'a = """\n""", {} = 1\n',
        'a = """x\\"\n"""""\n{} = 1\n',
        "a = '''\n'''''\n{} = 1\n",
        'a = "\\\\"\n"\\"".{} = 1\n',
        "a = {{ b = '\\', {} = 1 }}\n",
        "a = 1 # it's\n{} = 1\n",
    ],
)
def test_a_dotted_key_is_too_long_wherever_it_stands_and_nothing_of_it_is_parsed(
    hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomllib.loads", lambda _: pytest.fail("this was parsed"))
    with pytest.raises(PolicyInvalid, match="more than 20 dots"):
        read_policy(hidden.format(" . ".join(["a", "'b'", "c"] * 9)), source="x.toml")


def test_dots_within_texts_and_comments_are_no_keys(policy_texts: Mapping[str, str]) -> None:
    dots = "Tallenne. Puhelu. " * 30
    wordy = policy_texts["prh"].replace('text = "', f'text = "{dots}\\"', 1)
    several = f'"""\nSe "on". {dots}\n{dots}"""" # {dots}\n'
    for text in (wordy, wordy.replace('section = "Säilytysaika"\n', f"section = {several}", 1)):
        assert read_policy(f"# {dots}\n{text}", source="x.toml")


def test_as_many_mistakes_are_told_as_somebody_reads_and_the_rest_is_not_even_sought(
    policy_texts: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def sought(word: str, *_: object, **__: object) -> list[str]:
        asked.append(word)
        return []

    monkeypatch.setattr("tenants.shape.get_close_matches", sought)
    words = "".join(f'"word{number}",\n' for number in range(2000))
    text = policy_texts["prh"].replace('languages = ["fi", "sv", "en"]', f"languages = [\n{words}]")
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(text, source="x.toml")
    more, *told = refused.value.problems
    assert str(more) == "x.toml: there are more mistakes than the 100 that are told here (mend these first)"
    assert len(told) == 100
    assert [problem.line for problem in told] == list(range(told[0].line or 0, (told[0].line or 0) + 100))
    assert len(asked) <= 101


def test_a_name_is_proposed_out_of_some_that_are_short(policy_texts: Mapping[str, str]) -> None:
    clause = 'section = "s"\ntext = "t"\n'
    many = "".join(f"[clauses.c{number}]\n{clause}" for number in range(500)) + f"[clauses.{'x' * 63}]\n{clause}"
    text = policy_texts["prh"].replace('clause = "contact_sms"', f'clause = "{"x" * 64}"', 1) + many
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(text, source="x.toml")
    (told,) = refused.value.problems
    assert told.remedy.startswith("write one of: ")
    assert told.remedy.count(",") == MOST_NAMES - 1


def test_where_every_name_is_long_none_is_told_again() -> None:
    assert nearest("x", ["y" * 3000]) == "write one of the names that there are"
    assert nearest("x", []) == "remove it"


@pytest.mark.parametrize("zone", ["Europe", "America", "x" * 300, "localtime", "posixrules", "Factory", "\\u0000"])
def test_what_is_no_zone_for_everybody_is_refused_whatever_stands_on_the_disk(problems: Problems, zone: str) -> None:
    (told,) = problems(('"Europe/Helsinki"', f'"{zone}"'))
    assert (told.path, told.remedy) == ("time_zone", "write an IANA name such as Europe/Helsinki")


def test_a_retention_beyond_the_contract_is_an_error(policies: Mapping[str, Policy]) -> None:
    year = Contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), time_zone="Europe/Helsinki")
    found = check_against_contract(policies["prh"], year, source="prh.toml")
    assert {problem.path for problem in found} == {
        "recorded.kinds.chat.retention.content.keep",
        "recorded.kinds.chatbot.retention.content.keep",
    }
    assert str(found[0]).startswith(
        "prh.toml: recorded.kinds.chat.retention.content.keep: P2Y is longer than the contract"
    )
    for slug in ("kaiku24", "tilastokeskus", "valtiokonttori", "vertaislaina"):
        assert check_against_contract(policies[slug], year) == ()


def test_lines_are_found_behind_comments_quotes_and_long_texts() -> None:
    text = '# a comment\n[ a . "b" ] # why\nlong = """\nkey = 1\n[c]\n"""\n'
    text += "key = [\n  \"one\",\n  'two',\n]\n[[d]]\nx.y = 1\n"
    lines = Lines(text)
    assert lines.of(("a", "b")) == 2
    assert lines.of(("a", "b", "long")) == 3
    assert lines.of(("a", "b", "key")) == 7
    assert lines.of(("a", "b", "key", 1), "two") == 9
    assert lines.of(("a", "b", "key", 2), "three") == 7
    assert lines.of(("d", 0, "x", "y")) == 11
    assert lines.of(("d", "x", "y")) == 12
    assert lines.of(("c",)) is None
    spaced = Lines("x = [\n[" + " " * 40_000 + "1,\n],\n]\n[  y  ]\n")
    assert (spaced.of(("x",)), spaced.of(("y",))) == (1, 5)
    assert Lines("a = [\n").of(("a",), "b") == 1
