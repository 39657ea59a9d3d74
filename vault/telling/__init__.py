"""What somebody has to know in time is told: in the console, by e-mail, by signed webhook."""
