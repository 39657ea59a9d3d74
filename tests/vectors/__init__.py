"""Golden sealed parts, good and tampered, each with its expected outcome."""
