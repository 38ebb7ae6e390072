"""The desk, for a worker in a process of its own: `supporttiers worker --desk project.worker:make_desk`."""

import os

import django


def make_desk():
    """Set Django up first: what belongs to its apps cannot be loaded before."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    from support.desk import desk

    return desk
