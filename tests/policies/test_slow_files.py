"""A file that is made to be slow to read holds nobody else up: it is refused before it is parsed."""

import threading
from collections.abc import Mapping

import pytest

from tenants.policy import Policy
from tenants.reading import read_policy
from tests.world import POLICIES, House, World
from vault.custody import register


@pytest.fixture
async def house(world: World) -> House:
    return await world.house("prh")


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ({"schema = 1\n": "schema = 1\na" + ".a" * 20_000 + " = 1\n"}, "the line has more than 3000 characters"),
        ({"schema = 1\n": "schema = 1\na" + ".a" * 900 + " = 1\n"}, "the keys of the line have more than 20 dots"),
        ({"schema = 1\n": "schema = 1\nx = [\n[" + " " * 2900 + "1,\n],\n]\n"}, "the key 'x' is unknown"),
        ({"Europe/Helsinki": "Europe"}, "'Europe' is not a time zone"),
    ],
    ids=["line", "dots", "spaces", "zone"],
)
async def test_a_file_made_to_be_slow_to_read_is_refused_in_a_sentence(
    house: House, edits: Mapping[str, str], told: str
) -> None:
    edited = (POLICIES / "prh.toml").read_text().replace('slug = "prh"', f'slug = "{house.slug}"')
    for before, after in edits.items():
        edited = edited.replace(before, after)
    for path, more in (("/v1/policies/preview", {}), ("/v1/policies", {"reason": "Why not."})):
        answer = await house.administrator.post(path, json={"policy": edited, **more})
        assert answer.status_code == 422, answer.text
        assert told in answer.text


async def test_a_form_over_a_file_of_winding_keys_is_written_at_once(house: House) -> None:
    text = "\n".join("a" + ".a" * 18 + f".b{number} = 1" for number in range(200))
    said = {"written": "form", "policy": text, "policy.slug": "x"}
    answer = await house.administrator.post("/policy/change/check", data=said, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text


async def test_a_file_of_very_many_keys_has_no_form(house: House) -> None:
    text = "\n".join(f"k{number} = 1" for number in range(2000))
    said = {"written": "form", "policy": text, "policy.slug": "x"}
    answer = await house.administrator.post("/policy/change/check?lang=en", data=said, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert "too long for a form" in answer.text


async def test_names_of_any_length_are_not_told_again_with_each_mistake(house: House) -> None:
    names = "\n".join(f"[clauses.{'a' * 2900}{number}]" for number in range(10))
    mistakes = "\n".join(f"x{number} = 1" for number in range(200))
    answer = await house.administrator.post("/v1/policies/preview", json={"policy": f"{mistakes}\n{names}"})
    assert answer.status_code == 422
    assert len(answer.content) < 200_000


async def test_what_was_published_stands_though_the_bounds_are_narrower_since(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.bounds.LONGEST_LINE", 10)
    monkeypatch.setattr(register, "_READ", {})
    register._read.cache_clear()
    preview = await house.administrator.post("/v1/policies/preview", json={"policy": "a line of its own = 1"})
    assert preview.status_code == 422
    for path in ("/v1/policy", "/v1/policies", "/policy"):
        assert (await house.administrator.get(path)).status_code == 200, path


async def test_a_file_is_read_beside_the_loop_and_before_the_database_is_asked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[bool] = []

    def read(text: str, *, source: str) -> Policy:
        readers.append(threading.current_thread() is threading.main_thread())
        return read_policy(text, source=source)

    monkeypatch.setattr("vault.policies.versions.read_policy", read)
    monkeypatch.setattr("vault.policies.changing.tenant_scope", lambda _: pytest.fail("a scope was opened"))
    answer = await house.administrator.post("/v1/policies/preview", json={"policy": "version = 1"})
    assert (answer.status_code, readers) == (422, [False])
