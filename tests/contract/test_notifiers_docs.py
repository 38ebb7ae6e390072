"""The reference page of notifiers names what there is."""

import inspect
import re
from pathlib import Path

import attrs
import pytest

from supporttiers.backends import signatures, transport
from supporttiers.backends.notification import apprise, smtp, webhook
from supporttiers.backends.notification.apprise import AppriseNotifier
from supporttiers.backends.notification.smtp import SmtpNotifier
from supporttiers.backends.notification.webhook import WebhookNotifier

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "notifiers.md").read_text("utf-8")


def section(heading):
    """Give what stands under a heading."""
    [found] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found


def keywords(kind):
    """Give the keyword arguments of a constructor."""
    parameters = inspect.signature(kind).parameters.values()
    return {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}


@pytest.mark.parametrize("kind", [SmtpNotifier, WebhookNotifier], ids=lambda kind: kind.__name__)
def test_notifiers_page_lists_every_argument(kind):
    """With the word for it in a URL, where there is one."""
    table = re.findall(r"^\|( `.+?` )\|(.*?)\|", section(kind.__name__), re.MULTILINE)
    listed = {word for names, _ in table for word in re.findall(r"`(\w+)`", names)}
    options = {word for _, said in table for word in re.findall(r"`(\w+)", said)}
    module = inspect.getmodule(kind)

    assert keywords(kind) == listed
    assert set(module._OPTIONS) == options


def test_notifiers_page_names_every_scheme():
    """And the name of each notifier unless another is given."""
    for kind in (SmtpNotifier, WebhookNotifier, AppriseNotifier):
        assert all(f"`{scheme}:" in PAGE for scheme in kind.schemes)
    assert {"smtp", "webhook", "apprise"} == {
        inspect.signature(each).parameters["name"].default for each in (SmtpNotifier, WebhookNotifier, AppriseNotifier)
    }
    assert (smtp.TIMEOUT.seconds, webhook.TIMEOUT.seconds) == (30, 20)
    assert "30 seconds" in section("SmtpNotifier")
    assert "20 seconds" in section("WebhookNotifier")
    assert apprise.AppriseNotifier is AppriseNotifier


def test_webhook_page_says_the_schedule():
    """In words."""
    text = (ROOT / "docs" / "how-to" / "send-webhooks.md").read_text("utf-8")
    said = "after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24 hours"
    hours = [wait.total_seconds() / 3600 for wait in webhook.RETRIES[3:]]

    assert said in text
    assert [2, 5, 10, 14, 20, 24] == hours
    assert [5, 300, 1800] == [wait.total_seconds() for wait in webhook.RETRIES[:3]]


@pytest.mark.parametrize("kind", [transport.HttpRequest, transport.HttpResponse, transport.TransportError])
def test_notifiers_page_names_the_fields_of_requests_and_answers(kind):
    """All of them."""
    [row] = re.findall(rf"^\| `{kind.__name__}\((.*?)\)` \|", section("Transport"), re.MULTILINE)

    assert {field.name for field in attrs.fields(kind)} == set(re.findall(r"[a-z]\w*(?==|,|$)", row))


@pytest.mark.parametrize("function", [signatures.sign, signatures.verify, transport.retry_after])
def test_notifiers_page_names_the_arguments_of_functions(function):
    """In their order."""
    [row] = re.findall(rf"^\| `{function.__name__}\((.*?)\)` \|", PAGE, re.MULTILINE)
    given = [word for word in re.findall(r"[a-z_]+(?==|,|$)", row) if word != "minutes"]

    assert list(inspect.signature(function).parameters) == given
