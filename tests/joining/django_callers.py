"""Hosts that use Django's connections; for a process of their own, in which its settings are made."""

import itertools

import django
import psycopg
from django.db import connections, transaction
from django.utils.connection import ConnectionProxy
from tests.joining.callers import Caller

django.setup()

_NUMBERS = itertools.count()


def settings_of(url):
    """Give a URL as DATABASES has it."""
    if url.startswith("sqlite:///"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///")}
    named = {"user": "USER", "host": "HOST", "port": "PORT", "dbname": "NAME", "password": "PASSWORD"}
    parts = psycopg.conninfo.conninfo_to_dict(url)
    found = {named[key]: value for key, value in parts.items() if key in named}
    return {"ENGINE": "django.db.backends.postgresql", **found}


def add(url, **more):
    """Add a database to Django's, and give its alias."""
    alias = f"added{next(_NUMBERS)}"
    configured = connections.configure_settings({"default": {}, alias: settings_of(url) | more})
    connections.settings[alias] = configured[alias]
    return alias


class DjangoConnection(Caller):
    """connections["alias"]."""

    def open(self):
        self.alias = add(self.url)
        self.connection = connections[self.alias]

    def begin(self):
        self.block = transaction.atomic(using=self.alias)
        self.block.__enter__()

    def run(self, statement):
        with connections[self.alias].cursor() as cursor:
            cursor.execute(statement)

    def commit(self):
        self.block.__exit__(None, None, None)

    def rollback(self):
        transaction.set_rollback(True, using=self.alias)
        self.block.__exit__(None, None, None)

    def close(self):
        connections[self.alias].close()


class DjangoProxy(DjangoConnection):
    """What django.db.connection is: something that stands for the connection of the thread."""

    def open(self):
        super().open()
        self.connection = ConnectionProxy(connections, self.alias)


CALLERS = [
    type(f"{kind.__name__}[{database}]", (kind,), {"database": database})
    for kind in (DjangoConnection, DjangoProxy)
    for database in ("sqlite", "postgresql")
]
