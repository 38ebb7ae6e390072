"""Every error: its text, its reason, its place in the tree, and that it survives pickling."""

import inspect
import pickle

import pytest

from supporttiers import errors
from supporttiers.errors import Fault, SupportTiersError
from supporttiers.reasons import CODES, Reason

REFUSED = Reason("refused.no_ticket")

EXAMPLES = [
    (
        errors.ProcessError("acme.toml", (Fault("tiers[2].level", "is 7"),)),
        "process 'acme.toml' is not valid: tiers[2].level: is 7",
        Reason("process.faults", {"count": 1, "faults": ["tiers[2].level: is 7"]}),
    ),
    (
        errors.ProcessError("acme", (Fault("", "is empty"), Fault("tiers", "has none"))),
        "process 'acme' is not valid, 2 faults:\n  - is empty\n  - tiers: has none",
        Reason("process.faults", {"count": 2, "faults": ["is empty", "tiers: has none"]}),
    ),
    (
        errors.DirectoryError("people.toml", (Fault("agents[0].id", "is missing"),)),
        "directory 'people.toml' is not valid: agents[0].id: is missing",
        Reason("directory.faults", {"count": 1, "faults": ["agents[0].id: is missing"]}),
    ),
    (
        errors.CalendarError("the end lies before the start"),
        "the end lies before the start",
        Reason("calendar.invalid", {"problem": "the end lies before the start"}),
    ),
    (
        errors.PolicyConfigError("Tier.level", "is 100"),
        "Tier.level: is 100",
        Reason("policy.invalid", {"field": "Tier.level", "problem": "Tier.level: is 100"}),
    ),
    (
        errors.PluginError("pager", "it lacks `notify` of Notifier"),
        "'pager' does not fit: it lacks `notify` of Notifier",
        Reason(
            "plugin.invalid",
            {"plugin": "pager", "problem": "'pager' does not fit: it lacks `notify` of Notifier"},
        ),
    ),
    (
        errors.CaseNotFoundError("T-1", "acme"),
        "case 'T-1' does not exist for tenant 'acme'; open it first, or look it up with find()",
        Reason("input.not_found", {"case_id": "T-1", "tenant": "acme"}),
    ),
    (
        errors.MoveRefusedError("T-1", "wait", "tier1.queued", ("start", "escalate to 2"), REFUSED),
        (
            "case 'T-1' cannot wait from tier1.queued: waiting for a vendor needs an open vendor ticket; dispatch "
            "first; from here it can: start, escalate to 2"
        ),
        REFUSED,
    ),
    (
        errors.MoveRefusedError("T-1", "reopen", "cancelled", (), Reason("refused.move")),
        "case 'T-1' cannot reopen from cancelled: the process has no such move; from here it can: nothing",
        Reason("refused.move"),
    ),
    (
        errors.NotPermittedError("T-1", "rate", "bob", (Reason("refused.not_requester", {"verb": "rate"}),), ()),
        "case 'T-1': 'bob' may not rate: only the requester may rate",
        Reason("refused.not_requester", {"verb": "rate"}),
    ),
    (
        errors.NotPermittedError("T-1", "close", "bob", (REFUSED, Reason("refused.move")), ("solution", "category")),
        (
            "case 'T-1': 'bob' may not close: waiting for a vendor needs an open vendor ticket; dispatch first; "
            "the process has no such move; hand in first: solution, category"
        ),
        REFUSED,
    ),
    (
        errors.NotPermittedError("T-1", "close", "bob", (), ("solution",)),
        "case 'T-1': 'bob' may not close: ; hand in first: solution",
        Reason("input.not_permitted"),
    ),
    (
        errors.InputError("T-1", "tier", "is 100; possible is 0 to 99"),
        "case 'T-1': tier is 100; possible is 0 to 99",
        Reason("input.invalid", {"field": "tier", "problem": "is 100; possible is 0 to 99"}),
    ),
    (
        errors.InputError("", "limit", "is 0; possible is at least 1"),
        "limit is 0; possible is at least 1",
        Reason("input.invalid", {"field": "limit", "problem": "is 0; possible is at least 1"}),
    ),
    (
        errors.StaleCaseError("T-1", 3, 5),
        "case 'T-1' is at version 5, not 3; read it again and decide again, or leave expected_version out",
        Reason("input.stale", {"expected": 3, "found": 5}),
    ),
    (
        errors.IdempotencyError("T-1", "req-9"),
        "case 'T-1': idempotency key 'req-9' was used for another command; use a new key for a new command",
        Reason("input.idempotency", {"key": "req-9"}),
    ),
    (
        errors.ParkedError("T-1", Reason("park.undecided", {"failures": 10, "problem": "ValueError"})),
        (
            "case 'T-1' is set aside: what is due on it could not be decided, 10 times in a row: ValueError; "
            "mend that, then call unpark('T-1')"
        ),
        Reason("park.undecided", {"failures": 10, "problem": "ValueError"}),
    ),
    (
        errors.UnsupportedConnectionError("Socket", "it is no connection to a database"),
        "on() cannot work on a Socket: it is no connection to a database",
        Reason("transaction.unsupported", {"kind": "Socket", "problem": "it is no connection to a database"}),
    ),
    (
        errors.AutocommitError("Connection", "begin one first"),
        "this Connection is in autocommit mode, and no transaction is open on it; begin one first",
        Reason("transaction.autocommit", {"kind": "Connection", "how": "begin one first"}),
    ),
    (
        errors.StoreError("sqlite", "the file is locked", retryable=True),
        "sqlite: the file is locked; it may be tried again",
        Reason("backend.failed", {"backend": "sqlite", "problem": "the file is locked"}),
    ),
    (
        errors.FactsError("plan", "TimeoutError", retryable=True),
        "plan: TimeoutError; it may be tried again",
        Reason("backend.failed", {"backend": "plan", "problem": "TimeoutError"}),
    ),
    (
        errors.NotifyError("pager", "the address is unknown", retryable=False),
        "pager: the address is unknown; trying again will not help",
        Reason("backend.failed", {"backend": "pager", "problem": "the address is unknown"}),
    ),
    (
        errors.VendorError("acme-print", "it timed out", retryable=True),
        "acme-print: it timed out; it may be tried again",
        Reason("backend.failed", {"backend": "acme-print", "problem": "it timed out"}),
    ),
    (
        errors.WebhookRefusedError("acme-print", 401, "it does not come from the vendor"),
        "a call for vendor 'acme-print' was refused (401): it does not come from the vendor",
        Reason("webhook.refused", {"vendor": "acme-print", "problem": "it does not come from the vendor"}),
    ),
    (SupportTiersError("plain"), "plain", Reason("error", {"text": "plain"})),
]
IDS = [f"{number}-{type(error).__name__}" for number, (error, _, _) in enumerate(EXAMPLES)]

TREE = {
    "SupportTiersError": "Exception",
    "DefinitionError": "SupportTiersError",
    "ProcessError": "DefinitionError",
    "DirectoryError": "DefinitionError",
    "CalendarError": "DefinitionError",
    "PolicyConfigError": "DefinitionError",
    "PluginError": "DefinitionError",
    "CaseError": "SupportTiersError",
    "CaseNotFoundError": "CaseError",
    "MoveRefusedError": "CaseError",
    "NotPermittedError": "CaseError",
    "InputError": "CaseError",
    "StaleCaseError": "CaseError",
    "IdempotencyError": "CaseError",
    "ParkedError": "CaseError",
    "TransactionError": "SupportTiersError",
    "UnsupportedConnectionError": "TransactionError",
    "AutocommitError": "TransactionError",
    "WebhookRefusedError": "SupportTiersError",
    "BackendError": "SupportTiersError",
    "StoreError": "BackendError",
    "FactsError": "BackendError",
    "NotifyError": "BackendError",
    "VendorError": "BackendError",
}


def _classes():
    """Give every error class of the module."""
    return {
        name: found
        for name, found in vars(errors).items()
        if inspect.isclass(found) and issubclass(found, BaseException)
    }


@pytest.mark.parametrize(("error", "text", "reason"), EXAMPLES, ids=IDS)
def test_error_says_what_was_asked_and_what_is_possible(error, text, reason):
    """The whole text, and the same as data."""
    assert text == str(error)
    assert reason == error.reason
    assert reason.code in CODES


@pytest.mark.parametrize(("error", "text", "reason"), EXAMPLES, ids=IDS)
def test_error_survives_pickling(error, text, reason):
    """A worker in another process hands over the same error."""
    copy = pickle.loads(pickle.dumps(error))

    assert type(error) is type(copy)
    assert (text, reason) == (str(copy), copy.reason)


@pytest.mark.parametrize(("error", "text", "reason"), EXAMPLES, ids=IDS)
def test_error_can_be_told_apart_and_kept(error, text, reason):
    """Errors are compared by identity, so that they can be keys and members of sets."""
    assert {error} == {error}
    assert error != pickle.loads(pickle.dumps(error))


def test_error_tree_is_as_drawn():
    """Each class stands where the picture at the top of the module shows it; what is caught by whom is public."""
    assert TREE == {name: found.__bases__[0].__name__ for name, found in _classes().items()}
    assert issubclass(errors.CaseNotFoundError, LookupError)
    assert issubclass(errors.InputError, ValueError)
    assert issubclass(errors.PolicyConfigError, ValueError)


def test_every_leaf_has_an_example():
    """No error is left out of this file."""
    parents = set(TREE.values())

    assert set(TREE) - parents == {type(error).__name__ for error, _, _ in EXAMPLES} - {"SupportTiersError"}


@pytest.mark.parametrize(("place", "text"), [("tiers[0]", "tiers[0]: is odd"), ("", "is odd")])
def test_fault_names_its_place(place, text):
    """A fault of the whole has no place."""
    assert text == str(Fault(place, "is odd"))
