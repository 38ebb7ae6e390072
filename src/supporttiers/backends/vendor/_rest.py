"""The old name of `supporttiers.backends.rest`, until nobody uses it any more."""

from supporttiers.backends.rest import TIMEOUT, TOO_LONG, Reply, Rest

__all__ = ["TIMEOUT", "TOO_LONG", "Reply", "Rest"]
