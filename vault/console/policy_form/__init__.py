"""A policy as a form, field by field: drawn from the policy language, and written back into the policy's own text."""
