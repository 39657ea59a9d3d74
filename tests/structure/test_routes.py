"""Every route is closed to strangers: this table is made from the routes themselves, so that a new one is in it."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyrage
import pytest

from tenants.vocabulary import Role
from tests.identity.directories import Directory
from tests.organisations.registered import COMPANY, belongs, register
from tests.world import House, World
from vault.api.app import DESCRIPTION
from vault.custody.database import tenant_scope
from vault.telling.telling import tell
from vault.telling.topics import Audience, Topic

METHODS = ("get", "head", "post", "patch", "delete", "put")
OPEN = {
    "health",
    "read_openapi",
    "read_certificate_key",
    "read_log_key",
    "read_document_certificate",
    "knock",
    "sign_in",
    "sign_in_with_passkey",
    "look_at_invitation",
    "redeem_invitation",
    "begin_oidc_sign_in",
    "finish_oidc_sign_in",
    "end_sessions_by_provider",
}
"""What answers without a credential; everything else is refused before it is looked at."""

BODIES: dict[str, dict[str, Any]] = {
    "cosign_checkpoint": {"size": 1, "cosignature": "none"},
    "register_witness": {"vkey": "none"},
    "break_glass": {"reason": "a stranger tries", "incident": "1", "told": str(uuid4())},
    "review_broken_glass": {"justified": True, "words": "a stranger tries"},
    "admit_support": {
        "operator": str(uuid4()),
        "safeguard": "adequacy_decision",
        "reason": "a stranger tries",
        "until": "2030-01-01T00:00:00Z",
    },
    "decide_right": {"keep": True},
    "name_superior": {"superior": None},
    "close_unusual": {"words": "a stranger tries"},
    "place_hold": {"reason": "legal_claim"},
    "restrict_recording": {"ground": "accuracy_contested"},
    "open_access": {"purpose": "quality", "reason": "a stranger tries"},
    "issue_token": {},
    "rotate_token": {},
    "decide_proposal": {"approve": True, "reason": "a stranger tries"},
    "register_return_recipient": {
        "public_key": str(pyrage.x25519.Identity.generate().to_public()),
        "reason": "a stranger tries",
    },
    "waive_return": {"reason": "a stranger tries"},
    "change_contract": {"last_day": "2026-01-01", "reason": "a stranger tries"},
    "confirm_return": {"manifest_sha256": "00" * 32},
    "register_webhook": {"url": "https://hooks.example/"},
    "send_transcript": {"chosen_by": "customer", "address": "stranger@customer.example"},
    "name_disclosure_recipient": {"email": "stranger@outside.example", "name": "Demo Person"},
    "set_seal": {"generate": True},
    "decide_on_disclosure": {"approve": True, "reason": "a stranger tries"},
    "change_disclosure_item": {"included": False},
    "fulfil_duty": {"means": "destroyed", "done_on": "2026-11-02", "document": str(uuid4())},
    "revoke_disclosure": {"reason": "a stranger tries"},
    "change_organisation": {"name": "Demo Police", "reason": "a stranger tries"},
    "name_organisation_person": {"email": "stranger@outside.example", "name": "Demo Person"},
    "end_group_membership": {"member_until": None},
    "name_listeners": {"reason": "a stranger tries"},
    "follow_log": {"after": 0},
    "hear_disclosed": {"recording": str(uuid4()), "purpose": "quality", "reason": "a stranger tries"},
    "close_review_session": {"minutes": "a stranger tries"},
    "change_subject_request": {"facts": "a stranger tries"},
    "identify_data_subject": {"means": "mandate_seen"},
    "extend_subject_request": {"reason": "a stranger tries"},
    "disclose_to_data_subject": {},
    "add_statement": {"text": "a stranger tries"},
    "restrict_for_data_subject": {"ground": "accuracy_contested"},
    "order_erasure": {"reason": "a stranger tries"},
    "answer_subject_request": {},
    "change_team": {"name": "a stranger tries"},
    "join_team": {"agent_id": "agent-1"},
    "end_team_membership": {"until": None},
    "change_password": {"password": "a stranger tries"},
    "confirm_code": {"code": "123456"},
    "add_passkey": {"credential": {}},
    "propose_recovery": {"email": "nobody@demo.example", "reason": "a stranger tries"},
    "map_directory_group": {"roles": []},
    "refuse_subject_request": {"ground": "unfounded", "reason": "a stranger tries"},
}
TUS = {"tus-resumable": "1.0.0", "upload-offset": "0", "content-type": "application/offset+octet-stream"}


def _operations() -> list[tuple[str, str, str]]:
    paths = json.loads(DESCRIPTION.read_text())["paths"]
    return [
        (operation["operationId"], method.upper(), path)
        for path, item in paths.items()
        for method, operation in item.items()
        if method in METHODS
    ]


CLOSED = [operation for operation in _operations() if operation[0] not in OPEN]


@pytest.fixture(scope="module")
async def owner(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def stranger(world: World) -> House:
    return await world.house("prh")


@pytest.fixture(scope="module")
async def ids(owner: House) -> dict[str, str]:
    return await things_of(owner)


async def things_of(owner: House) -> dict[str, str]:
    """One real thing of the owner's for every kind of id that stands in a path."""
    recording = await owner.recording()
    supervisor = await owner.person(Role.SUPERVISOR)
    body = {"purpose": "quality", "reason": "a fixture listens"}
    access = (await supervisor.post(f"/v1/recordings/{recording}/accesses", json=body)).json()["id"]
    machine = await owner.machine()
    headers = {"tus-resumable": "1.0.0", "upload-length": "10", "upload-metadata": owner.metadata()}
    upload = (await machine.post("/v1/uploads", headers=headers)).headers["location"].rsplit("/", 1)[1]
    holds = f"/v1/recordings/{await owner.recording()}"
    hold = (await supervisor.post(f"{holds}/holds", json=BODIES["place_hold"])).json()["id"]
    body = BODIES["restrict_recording"]
    restriction = (await owner.administrator.post(f"{holds}/restrictions", json=body)).json()["id"]
    bulk = {"search": {"agent_id": "nobody"}, "reason": "legal_claim"}
    bulk_hold = (await supervisor.post("/v1/bulk-holds", json=bulk)).json()["id"]
    note = (await supervisor.post(f"/v1/recordings/{recording}/notes", json={"text": "Demo"})).json()["id"]
    token = (await supervisor.post(f"/v1/members/{supervisor.id}/tokens", json={})).json()["id"]
    order = {"recording": str(recording), "reason": "a fixture orders"}
    proposal = (await owner.administrator.post("/v1/orders/destruction", json=order)).json()["id"]
    hooked = await owner.administrator.post("/v1/webhooks", json=BODIES["register_webhook"])
    asks = {"right": "erasure", "for": "data_subject", "channel": "letter", "received_on": "2026-11-02"}
    subject_request = (await owner.administrator.post("/v1/subject-requests", json=asks)).json()
    company = await register(owner, COMPANY)
    terms = {"purpose": "quality", "recordings": [str(recording)]}
    evidence = {"kind": "evidence", "terms": terms, "details": {"reason": "a fixture asks"}}
    disclosure = (await supervisor.post("/v1/disclosures", json=evidence)).json()["id"]
    dpo, begins = await owner.person(Role.DPO), owner.world.now()
    absent = {"member": str(dpo.id), "stand_in": str(supervisor.id), "starts_at": begins.isoformat()}
    absent |= {"ends_at": (begins + timedelta(days=1)).isoformat()}
    delegation = (await owner.administrator.post("/v1/delegations", json=absent)).json()["id"]
    directory = await Directory.of(owner)
    team = (await owner.administrator.post("/v1/teams", json={"name": "Demo team"})).json()["id"]
    joined = await owner.administrator.post(f"/v1/teams/{team}/memberships", json={"agent_id": "agent-1"})
    session = await owner.world.session(owner.slug, f"admin@{owner.slug}.example")
    return {
        "log_id": str(owner.tenant),
        "witness_id": str(uuid4()),
        "user_id": (await directory.user())["id"],
        "group_id": (await directory.group())["id"],
        "slug": owner.slug,
        "team_id": team,
        "team_membership_id": joined.json()["id"],
        "recording_id": str(recording),
        "session_id": (await session.get("/v1/me/sessions")).json()[0]["id"],
        "passkey_id": str(uuid4()),
        "delegation_id": delegation,
        "organisation_id": str(company),
        "membership_id": (await belongs(owner, company))["id"],
        "disclosure_id": disclosure,
        "request_id": subject_request["id"],
        "access_id": access,
        "hold_id": hold,
        "note_id": note,
        "key": uuid4().hex,
        "proposal_id": proposal,
        "restriction_id": restriction,
        "bulk_hold_id": bulk_hold,
        "upload_id": upload,
        "member_id": str(supervisor.id),
        "token_id": token,
        "contract_id": str(owner.contract),
        "certificate_id": str(uuid4()),
        "document_id": str(uuid4()),
        "package_id": str(uuid4()),
        "fetch_id": str(uuid4()),
        "notice_id": str(uuid4()),
        "message_id": await _message(owner),
        "webhook_id": hooked.json()["webhook"]["id"],
        "destruction_id": str(uuid4()),
        "glass_id": str(uuid4()),
        "admission_id": str(uuid4()),
        "review_id": str(uuid4()),
        "line_id": str(uuid4()),
        "unusual_id": str(uuid4()),
    }


@pytest.mark.parametrize(("name", "method", "path"), CLOSED, ids=[operation[0] for operation in CLOSED])
async def test_without_a_credential_nothing_is_answered(world: World, name: str, method: str, path: str) -> None:
    answer = await world.client.request(method, _url(path, str(uuid4())))
    assert answer.status_code == 401


async def _message(owner: House) -> str:
    async with tenant_scope(owner.tenant):
        told = await tell(owner.tenant, Topic.GRANT_ENDED, uuid4(), audience=Audience.DPO, now=owner.world.now())
    return str(told)


def _url(path: str, value: str) -> str:
    """The path with one thing's id in it; an archive of a thing and an event of one's own log have numbers."""
    return re.sub(r"\{\w+\}", value, path.replace("{number}", "1").replace("{seq}", "1"))
