"""Holds and restrictions: what keeps a recording past its day, who placed it, and how it lets go."""
