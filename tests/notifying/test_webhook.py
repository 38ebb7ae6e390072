"""Webhooks: what a receiver gets, and what comes of everything that it may answer."""

import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
import standardwebhooks
import svix.webhooks
from tests.notifying.conftest import SECRET_TEXT
from tests.servers import receivers
from tests.servers.receivers import listener

from supporttiers.actors import Contact
from supporttiers.backends.notification.webhook import WebhookNotifier
from supporttiers.backends.signatures import verify
from supporttiers.backends.transport import HttpResponse, HttpTransport
from supporttiers.clock import SystemClock
from supporttiers.errors import NotifyError, PluginError
from supporttiers.protocols import Notifier
from supporttiers.reasons import Reason

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW_SECRET = "whsec_" + "A" * 32
SOON = timedelta(milliseconds=300)


@pytest.fixture
def notifier(receiver, clock):
    """Make notifiers that send to the receiver."""

    def make(url=None, **more):
        return WebhookNotifier(url or receiver.url, **{"secrets": [SECRET], "clock": clock, **more})

    return make


def refused(notifier, notification):
    """Give what a notifier says of what was not taken."""
    with pytest.raises(NotifyError) as caught:
        notifier.notify(notification, key="k")
    error = caught.value
    return error.problem, error.retryable, error.ambiguous, error.retry_after


# -- what arrives


def test_webhook_is_a_cloud_event_of_ids_and_codes(receiver, notifier, notification, clock):
    """No text and no address is among them, unless asked for."""
    assert isinstance(notifier(), Notifier)
    notifier().notify(notification(), key="T-1:3:webhook")

    [(method, path, headers, body)] = receiver.requests
    assert ("POST", "/in/s3cret?team=a") == (method, path)
    assert "application/cloudevents+json; charset=utf-8" == headers["content-type"]
    event = json.loads(body)
    id = event.pop("id")
    assert id == headers["webhook-id"] == verify(headers, body, secrets=[SECRET], now=clock.now())
    assert {
        "specversion": "1.0",
        "source": "/supporttiers/default",
        "type": "supporttiers.notification",
        "subject": "T-1",
        "time": "2026-03-23T09:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "tenant": "default",
            "case_id": "T-1",
            "key": "T-1:3:webhook",
            "to": "assignee",
            "recipients": ["anna"],
            "reason": {"code": "case.waiting", "params": {"wait_reason": "customer"}},
            "tier": 1,
            "status": "waiting",
        },
    } == event


def test_webhook_holds_texts_where_they_are_asked_for(receiver, notifier, notification):
    """Subject, text and their language."""
    notifier(texts=True, source="https://desk.acme.example/").notify(notification(tenant="a/b"), key="k")

    event = json.loads(receiver.requests[0][3])
    assert "https://desk.acme.example/a%2Fb" == event["source"]
    assert {"subject": "Case T-1 waits", "text": f"Dear Anna,\n\n{SECRET_TEXT}\n", "language": "en"} == event["data"][
        "texts"
    ]


def test_webhook_can_be_written_whatever_stands_in_it(receiver, notifier, notification, clock):
    """A plugin's reason may hold what JSON does not know; ids may hold what no header may."""
    odd = notification(
        case_id="T\u2028ä-1", tenant="büro", recipients=(Contact(id="jörg"),), to="ü",
        reason=Reason("acme.odd", {"since": clock.now(), "text": "\ud800"}),
    )  # fmt: skip
    notifier().notify(odd, key="T\u2028ä-1:3")

    headers, body = receiver.requests[0][2:]
    assert verify(headers, body, secrets=[SECRET], now=clock.now())
    assert "2026-03-23 09:00:00+00:00" == json.loads(body)["data"]["reason"]["params"]["since"]


def test_webhook_keeps_its_id_when_it_is_sent_again(receiver, notifier, notification, clock):
    """By it a receiver can tell; another key or tenant is another message, and every attempt has its own time."""
    for tenant, key in [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x")]:
        notifier().notify(notification(tenant=tenant), key=key)
        clock.advance("1m")
    ids = [headers["webhook-id"] for _, _, headers, _ in receiver.requests]
    times = {headers["webhook-timestamp"] for _, _, headers, _ in receiver.requests}

    assert ids[0] == ids[1]
    assert (3, 4) == (len(set(ids)), len(times))


@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.webhooks.Webhook], ids=["standard", "svix"])
def test_webhook_is_taken_by_other_implementations(receiver, notification, library):
    """With the old secret and with the new one, while one is changed for the other."""
    mine = WebhookNotifier(receiver.url, secrets=[SECRET, NEW_SECRET], clock=SystemClock())
    mine.notify(notification(), key="k")
    headers, body = receiver.requests[0][2:]

    for secret in (SECRET, NEW_SECRET):
        library(secret).verify(body.decode(), {name.lower(): value for name, value in headers.items()})


# -- what a receiver may answer


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_webhook_is_taken_by_an_answer_of_success(receiver, notifier, notification, status):
    """Any 2xx."""
    receiver.answers = [status]
    notifier().notify(notification(), key="k")

    assert 1 == len(receiver.requests)


@pytest.mark.parametrize("status", [300, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_webhook_is_sent_again_after_any_other_answer(receiver, notifier, notification, status):
    """Also after a redirect: whoever moves says so to the operator."""
    with receivers.receiver() as other:
        receiver.answers = [(status, {"Location": other.url})]

        assert (f"the receiver answered {status}", True, False, None) == refused(notifier(), notification())
        assert [] == other.requests


@pytest.mark.parametrize("status", [502, 504])
def test_webhook_may_have_arrived_behind_a_gateway(receiver, notifier, notification, status):
    """The gateway does not know."""
    receiver.answers = [status]

    assert (f"the receiver answered {status}", True, True, None) == refused(notifier(), notification())


def test_webhook_is_given_up_where_nobody_wants_it(receiver, notifier, notification):
    """410: the receiver is gone for good."""
    receiver.answers = [410]

    assert ("the receiver wants no more of these (410); take it out", False, False, None) == refused(
        notifier(), notification()
    )


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_webhook_waits_as_long_as_it_is_asked_to(receiver, notifier, notification, clock, status):
    """In seconds, or until a date; what cannot be read asks for nothing."""
    receiver.answers = [
        (status, {"Retry-After": value})
        for value in ("120", format_datetime(clock.now() + timedelta(minutes=3), usegmt=True), "soon", "999999999")
    ]
    asked = [refused(notifier(), notification())[3] for _ in range(4)]

    assert [timedelta(minutes=2), timedelta(minutes=3), None, timedelta(hours=24)] == asked


def test_webhook_does_not_read_ten_megabytes(receiver, notifier, notification):
    """It has been taken; what the receiver has to say besides is not wanted."""
    receiver.answers = [receiver.gush]
    notifier().notify(notification(), key="k")

    assert 1 == len(receiver.requests)


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_webhook_whose_answer_does_not_come_may_have_arrived(receiver, notifier, notification, way):
    """It is sent again, with the same id."""
    receiver.answers = [getattr(receiver, way)]

    assert ("no answer within 0.3 s", True, True, None) == refused(notifier(timeout=SOON), notification())


def test_webhook_to_a_receiver_that_is_not_there_is_sent_again(notifier, notification):
    """Nothing has been sent."""
    with listener(lambda connection, over: None) as port:
        pass

    assert ("it cannot be reached (ConnectionRefusedError)", True, False, None) == refused(
        notifier(f"http://127.0.0.1:{port}/"), notification()
    )


def test_webhook_goes_by_tls(certified, trusting, notifier, notification):
    """With a transport of one's own that trusts one's own authority."""
    with receivers.receiver(certified) as secure:
        assert "it cannot be reached (SSLCertVerificationError)" == refused(notifier(secure.url), notification())[0]
        notifier(secure.url, transport=HttpTransport(context=trusting)).notify(notification(), key="k")

        assert 1 == len(secure.requests)


def test_webhook_takes_any_transport(notification):
    """An object with one method."""

    class Kept:
        def __init__(self):
            self.sent = []

        def send(self, request, /, *, within):
            self.sent.append((request, within))
            return HttpResponse(status=204)

    kept = Kept()
    WebhookNotifier("https://x.example/", secrets=[SECRET], transport=kept).notify(notification(), key="k")
    [(request, within)] = kept.sent

    assert ("POST", timedelta(seconds=20), 0) == (request.method, within, request.reads)
    assert SECRET_TEXT not in repr(request)


# -- how it is made


def test_webhook_reads_its_url():
    """Options stand behind the fragment, which is never sent; a plus is a plus."""
    secret = "whsec_" + "+/" * 16
    url = f"webhook+https://hooks.example.org/in?team=a#secret={secret}&secret={SECRET}&texts=yes&source=/x&timeout=5"
    made = WebhookNotifier.from_url(url, name="hooks")

    assert "WebhookNotifier('hooks', 'hooks.example.org')" == repr(made)
    assert ("https://hooks.example.org/in?team=a", (secret, SECRET)) == (made._url, made._secrets)
    assert (True, "/x", timedelta(seconds=5)) == (made._texts, made._source, made._timeout)
    assert not WebhookNotifier.from_url(f"webhook+http://localhost:8/#secret={SECRET}&texts=no")._texts


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://x.example/hunter2", "its URL must be as in webhook+https://"),
        ("webhook+ftp://x.example/hunter2", "its URL must be as in webhook+https://"),
        ("webhook+https://x.example/hunter2", "secrets must be a list of one at least"),
        ("webhook+https:///hunter2#secret=" + SECRET, "url: must begin with http:// or https:// and name a host"),
        ("webhook+https://u:hunter2@x.example/#secret=" + SECRET, "url: must not hold a user name or password"),
        ("webhook+https://x.example/#secret=hunter2", "secret: does not begin with whsec_"),
        ("webhook+https://x.example/#secret=" + SECRET + "&texts=hunter2", "'texts' in its URL must be yes or no"),
        ("webhook+https://x.example/#secrets=" + SECRET, "says 'secrets', which is no option; possible are: secret, "),
        ("webhook+https://x.example/#hunter2", "says 'a part without =', which is no option"),
    ],
)
def test_webhook_refuses_a_url_that_cannot_be(url, problem):
    """It says what is possible, and shows no secret."""
    with pytest.raises(PluginError) as caught:
        WebhookNotifier.from_url(url)

    assert problem in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": ""}, "name must not be empty"),
        ({"timeout": timedelta(0)}, "timeout must be longer than zero"),
        ({"secrets": SECRET}, "secrets must be a list of one at least"),
        ({"source": "büro"}, "source must be a URI in ASCII"),
        ({"source": None}, "source must be a URI in ASCII"),
    ],
)
def test_webhook_refuses_what_cannot_be(changes, problem):
    """At the beginning, and by name."""
    with pytest.raises(PluginError, match=problem):
        WebhookNotifier("https://x.example/", **{"secrets": [SECRET], **changes})
