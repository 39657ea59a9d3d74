"""A controller orders the destruction of one recording, or of all of one data subject, before its time."""
