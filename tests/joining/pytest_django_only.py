"""Inside pytest-django's marks. Run by test_in_django.py."""

import pytest
from django.db import connection, transaction

from supporttiers import SupportDesk, SupportProcess
from supporttiers.backends.storage.django import DjangoStore

DESK = SupportDesk(SupportProcess.default(), store="django:default")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Make our tables, once."""
    with django_db_blocker.unblock():
        DjangoStore("default").upgrade()


@pytest.mark.django_db
@pytest.mark.parametrize("time", [1, 2])
def test_case_is_gone_after_each_test(time):
    """The mark's transaction takes cases with it, and the desk that all tests share goes on."""
    DESK.open(id="T-1", by="jane")
    DESK.on(connection).note("T-1", by="bob", text="hello")

    assert (1, ()) == (len(DESK.find()), DESK.verify("T-1"))


@pytest.mark.django_db(transaction=True)
def test_case_is_committed_where_transactions_are_the_tests_own():
    """With transaction=True a block commits."""
    with transaction.atomic():
        DESK.open(id="T-2", by="jane")

    assert "T-2" == DESK.get("T-2").id
