"""Finding recordings, and listening to them."""

from litestar.handlers import HTTPRouteHandler

from vault.console.recordings.letting_in import change_purpose, listen, stop_listening
from vault.console.recordings.searching import forget_purpose, search_recordings, show_recordings
from vault.console.recordings.showing import show_recording

HANDLERS: list[HTTPRouteHandler] = [
    show_recordings,
    search_recordings,
    forget_purpose,
    show_recording,
    listen,
    change_purpose,
    stop_listening,
]
