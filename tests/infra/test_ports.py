"""Stacks that start at the same moment do not get in each other's way."""

import socket
from pathlib import Path

from infra.ports import LOOPBACK, reserved

NAMES = ("api", "database", "store")


def test_two_starts_at_once_get_no_port_in_common_also_when_both_remember_the_same(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    with reserved(NAMES, one) as before:
        other.write_text(one.read_text())
    with reserved(NAMES, one) as mine, reserved(NAMES, other) as theirs:
        assert mine == before
        assert not set(mine.values()) & set(theirs.values())


def test_a_port_that_another_program_listens_on_is_passed_over(tmp_path: Path) -> None:
    remembered = tmp_path / "ports.json"
    with reserved(NAMES, remembered) as before:
        taken = before["store"]
    with socket.create_server((LOOPBACK, taken)), reserved(NAMES, remembered) as ports:
        assert ports["store"] != taken
        assert {name: ports[name] for name in NAMES[:2]} == {name: before[name] for name in NAMES[:2]}
