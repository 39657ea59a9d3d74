"""What a data subject asks for (Art. 15 to 18, 20, 21): found, identified, answered, and answered in time."""
