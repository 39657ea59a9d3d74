"""What is moved under a hold key: data keys, digests of numbers and notes. Nothing of it touches the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from vault.custody.contacts import ContactRecord
from vault.custody.custody import Custody
from vault.custody.keys import KeyDestroyed, KeyringError, ShredKey, ShredKeyId
from vault.custody.sealed import DataKey, Header, Place, SealedInvalid, open_sealed, seal
from vault.errors import Altered, Destroyed
from vault.keeping.standing import CONTACT, Standing, StandingPart


@dataclass(frozen=True)
class Moved:
    """What a recording gets under a hold key: its parts' data keys, the notes of its reasons, its numbers' digests."""

    wraps: dict[UUID, bytes] = field(default_factory=dict, repr=False)
    notes: dict[UUID, bytes] = field(default_factory=dict, repr=False)
    digests: tuple[tuple[str, bytes], ...] = ()


def move(
    custody: Custody,
    standing: Standing,
    parts: tuple[StandingPart, ...],
    key_id: ShredKeyId,
    *,
    index: ShredKeyId | None,
    notes: Mapping[UUID, str],
    now: datetime,
) -> Moved:
    """Wrap the data keys of parts under a hold key, made if need be; waits for the disk, so not on an event loop.

    Args:
        index: the key to digest the contact record's numbers under, where they are to be found from now on.
        notes: the text of reasons, by their ids.

    Raises:
        Destroyed: the key of one of the parts has gone.
        Altered: what is stored of one is not what was stored.
    """
    hold_key = custody.keyring.shred_key(key_id, now=now)
    wraps: dict[UUID, bytes] = {}
    digests: tuple[tuple[str, bytes], ...] = ()
    for part in parts:
        data_key = _data_key(custody, standing, part, now)
        wraps[part.id] = hold_key.wrap(data_key, _place(standing, part))
        if index is not None and part.name == CONTACT:
            digests = _digests(custody.keyring.shred_key(index, now=now), standing, part, data_key)
    kept = {id: _note(custody, standing, id, sealed, now) for id, sealed in standing.notes.items()}
    texts = {id: text for id, text in kept.items() if text is not None} | dict(notes)
    return Moved(
        wraps, {id: _sealed_note(custody, standing, id, hold_key, text) for id, text in texts.items()}, digests
    )


def note_of(custody: Custody, standing: Standing, reason: UUID, *, now: datetime) -> str | None:
    """The note of a reason while its hold key lives; None where there is none or it has gone."""
    sealed = standing.notes.get(reason)
    return None if sealed is None else _note(custody, standing, reason, sealed, now)


def _note(custody: Custody, standing: Standing, reason: UUID, sealed: bytes, now: datetime) -> str | None:
    place = _note_place(standing, reason)
    try:
        header = Header.read(sealed)
        key = custody.keyring.find(ShredKeyId.parse(standing.tenant, header.key_id), now=now)
        return open_sealed(key.unwrap(header.wrapped_key, place), place, sealed).decode()
    except KeyDestroyed:
        return None
    except (KeyringError, ValueError) as error:
        raise Altered("The note is not what was stored.") from error


def _sealed_note(custody: Custody, standing: Standing, reason: UUID, key: ShredKey, text: str) -> bytes:
    place, fresh = _note_place(standing, reason), custody.keyring.new_data_key()
    return seal(fresh, Header(place, str(key.id), key.wrap(fresh, place), "text/plain"), text.encode())


def _data_key(custody: Custody, standing: Standing, part: StandingPart, now: datetime) -> DataKey:
    text, wrapped = part.shred_key_id, part.wrapped_key
    if part.hold_key_id is not None:
        text, wrapped = part.hold_key_id, part.hold_wrapped_key
    try:
        key = custody.keyring.find(ShredKeyId.parse(standing.tenant, text), now=now)
        return key.unwrap(wrapped or b"", _place(standing, part))
    except KeyDestroyed as error:
        raise Destroyed(f"The key of the part {part.name!r} has been destroyed.") from error
    except (KeyringError, SealedInvalid) as error:
        raise Altered(f"The key of the part {part.name!r} is not the one it was sealed under.") from error


def _digests(
    index: ShredKey, standing: Standing, part: StandingPart, data_key: DataKey
) -> tuple[tuple[str, bytes], ...]:
    try:
        record = ContactRecord.read(open_sealed(data_key, _place(standing, part), part.sealed or b""))
    except ValueError as error:
        raise Altered("The contact record is not what was stored.") from error
    return tuple((name.value, index.blind_index(label, value)) for name, label, value in record.index_terms())


def _place(standing: Standing, part: StandingPart) -> Place:
    return Place(standing.tenant, standing.id, part.name)


def _note_place(standing: Standing, reason: UUID) -> Place:
    return Place(standing.tenant, standing.id, f"note.{reason.hex}")
