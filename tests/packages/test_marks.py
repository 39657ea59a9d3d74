"""The mark of a package is found again in whatever file it stands in."""

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from tests.packages.samples import MARK, written
from vault.packages.marks import is_mark, marks_in, new_mark


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(1, 100))
def test_a_mark_is_found_wherever_it_stands_and_however_the_file_is_read(
    before: bytes, after: bytes, size: int
) -> None:
    file = before + MARK.encode() + after
    assert marks_in(file[at : at + size] for at in range(0, len(file), size)) == [MARK]


def test_every_mark_is_named_once_in_order() -> None:
    first, second = new_mark(), new_mark()
    assert marks_in([f"{first} {second} {first}".encode(), second.encode()]) == [first, second]
    assert marks_in([]) == marks_in([b"rvmark-", b"0" * 31]) == []


def test_no_two_packages_have_one_mark() -> None:
    marks = {new_mark() for _ in range(100)}
    assert len(marks) == 100
    assert all(is_mark(mark) for mark in marks)
    assert not is_mark(f"{MARK}0")


async def test_a_leaked_package_shows_its_mark_and_so_does_each_file_that_the_vault_writes_into_it() -> None:
    package = await written()
    assert marks_in([package]) == [MARK]
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        for name in ("README.txt", "manifest.json"):
            assert marks_in([archive.read(name)]) == [MARK]
