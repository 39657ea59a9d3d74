"""Listening without a copy: a grant for a group's companies, and a supervised review at a place."""
