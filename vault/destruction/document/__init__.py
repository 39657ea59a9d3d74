"""A certificate as a document that somebody files: in the controller's language, sealed for the readers of PDF."""
