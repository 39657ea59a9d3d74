"""An authority is answered within its scope: asked by an officer, decided by two, sealed to its certificate, proved."""

import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.builders import change_contract, logged
from tests.disclosure.asking import Desk, authority, desk
from tests.disclosure.handing import Hand
from tests.organisations.registered import POLICE, person_of, register, second
from tests.packages.certified import Holder, holder, rsa_key
from tests.world import World
from vault.packages.certificates import RecipientCertificate
from vault.packages.cms import NotSealedToThis, open_cms
from vault.packages.verifying import PackageInvalid, verify

BASIS = POLICE["legal_bases"][0]


@pytest.fixture
async def at(world: World) -> Desk:
    made = await desk(world)
    await second(made.house)
    return made


@pytest.fixture(scope="module")
def department() -> Holder:
    return holder(rsa_key(), usage="key_encipherment")


async def test_an_officer_asks_and_receives_what_two_persons_approved(
    world: World, at: Desk, department: Holder
) -> None:
    organisation = await register(at.house, certificate=department.pem)
    officer = await person_of(at.house, organisation)
    whole, left_out = await at.recording(), await at.recording()
    request = authority(organisation, whole, left_out, terms={"legal_basis": BASIS})
    hand = Hand(at, (await at.asked(officer, **request))["id"])
    assert (await at.change(hand.id, left_out, included=False)).status_code == 200
    await at.approve(hand.id)
    package = await hand.pack()
    assert (package["sealing"], package["recordings"]) == ("cms", 1)
    sealed = await hand.fetch(officer, package["id"])
    await hand.received()
    plain = b"".join(_opened(sealed, department))
    key = (await officer.get("/v1/certificate-key")).content
    manifest = verify([plain], key, sealed_to=RecipientCertificate(department.pem).fingerprint)
    assert (manifest.recipient.name, manifest.basis.law) == (POLICE["name"], BASIS)
    assert (manifest.scope.recordings, manifest.scope.excluded) == (1, 1)
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        names = archive.namelist()
        assert any(str(whole) in name for name in names)
        assert not any(str(left_out) in name for name in names)
        cover = archive.read("cover.pdf")
    traced = await at.dpo.post("/v1/packages/trace", json={"mark": manifest.mark})
    assert package["id"] in traced.text
    assert manifest.mark.encode() in cover
    altered = bytearray(plain)
    altered[len(altered) // 2] ^= 1
    with pytest.raises(PackageInvalid):
        verify([bytes(altered)], key)
    for act in ("disclosure.requested", "disclosure.packed", "package.fetched", "disclosure.fetched"):
        assert [event for event in await logged(at.house, act) if event["object"] == hand.id], act
    await hand.sweep()
    assert (await at.see(hand.id))["state"] == "fulfilled"


async def test_another_recipients_key_opens_nothing(at: Desk, department: Holder) -> None:
    organisation = await register(at.house, certificate=department.pem)
    officer = await person_of(at.house, organisation)
    request = authority(organisation, await at.recording(), terms={"legal_basis": BASIS})
    hand = Hand(at, (await at.asked(officer, **request))["id"])
    await at.approve(hand.id)
    sealed = await hand.fetch(officer, (await hand.pack())["id"])
    with pytest.raises(NotSealedToThis):
        list(_opened(sealed, holder(rsa_key())))


async def test_a_colleague_who_was_not_named_receives_nothing(at: Desk, department: Holder) -> None:
    organisation = await register(at.house, certificate=department.pem)
    officer, colleague = await person_of(at.house, organisation), await person_of(at.house, organisation)
    request = authority(organisation, await at.recording(), terms={"legal_basis": BASIS})
    hand = Hand(at, (await at.asked(officer, **request))["id"])
    await at.approve(hand.id)
    package = await hand.pack()
    assert (await hand.begin(colleague, package["id"])).status_code == 404
    assert (await hand.package(colleague)).status_code == 404


async def test_at_the_contracts_end_nothing_is_given_any_more(world: World, at: Desk, department: Holder) -> None:
    organisation = await register(at.house, certificate=department.pem)
    officer = await person_of(at.house, organisation)
    request = authority(organisation, await at.recording(), terms={"legal_basis": BASIS})
    hand = Hand(at, (await at.asked(officer, **request))["id"])
    await at.approve(hand.id)
    package = await hand.pack()
    assert (await change_contract(at.house, world.today() + timedelta(days=1))).status_code in (200, 201)
    async with world.later(timedelta(days=3)):
        refused = await hand.begin(officer, package["id"])
        assert (refused.status_code, refused.json()["rule"]) == (403, "contract-over")
        await hand.work()
        assert (await at.see(hand.id))["state"] == "stopped"


async def test_what_is_approved_for_nobody_ends_and_holds_nothing(world: World, at: Desk) -> None:
    organisation = await register(at.house)
    recording = await at.recording()
    request = authority(organisation, recording, terms={"legal_basis": BASIS})
    hand = Hand(at, (await at.asked(**request))["id"])
    await at.approve(hand.id)
    async with world.later(timedelta(days=29)):
        await hand.sweep()
        assert (await at.see(hand.id))["state"] == "approved"
    async with world.later(timedelta(days=31)):
        await hand.sweep()
        ended = await at.see(hand.id)
        assert (ended["state"], ended["ended_rule"]) == ("stopped", "nobody-to-hand-over-to")
        await hand.work()
        assert not await at.holds(recording)


def _opened(sealed: bytes, whose: Holder) -> Iterator[bytes]:
    return open_cms(io.BytesIO(sealed), RecipientCertificate(whose.pem), whose.key)
