"""What is given to others: asked for, decided by two, given sealed to one, and answered for afterwards."""
