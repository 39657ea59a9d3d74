"""JSON over HTTP: translate, call a capability, and nothing more."""
