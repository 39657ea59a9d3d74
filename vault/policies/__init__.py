"""A policy changes by another version of its file, which two persons decide on after seeing what it would do."""
