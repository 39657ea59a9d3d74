"""What is installed is what was locked, from wherever the machine installs."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
REQUIREMENT = re.compile(r"^([a-z0-9][a-z0-9.-]*)==\S+", re.MULTILINE)


@pytest.mark.parametrize("lock", ["run.lock", "dev.lock"])
def test_a_lock_names_no_address_and_hashes_everything(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)
    requirements = re.split(r"\n(?=[a-z])", text.split("make lock\n")[1])
    assert [entry.splitlines()[0] for entry in requirements if "--hash=sha256:" not in entry] == []


def test_everything_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    asked = [*project["project"]["dependencies"], *groups["install"]]
    for lock, requirements in (("run.lock", asked), ("dev.lock", [*asked, *groups["dev"]])):
        locked = set(REQUIREMENT.findall((PROJECT / lock).read_text()))
        names = {re.split(r"[\[<>=]", requirement)[0].lower().replace("_", "-") for requirement in requirements}
        assert names - locked == set()


def test_tests_run_what_runs() -> None:
    run, dev = (
        set(re.findall(r"^\S+==\S+", (PROJECT / lock).read_text(), re.MULTILINE)) for lock in ("run.lock", "dev.lock")
    )
    assert run - dev == set()
