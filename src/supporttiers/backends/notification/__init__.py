"""Notifiers: ways to people."""

from supporttiers.backends.notification._urls import named, unknown

__all__ = ["named", "unknown"]
