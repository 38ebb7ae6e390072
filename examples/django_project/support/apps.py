"""The app."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    """Support for the customers of a shop."""

    name = "support"
