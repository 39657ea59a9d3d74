"""Every act that the log can tell of, each declared once; what is not declared here cannot be written there."""
