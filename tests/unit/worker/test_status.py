"""How a worker is, as data, and what is said of its health."""

import json
from datetime import timedelta

import pytest

from supporttiers.protocols import Backlog
from supporttiers.readings import Pass
from supporttiers.reasons import Reason
from supporttiers.worker.status import WorkerStatus, findings_of

FIVE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("age", "healthy"), [(FIVE, True), (FIVE + SECOND, False)])
@pytest.mark.parametrize("passed", [True, False])
def test_worker_without_a_pass_for_too_long_is_stuck(at, age, healthy, passed):
    """Counted from the last whole pass, or from the start where there was none."""
    seen = WorkerStatus().started(at("09:00"))
    seen = seen.passed(Pass(), at("09:00")) if passed else seen
    found = findings_of(seen, Backlog(), at("09:00") + age, pass_within=FIVE, lag_within=FIVE)

    stuck = Reason("worker.stuck", {"since": "2026-03-23T09:00:00+00:00", "within": "0:05:00"})
    assert (() if healthy else (stuck,)) == found


@pytest.mark.parametrize(
    ("backlog", "late"),
    [
        (Backlog(lag=FIVE, message_lag=FIVE), []),
        (Backlog(lag=FIVE + SECOND), ["cases"]),
        (Backlog(message_lag=FIVE + SECOND), ["messages"]),
        (Backlog(lag=FIVE * 2, message_lag=FIVE * 2), ["cases", "messages"]),
        (Backlog(parked=9, dead=9, ambiguous=9), []),
    ],
)
def test_worker_that_is_late_is_not_healthy(at, backlog, late):
    """What has been due for too long is a finding; what was set aside is not: a new start would not help it."""
    seen = WorkerStatus().started(at("09:00"))
    found = findings_of(seen, backlog, at("09:00"), pass_within=FIVE, lag_within=FIVE)

    assert [("worker.late", what) for what in late] == [(reason.code, reason.params["what"]) for reason in found]


def test_worker_status_as_plain_data_goes_through_json(at):
    """A host's health endpoint can hand it out as it is."""
    seen = WorkerStatus().started(at("09:00")).passed(Pass(fired=1, lag=FIVE), at("09:01"))
    seen = seen.erred(KeyError("secret"), at("09:02")).stopping()
    status = seen.read(Backlog(due=2, lag=SECOND), None, (Reason("worker.stopped"),))

    assert {
        "healthy": False, "state": "stopping", "started_at": "2026-03-23T09:00:00+00:00", "passes": 1, "fired": 1,
        "relayed": 0, "polled": 0, "failed": 0, "parked": 0, "errors": 1,
        "last_pass": {"fired": 1, "relayed": 0, "polled": 0, "failed": 0, "parked": 0, "lag": 300.0, "left": 0},
        "last_pass_at": "2026-03-23T09:01:00+00:00",
        "last_error": {"type": "KeyError", "at": "2026-03-23T09:02:00+00:00"}, "next_wake": None,
        "backlog": {"due": 2, "lag": 1.0, "parked": 0, "messages": 0, "message_lag": 0.0, "dead": 0, "ambiguous": 0},
        "findings": [{"code": "worker.stopped", "params": {}, "text": "the worker does not run"}],
    } == json.loads(json.dumps(status.to_data()))  # fmt: skip
