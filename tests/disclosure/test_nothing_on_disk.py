"""While a package is made, nothing of what is in it is written to a disk: not even where sound is cut or converted."""

import io
import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.disclosure.asking import NUMBER, Desk, authority, desk
from tests.disclosure.given import to_authority
from tests.disclosure.handing import Hand
from tests.organisations.registered import POLICE, person_of, register, second
from tests.world import World, wav

GSM = Path(__file__).parents[1] / "recordings" / "prh" / "call-04.gsm"


@pytest.fixture
async def at(world: World) -> Desk:
    made = await desk(world)
    await second(made.house)
    return made


@contextmanager
def no_file_grows() -> Iterator[None]:
    """The kernel lets this process write to no file; what goes through a socket goes as before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_kernel_refuses_what_would_be_written(tmp_path: Path) -> None:
    with no_file_grows(), pytest.raises(OSError, match="too large"):
        (tmp_path / "clear").write_bytes(b"something said")


async def test_a_package_is_made_without_a_byte_of_it_on_any_disk(at: Desk) -> None:
    # The keys that seal and sign a controller's packages are made, and written, with its first one.
    await (await to_authority(at, await at.recording())).fetched()
    organisation = await register(at.house)
    officer = await person_of(at.house, organisation)
    cut = await at.house.recording(wav(20.0), contact={"customer_number": NUMBER})
    converted = await at.house.recording(GSM.read_bytes(), media_type="audio/gsm", contact={})
    wanted = authority(organisation, cut, converted, terms={"legal_basis": POLICE["legal_bases"][0]})
    hand = Hand(at, (await at.asked(officer, **wanted))["id"])
    assert (await at.change(hand.id, cut, limits={"excerpts": [[500, 9000], [10_000, 12_000]]})).status_code == 200
    assert (await hand.seal()).status_code == 200
    await at.approve(hand.id)
    with no_file_grows():
        package = await hand.pack()
    assert package["recordings"] == 2
    with zipfile.ZipFile(io.BytesIO(hand.opened(await hand.fetch(officer, package["id"])))) as opened:
        given = {name.partition("/")[2] for name in opened.namelist()}
    assert {f"{cut}/excerpt-01.wav", f"{cut}/excerpt-02.wav", f"{converted}/playable.wav"} < given
