"""Destruction goes in one order, key, ciphertext, rows, proof, and goes on where it was killed."""
