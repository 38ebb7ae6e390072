"""Apprise: one place for each notifier, real requests, and the answers of both of its generations."""

import json
import logging
import sys
import threading

import apprise
import pytest
from tests.notifying.conftest import SECRET_TEXT

from supporttiers.backends.notification.apprise import AppriseNotifier
from supporttiers.errors import NotifyError, PluginError
from supporttiers.protocols import Notifier


def refused(notifier, notification):
    """Give what a notifier says of what was not taken."""
    with pytest.raises(NotifyError) as caught:
        notifier.notify(notification, key="k")
    error = caught.value
    return error.problem, error.retryable, error.ambiguous


@pytest.fixture
def chat(receiver):
    """Give a notifier that leads to the receiver."""
    return AppriseNotifier(receiver.url.replace("http://", "json://").partition("?")[0], name="chat")


def test_apprise_carries_subject_and_text(receiver, chat, notification):
    """As its service sends them; the reason where nobody has written a text."""
    assert isinstance(chat, Notifier)
    chat.notify(notification(), key="k")
    chat.notify(notification(subject="", text=""), key="l")
    bodies = [json.loads(body) for _, _, _, body in receiver.requests]

    chat.notify(notification(subject="", text=" "), key="m")
    assert "case T-1" == json.loads(receiver.requests[-1][3])["message"]
    assert [("Case T-1 waits", f"Dear Anna,\n\n{SECRET_TEXT}"), ("", "waiting for customer")] == [
        (body["title"], body["message"]) for body in bodies
    ]


@pytest.mark.parametrize("status", [302, 404, 429, 500])
def test_apprise_that_fails_is_tried_again(receiver, chat, notification, status):
    """It does not say why; each attempt is one request."""
    receiver.answers = [(status, {"Location": receiver.url})] if status == 302 else [status]
    problem = "json did not take it; the log of Apprise says why"

    assert (problem, True, False) == refused(chat, notification())
    if status != 302:
        assert 1 == len(receiver.requests)


class Result:
    """What Apprise 2 gives."""

    def __init__(self, name):
        self.status = type("Status", (), {"name": name})

    def __bool__(self):
        return self.status.name == "SUCCESS"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (False, ("json did not take it; the log of Apprise says why", True, False)),
        (None, ("Apprise found no service to send it by", False, False)),
        (Result("FAILURE"), ("json did not take it; the log of Apprise says why", True, False)),
        (Result("TIMEOUT"), ("json did not take it; the log of Apprise says why", True, True)),
        (Result("NOMATCH"), ("Apprise found no service to send it by", False, False)),
    ],
    ids=["1.x false", "1.x none", "failure", "timeout", "nomatch"],
)
def test_apprise_of_both_generations_is_understood(monkeypatch, chat, notification, result, expected):
    """True, False and None of 1.x; results that are true or not of 2.x."""
    monkeypatch.setattr(apprise.Apprise, "notify", lambda self, **given: result)

    assert expected == refused(chat, notification())


@pytest.mark.parametrize("result", [True, Result("SUCCESS")], ids=["1.x", "2.x"])
def test_apprise_of_both_generations_says_that_it_was_taken(monkeypatch, chat, notification, result):
    """Nothing is raised."""
    monkeypatch.setattr(apprise.Apprise, "notify", lambda self, **given: result)

    assert chat.notify(notification(), key="k") is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("nobody://hunter2", "Apprise knows no service for its URL"),
        ("xml://u@h/?method=hunter2", "Apprise knows no service for its URL"),
        ("json://", "Apprise knows no service for its URL"),
        ("hunter2", "Apprise knows no service for its URL"),
        ("slack:/hunter2", "Apprise knows no service for its URL"),
        ("mailto://u:hunter2@x.org?to=a@x.org,b@x.org", "its URL names 2 places; make one notifier for each"),
        ("", "Apprise knows no service for its URL"),
        (7, "url must be a text, not int"),
    ],
)  # fmt: skip
def test_apprise_refuses_a_url_that_leads_nowhere(caplog, url, problem):
    """At the beginning, not when somebody should be told; no secret is shown, and none is logged."""
    with pytest.raises(PluginError) as caught:
        AppriseNotifier(url)

    assert f"'apprise' does not fit: {problem}" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in caplog.text


def test_apprise_reads_its_url():
    """One of Apprise's behind a word of ours."""
    made = AppriseNotifier.from_url("apprise:json://u:hunter2@x.example/path", name="chat")

    assert "AppriseNotifier('chat', json)" == repr(made)
    with pytest.raises(PluginError, match="its URL must be one of Apprise's behind apprise:"):
        AppriseNotifier.from_url("json://x.example/")


def test_apprise_that_is_not_installed_is_named_by_its_extra(monkeypatch):
    """It is imported only where it is used."""
    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(PluginError, match=r"Apprise is not installed; pip install \"supporttiers\[apprise\]\""):
        AppriseNotifier("json://x.example/")


@pytest.mark.parametrize("url", ["nonsense://tok3n", "tok3n", "slack://tok3n", "mailto://tok3n", "json://"])
def test_url_that_apprise_cannot_read_is_not_logged(caplog, url):
    """It may hold a secret; Apprise would log it, by its own logger. Of what others do meanwhile, it logs as ever."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PluginError) as caught:
        AppriseNotifier(url)

    assert "" == caplog.text
    assert "tok3n" not in str(caught.value)
    logging.getLogger("apprise").warning("as ever")
    assert ["as ever"] == caplog.messages


def test_other_threads_log_as_ever_while_a_url_is_read(caplog, monkeypatch):
    """What Apprise says of their deliveries is not lost."""

    def instantiate(url, asset):
        other = threading.Thread(target=logging.getLogger("apprise").warning, args=["of another thread"])
        other.start()
        other.join()
        logging.getLogger("apprise").warning("tok3n")

    monkeypatch.setattr(apprise.Apprise, "instantiate", instantiate)
    with pytest.raises(PluginError):
        AppriseNotifier("nonsense://tok3n")

    assert ["of another thread"] == caplog.messages
