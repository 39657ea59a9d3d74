"""The audit log as others can check it: tiles, checkpoints, proofs, witnesses, exports."""
