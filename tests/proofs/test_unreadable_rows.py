"""A row that cannot be read keeps no other from its turn."""

import contextlib
import sqlite3
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from tests.proofs.world import BEGIN, desk_on

from supporttiers.errors import StoreError

FIRST_LIMIT = timedelta(minutes=15)
SECRET = "my password is hunter2"


@pytest.fixture
def execute(url):
    """Change rows as no desk would, in whatever database."""

    def change(statement):
        if url.startswith("sqlite"):
            with contextlib.closing(sqlite3.connect(urlsplit(url).path)) as connection, connection:
                connection.execute(statement)
        else:
            import psycopg

            with psycopg.connect(url) as connection:
                connection.execute(statement)

    return change


def test_case_that_cannot_be_read_keeps_no_other_from_its_deadline(url, receipts, execute, caplog):
    """It is looked at again an hour later, and told in the log; once it is mended, its deadline is what it was."""
    with desk_on(url, receipts, BEGIN) as desk:
        for name in ("T-1", "T-2"):
            desk.open(SECRET, id=name, by="jane")
        execute("UPDATE supporttiers_case SET body = replace(body, '\"version\"', '\"colour\"') WHERE id = 'T-1'")
        desk.clock.advance(FIRST_LIMIT)
        done = desk.run_due()

        assert (1, 0, 2) == (done.fired, done.failed, desk.get("T-2").tier)
        assert BEGIN + FIRST_LIMIT + timedelta(hours=1) >= desk.next_wake()
        (told,) = [each for each in caplog.messages if "is put off" in each]
        assert told.startswith("T-1 of tenant default is put off until 2026-03-23T10:15:00+00:00: codec: Case cannot")
        assert SECRET not in caplog.text
        with pytest.raises(StoreError, match="codec: Case cannot be read"):
            desk.get("T-1")

        execute("UPDATE supporttiers_case SET body = replace(body, '\"colour\"', '\"version\"') WHERE id = 'T-1'")
        desk.clock.advance(timedelta(hours=1))
        desk.run_due()
        assert BEGIN + FIRST_LIMIT in {event.at for event in desk.history("T-1")}
        assert 1 < desk.get("T-1").tier
        assert () == desk.verify("T-1")


def test_message_that_cannot_be_read_keeps_no_other_from_being_sent(url, receipts, execute, caplog):
    """The same, in the outbox; it is sent once it is mended."""
    with desk_on(url, receipts, BEGIN) as desk:
        for name in ("T-1", "T-2"):
            desk.open(SECRET, id=name, by="jane")
            desk.inform_management(name, by="anna", reason=SECRET)
        execute(
            "UPDATE supporttiers_outbox SET effect = replace(effect, '\"Notify\"', '\"Sing\"') WHERE case_id = 'T-1'"
        )
        assert (1, 0) == (desk.run_due().relayed, desk.run_due().relayed)
        assert ["T-2"] == [name for _, _, name, *_ in desk._ports.notifiers["pager"].read()]
        assert 1 == len([each for each in caplog.messages if "is put off" in each])
        assert SECRET not in caplog.text

        execute(
            "UPDATE supporttiers_outbox SET effect = replace(effect, '\"Sing\"', '\"Notify\"') WHERE case_id = 'T-1'"
        )
        desk.clock.advance(timedelta(hours=1))
        desk.run_due()
        assert "T-1" in [name for _, _, name, *_ in desk._ports.notifiers["pager"].read()]
