"""Shred keys are left before their day: what stays moves to others, and what was left behind dies with them."""
