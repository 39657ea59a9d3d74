"""What comes or goes with a secret in it shows nothing of itself where it is printed, in a log or a traceback."""

from msgspec import Struct


class Unprintable(Struct, frozen=True, kw_only=True):
    """The base of bodies in which a password, a code, a token or a key stands."""

    def __repr__(self) -> str:
        """The name of its class, and no field."""
        return f"{type(self).__name__}(…)"
