"""A package says all that is in it, opens with any tool for ZIP, and is refused where a single byte was altered."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.packages.samples import (
    AT,
    CONTROLLER,
    FILES,
    MARK,
    PLATFORM,
    SIGNERS,
    collected,
    contents,
    members,
    renamed,
    written,
)
from vault.custody.keys import SigningKey
from vault.custody.sealed_header import Secret
from vault.packages import manifests
from vault.packages.members import MANIFEST, Member
from vault.packages.verifying import PackageInvalid, verify
from vault.packages.writing import Signers, write
from vault.packages.zips import LARGEST_BLOCK, ZipWriter, dos_time

PEM = PLATFORM.public_pem
STRANGER = SigningKey(Secret(b"S" * 32))


async def test_a_package_is_a_zip_of_its_files_between_a_readme_and_a_manifest() -> None:
    archive = zipfile.ZipFile(io.BytesIO(await written()))

    assert archive.testzip() is None
    assert archive.namelist() == ["README.txt", *FILES, MANIFEST]
    assert {name: archive.read(name) for name in FILES} == FILES
    assert MARK in archive.read("README.txt").decode()


async def test_the_manifest_lists_every_file_and_says_by_what_right_it_was_given() -> None:
    package = await written()
    verified = verify([package], PEM)

    assert [member.name for member in verified.members] == ["README.txt", *FILES]
    assert [member.size for member in verified.members[1:]] == [len(content) for content in FILES.values()]
    assert (verified.mark, verified.made_at, verified.kind) == (MARK, AT, "authority")
    assert verified.basis.law == "Laki 1/2026, 1 §"
    assert verified.controller.slug == "prh"


async def test_whoever_writes_a_package_knows_afterwards_what_was_written() -> None:
    writing = write(contents(), SIGNERS)
    package = await collected(writing)

    assert writing.size == len(package)
    assert writing.manifest == zipfile.ZipFile(io.BytesIO(package)).read(MANIFEST)
    assert [member.listed for member in writing.members] == list(verify([package], PEM).members)


async def test_the_same_contents_make_the_same_bytes_however_they_come_in_pieces() -> None:
    files = {"a": bytes(3 * LARGEST_BLOCK), "b": bytes(LARGEST_BLOCK), "c": bytes(LARGEST_BLOCK + 1), "d": b""}

    whole = await written(contents(members=members(files, piece=1 << 20)))

    assert whole == await written(contents(members=members(files, piece=999)))
    assert verify([whole], PEM).members[1].size == 3 * LARGEST_BLOCK
    assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None


async def test_a_package_of_the_first_version_is_verified_for_ever_and_still_written_so() -> None:
    here = Path(__file__).parent
    kept, key = (here / "package.zip").read_bytes(), (here / "platform.pem").read_bytes()

    assert verify([kept], key).mark == MARK
    assert await written() == kept


async def test_a_package_altered_in_any_single_byte_is_refused() -> None:
    package = await written(contents({"cover.pdf": b"%PDF"}))
    verify([package], PEM)

    for at in range(len(package)):
        for bit in (0x01, 0x80):
            altered = package[:at] + bytes([package[at] ^ bit]) + package[at + 1 :]
            with pytest.raises(PackageInvalid):
                verify([altered], PEM)


@pytest.fixture(scope="module")
async def package() -> bytes:
    return await written()


@given(data=st.data())
def test_a_package_cut_stretched_or_shuffled_anywhere_is_refused(package: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(package)))
    stop = data.draw(st.integers(start, len(package)))
    put = data.draw(st.binary(max_size=40))
    altered = package[:start] + put + package[stop:]

    if altered == package:
        verify([altered], PEM)
    else:
        with pytest.raises(PackageInvalid):
            verify([altered], PEM)


@given(st.integers(1, 5000))
def test_a_package_is_verified_in_pieces_of_any_size(package: bytes, size: int) -> None:
    verify((package[at : at + size] for at in range(0, len(package), size)), PEM)


async def test_two_packages_one_after_the_other_are_not_one(package: bytes) -> None:
    with pytest.raises(PackageInvalid, match="follows its end"):
        verify([package, package], PEM)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "no package"),
        ({"cover.pdf": b"x"}, "last file"),
        ({"cover.pdf": b"other"}, "not as the manifest lists it"),
        ({"another.pdf": b"%PDF"}, "not as the manifest lists it"),
        ({"cover.pdf": b"%PDF", "more": b""}, "other files"),
        (None, "other files"),
    ],
)
async def test_a_zip_built_around_a_genuine_manifest_is_refused(files: dict[str, bytes] | None, why: str) -> None:
    genuine = zipfile.ZipFile(io.BytesIO(await written(contents({"cover.pdf": b"%PDF"}))))
    readme, manifest = {"README.txt": genuine.read("README.txt")}, {MANIFEST: genuine.read(MANIFEST)}
    built = {} if files == {} else readme | (files or {}) | ({} if why == "last file" else manifest)

    with pytest.raises(PackageInvalid, match=why):
        verify([_zipped(built.items())], PEM)


async def test_a_second_manifest_stands_in_for_no_file() -> None:
    genuine = zipfile.ZipFile(io.BytesIO(await written(contents({"cover.pdf": b"%PDF"}))))
    (readme, _, manifest) = [(name, genuine.read(name)) for name in genuine.namelist()]

    with pytest.raises(PackageInvalid, match="not as the manifest lists it"):
        verify([_zipped([readme, (MANIFEST, b"%PDF"), manifest])], PEM)


async def test_a_manifest_too_long_to_be_one_is_not_read() -> None:
    with pytest.raises(PackageInvalid, match="longer than any"):
        verify([_zipped([(MANIFEST, bytes(manifests.LIMIT + 1))])], PEM)


async def test_a_sealed_package_was_made_for_the_key_that_opened_it(package: bytes) -> None:
    verify([package], PEM, sealed_to="ab" * 32)
    with pytest.raises(PackageInvalid, match="another key"):
        verify([package], PEM, sealed_to="cd" * 32)


async def test_a_zip_in_another_spelling_is_refused(package: bytes) -> None:
    again = io.BytesIO()
    with zipfile.ZipFile(again, "w") as copy, zipfile.ZipFile(io.BytesIO(package)) as original:
        for name in original.namelist():
            copy.writestr(name, original.read(name))

    with pytest.raises(PackageInvalid, match="spelt"):
        verify([again.getvalue()], PEM)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"{}" * 50])
def test_what_is_no_package_is_refused(content: bytes) -> None:
    with pytest.raises(PackageInvalid):
        verify([content], PEM)


async def test_a_package_signed_by_a_key_that_the_platform_does_not_vouch_for_is_refused() -> None:
    for signers in (Signers(CONTROLLER, STRANGER), Signers(STRANGER, CONTROLLER)):
        with pytest.raises(PackageInvalid, match="vouches"):
            verify([await written(signers=signers)], PEM)


def _manifest() -> dict[str, Any]:
    made = manifests.make(contents(), [])
    decoded: dict[str, Any] = json.loads(manifests.sign(made, controller=CONTROLLER, platform=PLATFORM))
    return decoded


async def test_a_controllers_key_signs_for_no_other_controller() -> None:
    ours, theirs = contents(), contents(controller=renamed(contents().controller))
    mine = json.loads(manifests.sign(manifests.make(ours, []), controller=CONTROLLER, platform=PLATFORM))
    other = json.loads(manifests.sign(manifests.make(theirs, []), controller=CONTROLLER, platform=PLATFORM))

    with pytest.raises(manifests.ManifestInvalid, match="another controller"):
        manifests.verify(rfc8785.dumps(mine | {"controller_key": other["controller_key"]}), PEM)


async def test_a_manifest_with_another_signature_or_spelling_is_refused() -> None:
    signed = _manifest()
    other = json.loads(manifests.sign(manifests.make(contents(), []), controller=STRANGER, platform=PLATFORM))
    spaced = json.dumps(signed).encode()

    with pytest.raises(manifests.ManifestInvalid, match="names the key"):
        manifests.verify(rfc8785.dumps(signed | {"signature": other["signature"]}), PEM)
    with pytest.raises(manifests.ManifestInvalid, match="not of the key"):
        forged = signed["signature"] | {"value": other["signature"]["value"]}
        manifests.verify(rfc8785.dumps(signed | {"signature": forged}), PEM)
    with pytest.raises(manifests.ManifestInvalid, match="spelt"):
        manifests.verify(spaced, PEM)
    with pytest.raises(manifests.ManifestInvalid, match="of the form"):
        manifests.verify(b"[" * 100_000, PEM)


def test_what_is_no_key_of_the_platform_is_refused() -> None:
    file = rfc8785.dumps(_manifest())
    for pem in (b"", PEM.replace(b"PUBLIC", b"PRIVATE")):
        with pytest.raises(manifests.ManifestInvalid, match="not a key in PEM"):
            manifests.verify(file, pem)


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../cover.pdf", "a/../b", "a//b", ".hidden", "a b", "ä.pdf", "x" * 201, MANIFEST, "a\n"]
)
async def test_a_member_has_a_name_that_is_safe_everywhere(name: str) -> None:
    with pytest.raises(ValueError, match="no file of this name"):
        Member(name, "text/plain", _endless())


async def test_two_members_have_two_names_on_every_file_system() -> None:
    async def twice() -> AsyncIterator[Member]:
        yield Member("cover.pdf", "application/pdf", _once(b"1"))
        yield Member("COVER.pdf", "application/pdf", _once(b"2"))

    with pytest.raises(ValueError, match="one name"):
        await written(contents(members=twice()))


async def test_a_package_that_is_given_up_leaves_no_file_open() -> None:
    closed = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            closed.append("chunks")

    async def one() -> AsyncIterator[Member]:
        try:
            yield Member("endless", "audio/wav", endless())
        finally:
            closed.append("members")

    pieces = aiter(write(contents(members=one()), SIGNERS))
    await anext(pieces)
    await pieces.aclose()  # type: ignore[attr-defined] # it is a generator, said to be an iterator

    assert closed == ["chunks", "members"]


async def test_what_a_members_source_raises_is_raised_unchanged() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"x"
        raise LookupError("gone")

    async def one() -> AsyncIterator[Member]:
        yield Member("failing", "audio/wav", failing())

    with pytest.raises(LookupError, match="gone"):
        await written(contents(members=one()))


async def test_a_large_package_is_written_and_verified_in_little_memory() -> None:
    piece, pieces = bytes(1 << 20), 100

    async def large() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield piece

    async def one() -> AsyncIterator[Member]:
        yield Member("large.wav", "audio/wav", large())

    kept: list[bytes] = []
    tracemalloc.start()
    try:
        async for out in write(contents(members=one()), SIGNERS):
            kept.append(out[:1])
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()


def test_a_package_has_room_for_more_files_than_a_short_zip() -> None:
    many = _zipped((str(number), b"") for number in range(70_000))

    with zipfile.ZipFile(io.BytesIO(many)) as archive:
        assert len(archive.namelist()) == 70_000
        assert archive.read("69999") == b""


def test_times_of_files_are_whole_pairs_of_seconds_in_utc() -> None:
    assert dos_time(AT) == dos_time(AT + timedelta(seconds=0.5)) != dos_time(AT + timedelta(seconds=2))


def _zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A ZIP in our spelling, of anything."""
    writer = ZipWriter(dos_time(AT))
    parts = [part for name, content in files for part in (writer.begin(name), writer.add(content), writer.end())]
    return b"".join([*parts, writer.finish()])


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b""
