"""An order, a permit or minutes lie sealed with the disclosure, and open for those who see it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.builders import logged
from tests.destruction.aside import bucket_of, rows_of, stored
from tests.disclosure.asking import Desk, authority, desk
from tests.world import As, World
from vault.disclosure import documents
from vault.reconciliation import rounds

PDF = b"%PDF-1.7 An order of a court that names somebody"


@pytest.fixture
async def ours(world: World) -> Desk:
    return await desk(world)


async def added(who: As, disclosure: str, content: bytes = PDF, **how: Any) -> Any:
    """A document that was sent."""
    headers = {"content-type": how.pop("media_type", "application/pdf")}
    url = f"/v1/disclosures/{disclosure}/documents"
    return await who.post(url, content=content, headers=headers, params={"purpose": "order"} | how)


async def test_an_order_is_kept_sealed_and_read_by_those_who_decide(ours: Desk, officer: Callable[..., Any]) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    theirs = await officer(ours, organisation)
    asked = (await ours.ask(theirs, **authority(organisation, await ours.recording()))).json()["id"]
    sent = (await added(theirs, asked)).json()
    minutes = (await added(ours.dpo, asked, b"They met.", purpose="minutes", media_type="text/plain")).json()
    url = f"/v1/disclosures/{asked}/documents"
    assert [one["id"] for one in (await ours.administrator.get(url)).json()] == [sent["id"], minutes["id"]]
    assert [one["id"] for one in (await theirs.get(url)).json()] == [sent["id"]]
    read = await ours.administrator.get(f"{url}/{sent['id']}")
    assert (read.content, read.headers["content-type"]) == (PDF, "application/pdf")
    assert read.headers["content-disposition"].startswith("attachment")
    assert (await theirs.get(f"{url}/{minutes['id']}")).status_code == 404
    assert (await ours.supervisor.get(url)).status_code == 404
    assert len(await logged(ours.house, "document.read")) == 1
    objects = [version.key for version in await stored(ours.house)]
    assert any(key.startswith(f"disclosure/contract/{asked}/") and key.endswith(sent["id"]) for key in objects)
    custody, bucket = ours.house.world.custody, await bucket_of(ours.house)
    for row in await rows_of(ours.house, "disclosure_document"):
        sealed = await custody.objects.get_all(bucket, row["object_key"], row["object_version"])
        assert PDF not in sealed
        assert b"They met." not in sealed


async def test_what_compares_store_and_catalogue_leaves_papers_alone(ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = (await ours.asked(**authority(organisation, await ours.recording())))["id"]
    sent = (await added(ours.dpo, asked)).json()
    counts = await rounds.run(ours.house.world.custody, ours.house.tenant)
    assert counts == {}
    url = f"/v1/disclosures/{asked}/documents/{sent['id']}"
    assert (await ours.dpo.get(url)).content == PDF


async def test_what_is_no_paper_is_refused(ours: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = (await ours.asked(**authority(organisation, await ours.recording())))["id"]
    assert (await added(ours.dpo, asked, b"")).status_code == 422
    assert (await added(ours.dpo, asked, media_type="text/html")).status_code == 415
    assert (await added(ours.dpo, asked, bytes(documents.SIZE_MOST + 1))).status_code == 413
    assert (await added(ours.dpo, asked, purpose="poem")).status_code == 400
    assert (await added(ours.dpo, str(uuid4()), bytes(documents.SIZE_MOST + 1))).status_code == 404, "it was read"
    monkeypatch.setattr(documents, "DOCUMENTS_MOST", 1)
    assert (await added(ours.dpo, asked)).status_code == 201
    assert (await added(ours.dpo, asked)).status_code == 409
    await ours.decide(ours.dpo, asked, approve=False)
    assert (await added(ours.dpo, asked)).status_code == 409


async def test_a_paper_that_was_altered_is_not_shown(ours: Desk) -> None:
    organisation = await ours.organisation("authority", "demo-act-1")
    asked = (await ours.asked(**authority(organisation, await ours.recording())))["id"]
    sent = (await added(ours.dpo, asked)).json()
    (row,) = await rows_of(ours.house, "disclosure_document")
    bucket, objects = await bucket_of(ours.house), ours.house.world.custody.objects
    await objects.delete_versions(bucket, [(row["object_key"], row["object_version"])])
    assert (await ours.dpo.get(f"/v1/disclosures/{asked}/documents/{sent['id']}")).status_code == 500
