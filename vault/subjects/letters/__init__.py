"""What a data subject is written: that it takes longer, what was done, or why nothing is, and what they may do then."""
