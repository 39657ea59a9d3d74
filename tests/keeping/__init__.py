"""Tests of holds and restrictions."""
