"""What destroys before its time or changes a promise is proposed by one person and decided by another."""
