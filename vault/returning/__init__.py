"""What a contract promised back is returned to its controller, sealed to a key of theirs, and confirmed by them."""
