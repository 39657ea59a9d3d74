"""A file that is made to be slow to read holds nobody else up: it is refused before it is parsed."""

import threading
from collections.abc import Mapping

import pytest

from tenants.policy import Policy
from tenants.reading import read_policy
from tests.world import POLICIES, House, World


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
