"""Every parser of what comes from outside, in one table: its name, its errors, and what it takes."""

import hashlib
import io
import json
import tempfile
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from pydantic import ValidationError
from scim2_models import Context, SCIMException

from tenants.identifiers import cut_identifiers, holds_identity_code, rejoin
from tenants.reading import PolicyInvalid, read_policy
from tenants.recordings import Kind, PhoneNumberInvalid, normalise_number
from tests.fuzz import files, samples
from tests.fuzz.parser import Parser, of_header, of_text
from tests.world import POLICIES, call, wav
from vault.access.cursors import Position, read_cursor, write_cursor
from vault.access.query import Query
from vault.api import limits, ranges, scim_answers, tus
from vault.credentials import is_token, new_token
from vault.custody.key_ids import ShredKeyId
from vault.destruction import reading as destructions
from vault.errors import Invalid, Malformed, RangeNotSatisfiable, UnsupportedMedia, VaultError
from vault.identity import fetching, passkeys, scim_search
from vault.identity.id_tokens import TokenRefused, read_id_token
from vault.identity.scim_models import User
from vault.identity.subjects import canonical
from vault.ingest.admitting import read_metadata
from vault.ingest.audio import probe
from vault.ingest.containers import NotWhatItClaims, container_of
from vault.ingest.manifest import read_manifest
from vault.ingest.transcripts import TranscriptInvalid, read_transcript, split_identifiers
from vault.mail_settings import read_mail_server
from vault.root_key_settings import read_root_key
from vault.telling import posting
from vault.web_settings import read_web

KEY: Final = ECKey.generate_key("P-256", {"kid": "demo"})
CALL: Final = json.dumps(call()).encode()
PERSON: Final = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "demo@demo.example"}
CHANGES: Final = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [{"op": "replace", "path": "name.givenName", "value": "Demo"}],
}


def _tus(header: str) -> None:
    read_metadata(tus.read_metadata(header))


def _range(header: str) -> None:
    asked = ranges.parse_range(header, 1000)
    assert asked is None or 0 <= asked.start < asked.stop <= 1000
    ranges.is_unchanged(header, '"demo"')
    ranges.range_applies(header, '"demo"')


def _number(text: str) -> None:
    number = normalise_number(text)
    assert normalise_number(number) == number


def _identifiers(text: str) -> None:
    holds_identity_code(text)
    cut, cuts = cut_identifiers(text)
    assert rejoin(cut, cuts) == text


def _transcript(content: bytes) -> None:
    split_identifiers(read_transcript(content, Kind.CHAT, started_at=samples.NOW))


def _survey(content: bytes) -> None:
    split_identifiers(read_transcript(content, Kind.SMS_SURVEY))


def _manifest(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        for row in read_manifest(Path(folder), now=samples.NOW):
            str(row)


def _keyring(tenant: UUID, label: str, value: str) -> bytes:
    return hashlib.sha256(f"{tenant} {label} {value}".encode()).digest()


CUSTODY: Any = SimpleNamespace(keyring=SimpleNamespace(tenant_index=_keyring))
CALLER: Any = SimpleNamespace(id=UUID(int=1), tenant=UUID(int=2))
CURSOR: Final = write_cursor(CUSTODY, CALLER, Query(), Position(samples.NOW, UUID(int=3)))


def _cursor(text: str) -> None:
    read_cursor(CUSTODY, CALLER, Query(cursor=text))


def _webhook(text: str) -> None:
    if posting.problem_of(text, to_private=False) is None:
        assert text.lower().startswith("https://")
    fetching.is_issuer(text)
    fetching.is_endpoint(text)


def _waits(header: str) -> None:
    waited = posting._retry_after(header, samples.NOW)
    assert waited is None or timedelta() <= waited <= posting.LONGEST_WAIT


def _json(content: bytes) -> dict[str, Any]:
    """As the framework hands a body on; what is no object never comes so far."""
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


def _scim(content: bytes) -> None:
    scim_answers.resource_of(User, _json(content), Context.RESOURCE_CREATION_REQUEST)


def _somebody() -> Any:
    return scim_answers.resource_of(User, PERSON, Context.DEFAULT)


def _scim_changes(content: bytes) -> None:
    scim_answers.operations_of(User, _json(content)).patch(_somebody())


def _scim_filter(text: str) -> None:
    asked = scim_answers.search_of(User, {"filter": text}, Context.DEFAULT)
    scim_search.indexed(asked)
    scim_search.page(asked, [_somebody()])


def _id_token(text: str) -> None:
    read_id_token(text, KeySet([KEY]), issuer="https://demo.example", client_id="vault", nonce="n", now=samples.NOW)


def _claims() -> bytes:
    at = int(samples.NOW.timestamp())
    claims = {"iss": "https://demo.example", "aud": "vault", "sub": "1", "nonce": "n", "iat": at, "exp": at + 60}
    return jwt.encode({"alg": "ES256", "kid": "demo"}, claims, KEY, algorithms=["ES256"]).encode()


def _peer(text: str) -> None:
    scope: Any = {"client": (text, 1)}
    limits.address_of(scope)


def _key_id(text: str) -> None:
    assert str(ShredKeyId.parse(UUID(int=1), text)) == text


def _sound(content: bytes) -> None:
    probe(io.BytesIO(content), "audio/wav")


def _settings(line: str) -> None:
    name, _, value = line.partition("=")
    read_web({name: value})


def _texts(*seeds: str) -> tuple[bytes, ...]:
    return tuple(seed.encode() for seed in seeds)


TEXTS = (
    Parser(
        "policy",
        of_text(lambda text: read_policy(text, source="demo.toml")),
        (PolicyInvalid,),
        tuple(file.read_bytes() for file in sorted(POLICIES.glob("*.toml"))),
    ),
    Parser("phone number", of_text(_number), (PhoneNumberInvalid,), _texts("040 123 4567", "+358501234567", "112")),
    Parser("identifiers in words", of_text(_identifiers), (), (samples.transcript(), b"131052-308T 2026-01-01")),
    Parser("metadata", read_metadata, (Invalid,), (CALL,)),
    Parser("talk", _transcript, (TranscriptInvalid,), (samples.transcript(),)),
    Parser("survey", _survey, (TranscriptInvalid,), (b'{"answers":[{"question":"NPS","answer":9}]}',)),
    Parser(
        "import as JSON Lines",
        lambda content: _manifest("manifest.jsonl", content),
        (),
        (b'{"file":"manifest.jsonl",' + CALL[1:],),
    ),
    Parser(
        "import as CSV",
        lambda content: _manifest("manifest.csv", content),
        (),
        (b"file,kind,source_id,media_type,started_at\nmanifest.csv,call,pbx-1,audio/wav,2026-03-01T12:00:00Z\n",),
    ),
    Parser("sound", _sound, (NotWhatItClaims,), (wav(0.1),)),
)
REQUESTS = (
    Parser("Upload-Metadata", of_header(_tus), (Malformed, Invalid), (tus.write_metadata(CALL).encode(),)),
    Parser(
        "Upload-Checksum",
        of_header(tus.read_checksum),
        (Malformed,),
        _texts("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha256 " + "A" * 43 + "="),
    ),
    Parser("Upload-Offset", of_header(tus.read_offset), (Malformed,), _texts("0", "123456789")),
    Parser("Upload-Length", of_header(lambda text: tus.read_length(text, None)), (Malformed,), _texts("0", "1024")),
    Parser("Tus-Resumable", of_header(tus.require_version), (VaultError,), _texts("1.0.0")),
    Parser("Content-Type of a part", of_header(tus.require_body_type), (UnsupportedMedia,), _texts(tus.CONTENT_TYPE)),
    Parser("media type", of_text(container_of), (UnsupportedMedia,), _texts("audio/ogg; codecs=opus", "audio/wav")),
    Parser("Range", of_header(_range), (RangeNotSatisfiable,), _texts("bytes=0-", "bytes=1-2", "bytes=-5", 'W/"demo"')),
    Parser("cursor of a search", of_text(_cursor), (Invalid,), _texts(CURSOR)),
    Parser(
        "cursor of destructions",
        of_text(destructions._position),
        (Invalid,),
        _texts("MjAyNi0xMS0yMlQxMjowMDowMCswMDowMCAwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDE="),
    ),
    Parser("token", of_header(is_token), (), _texts(new_token())),
    Parser("subject of a certificate", of_header(canonical), (Invalid,), _texts("CN=pbx-1,O=Demo Oy,C=FI")),
    Parser("address of a peer", of_header(_peer), (), _texts("::1", "10.0.0.1")),
    Parser(
        "handle of a passkey",
        of_text(lambda text: passkeys._user_of({"response": {"userHandle": text}})),
        (ValueError,),
        _texts("A" * 43),
    ),
    Parser("user of a directory", _scim, (ValidationError, SCIMException), (json.dumps(PERSON).encode(),)),
    Parser("changes of a directory", _scim_changes, (ValidationError, SCIMException), (json.dumps(CHANGES).encode(),)),
    Parser(
        "filter of a directory",
        of_text(_scim_filter),
        (ValidationError, SCIMException),
        _texts('userName eq "demo@demo.example"', 'emails[type eq "work"] and not (active pr)'),
    ),
)
OTHERS = (
    Parser("address of a webhook", of_text(_webhook), (), _texts("https://hooks.example:443/a?b=c", "https://[::1]/")),
    Parser("Retry-After", of_header(_waits), (), _texts("120", format_datetime(samples.NOW, usegmt=True))),
    Parser("ID token", of_text(_id_token), (TokenRefused,), (_claims(),)),
    Parser("id of a key", of_text(_key_id), (ValueError,), _texts("content/20260501T0000Z.2", "hold/contract")),
    Parser(
        "mail server",
        of_text(lambda line: read_mail_server(line, sender="vault@firm.example")),
        (ValueError,),
        _texts("smtp://user:word@mail.example:587"),
    ),
    Parser(
        "root key",
        of_text(lambda line: read_root_key(line, pin="1234")),
        (ValueError,),
        _texts("aws-kms:alias/vault?region=eu-north-1", "pkcs11:token=demo;object=vault?module-path=/lib/p11.so"),
    ),
    Parser(
        "settings of the network",
        of_text(_settings),
        (ValueError,),
        _texts("VAULT_TRUSTED_PROXIES=10.0.0.0/24", "VAULT_HOSTS=vault.example", "VAULT_LIMITS=off"),
    ),
)

PARSERS: Final = (*TEXTS, *REQUESTS, *OTHERS, *files.SEALING, *files.SIGNED, *files.LOG)
