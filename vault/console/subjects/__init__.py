"""The desk of whoever answers data subjects."""

from vault.console.subjects import answering, listening, listing, meeting, showing

HANDLERS = [*listing.HANDLERS, *showing.HANDLERS, *answering.HANDLERS, *meeting.HANDLERS, *listening.HANDLERS]
