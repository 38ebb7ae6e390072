"""What the proofs share: how long they run, and the stores on which they run."""

import contextlib
import os
from datetime import datetime

import pytest

from supporttiers.backends.storage import store_of


@pytest.fixture(scope="session")
def soak():
    """Say whether this is the long form: `make soak`."""
    return bool(os.environ.get("SUPPORTTIERS_SOAK"))


@pytest.fixture
def sqlite_url(tmp_path):
    """Give the URL of a file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'support.db'}"


@pytest.fixture
def postgresql_url(postgres_url):
    """Give the URL of a database with nothing but the tables."""
    with contextlib.closing(store_of(postgres_url)) as store:
        store.upgrade()
    return postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request):
    """Give the URL of an empty store, of each kind that several processes can share."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def receipts(tmp_path):
    """Name the file in which deliveries are written down."""
    return tmp_path / "receipts"


@pytest.fixture
def at():
    """Give the instants of the day on which the proofs play."""
    return lambda text: datetime.fromisoformat(f"2026-03-23T{text}+00:00")
