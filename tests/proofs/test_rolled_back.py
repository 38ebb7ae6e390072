"""A sweep that the database rolls back for another's sake is done again, whole, in the same pass."""

import psycopg
import pytest
from tests.proofs.world import BEGIN, STEP, desk_on, thresholds


@pytest.mark.parametrize("error", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
def test_sweep_that_was_rolled_back_fires_what_it_would_have_fired(monkeypatch, postgresql_url, receipts, error):
    """Who was chosen to give way in a deadlock claims, decides and writes anew, as if nothing had been."""
    execute, refused = psycopg.Cursor.execute, []

    def refusing(cursor, query, *args, **options):
        if "INSERT INTO supporttiers_event" in str(query) and not refused:
            refused.append(query)
            raise error("give way")
        return execute(cursor, query, *args, **options)

    with desk_on(postgresql_url, receipts, BEGIN) as desk:
        ids = [desk.open("Printer", id=f"C-{number}", by="jane").id for number in range(5)]
        desk._clock.advance(STEP / 2)
        monkeypatch.setattr(psycopg.Cursor, "execute", refusing)
        done = desk.run_due()

        assert refused
        assert done.fired == 5
        assert [1] * 5 == [thresholds(desk, case_id).total() for case_id in ids]
