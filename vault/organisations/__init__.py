"""Outside recipients as two persons registered them, their named persons, and the companies of a group."""
