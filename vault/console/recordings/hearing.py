"""What somebody may hear of a recording, and what they hear of it now."""

from dataclasses import dataclass
from uuid import UUID

from tenants.oversight import OpenGlass
from vault.access.accesses import Access
from vault.access.descriptions import Description
from vault.access.glass import with_glass
from vault.access.kept import CONTACT, CONTENT
from vault.access.resuming import resume
from vault.accounts import Caller
from vault.api.recordings import AccessView, access_view
from vault.console.recordings.talks import Conversation, conversation
from vault.custody.custody import Custody
from vault.errors import AccessOver, Altered, Destroyed, NotFound, Unavailable, VaultError


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """What may be heard, by which access, and for how many seconds more.

    `purposes` are those for which the person may be let in, each with its title; `glass` is what they have broken and
    nobody has ended. `over` says that the access that the address names has ended; `failure` is what the vault says of
    content that it cannot show.
    """

    glass: OpenGlass | None = None
    purposes: tuple[tuple[str, str], ...] = ()
    content_gone: bool = False
    over: bool = False
    access: Access | None = None
    view: AccessView | None = None
    title: str = ""
    seconds: int = 0
    is_sound: bool = True
    channels: int = 1
    duration: float = 0
    conversation: Conversation | None = None
    failure: VaultError | None = None


async def hearing(
    custody: Custody, caller: Caller, recording_id: UUID, access_id: UUID | None, description: Description | None
) -> Hearing:
    """How it stands with listening.

    Raises:
        Refused, NotAllowed, Unauthenticated: the person may no longer listen under the access that they had.
    """
    purposes, gone = _purposes(description), _content_gone(description)
    glass = (await with_glass(custody, caller)).person.glass
    if access_id is None:
        return Hearing(glass=glass, purposes=purposes, content_gone=gone)
    try:
        access = await resume(custody, caller, access_id, CONTACT)
        if access.held.recording.id != recording_id:
            raise NotFound
    except (AccessOver, Destroyed, NotFound):
        return Hearing(glass=glass, purposes=purposes, content_gone=gone, over=True)
    recording = access.held.recording
    written, failure = None, None
    if not recording.is_sound:
        try:
            written = await conversation(custody, caller, access)
        except (AccessOver, Altered, Unavailable) as error:
            failure = error
    return Hearing(
        glass=glass,
        purposes=purposes,
        access=access,
        view=access_view(access),
        title=_title(access),
        seconds=max(0, int((access.expires_at - recording.at).total_seconds())),
        is_sound=recording.is_sound,
        channels=int(recording.facts.get("channels", 1)),
        duration=(recording.duration_ms or 0) / 1000,
        conversation=written,
        failure=failure,
    )


def titles(description: Description | None) -> dict[str, str]:
    """What the notice calls the purposes for which somebody may listen."""
    return dict(_purposes(description))


def _purposes(description: Description | None) -> tuple[tuple[str, str], ...]:
    if description is None:
        return ()
    allowed = description.held.tenancy.policy.purposes.allowed
    return tuple((purpose, allowed[purpose].title) for purpose in description.purposes)


def _content_gone(description: Description | None) -> bool:
    return description is not None and description.held.recording.live(CONTENT) is None


def _title(access: Access) -> str:
    allowed = access.held.tenancy.policy.purposes.allowed
    return allowed[access.purpose].title if access.purpose in allowed else ""
