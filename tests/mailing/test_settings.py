"""How a vendor by mail is named in settings, and what is refused when the desk is built."""

from datetime import timedelta

import pytest

from supporttiers.backends.vendor.email import EmailVendor
from supporttiers.errors import PluginError

GOOD = {
    "to": "help@acme.test", "sender": "Desk <desk@example.org>", "smtp": "smtp://desk@mail.example.org",
    "imap": "imaps://desk@mail.example.org/Vendors/Acme", "password": "hunter2-secret",
}  # fmt: skip


def test_settings_make_a_vendor():
    """With ports and safety by the schemes; neither user nor password is shown."""
    vendor = EmailVendor.from_settings("acme", {**GOOD, "use": "email", "settle_time": "5m", "timeout": 10})

    assert "EmailVendor('acme', to 'help@acme.test', smtp 'mail.example.org', imap 'mail.example.org')" == repr(vendor)
    assert (587, "starttls", 993, "tls", "Vendors/Acme") == (
        vendor._server.port, vendor._server.security, vendor._room.port, vendor._room.security, vendor._room.folder
    )  # fmt: skip
    assert (timedelta(minutes=5), timedelta(seconds=10)) == (vendor.settle_time, vendor._room.timeout)
    assert "hunter2" not in f"{vendor!r}{vendor._server!r}{vendor._room!r}{vendor._parties!r}"


@pytest.mark.parametrize(
    ("smtp", "imap", "expected"),
    [
        ("smtp://127.0.0.1", "imap://desk@localhost", (25, "plain", None, 143, "plain")),
        ("smtps://a%40b:@mail.example.org:1?", "imap://desk@m.example.org", (1, "tls", "a@b", 143, "starttls")),
        ("smtp://x@m.example.org?security=tls", "imap://desk@[::1]:9/", (465, "tls", "x", 9, "plain")),
        ("smtp://x@localhost/?security=starttls", "imaps://desk@m", (587, "starttls", "x", 993, "tls")),
    ],
)
def test_urls_say_where_and_how(smtp, imap, expected):
    """Plain text goes to this very machine only."""
    vendor = EmailVendor("acme", **{**GOOD, "smtp": smtp.replace(":@", "@"), "imap": imap})
    server, room = vendor._server, vendor._room

    assert expected == (server.port, server.security, server.login and server.login[0], room.port, room.security)


REFUSED = {
    "name": ({"name": ""}, "its name must not be empty"),
    "to": ({"to": "help"}, "its 'to' must be an address in ASCII"),
    "to that is no text": ({"to": 5}, "its 'to' must be an address in ASCII"),
    "international to": ({"to": "jörg@acme.test"}, "its 'to' must be an address in ASCII"),
    "sender": ({"sender": "Desk"}, "its 'sender' must be an address in ASCII"),
    "sender of two lines": ({"sender": "Desk\n<desk@example.org>"}, "its 'sender' must be an address"),
    "mailbox": ({"mailbox": "x"}, "its 'mailbox' must be an address in ASCII"),
    "ourselves": ({"to": "Desk@example.org"}, "is our own address: we would write to ourselves"),
    "our mailbox": ({"mailbox": "help@acme.test"}, "is our own address: we would write to ourselves"),
    "senders": ({"senders": ["acme.test"]}, "must be addresses, or domains with an @ before them"),
    "generated": ({"generated": "resolved"}, "its 'generated' must be one of: acknowledged, answered"),
    "timeout": ({"timeout": timedelta(minutes=5)}, "its 'timeout' must be at most 120 seconds"),
    "settle_time": ({"settle_time": timedelta(0)}, "its 'settle_time' "),
    "another scheme": ({"smtp": "http://mail.example.org"}, "its 'smtp' must be a URL as in smtps://desk@mail"),
    "no host": ({"imap": "imaps://"}, "its 'imap' must be a URL as in imaps://desk@mail"),
    "no text": ({"imap": 5}, "its 'imap' must be a URL"),
    "a port that is none": ({"imap": "imaps://desk@mail:x"}, "its 'imap' must be a URL"),
    "port 0": ({"imap": "imaps://desk@mail:0"}, "its 'imap' must be a URL"),
    "a fragment": ({"smtp": "smtp://desk@mail#x"}, "its 'smtp' must be a URL"),
    "a path to send to": ({"smtp": "smtp://desk@mail/x"}, "its 'smtp' names a path, and mail is sent to none"),
    "a password in a URL": ({"imap": "imaps://desk:hunter2@mail"}, "holds a password; say it with 'password'"),
    "a folder": ({"imap": 'imaps://desk@mail/a"b'}, "must name a folder in printable ASCII"),
    "nobody's mailbox": ({"imap": "imaps://mail"}, "must name the user"),
    "another option": ({"smtp": "smtp://mail?tls=no"}, r"may say only \?security= with one of starttls, tls, plain"),
    "a slip": ({"smtp": "smtp://mail?security=startls"}, "try starttls"),
    "plain text": ({"imap": "imap://desk@mail.example.org?security=plain"}, "its password in plain text"),
    "no password": ({"password": ""}, "names a user, and there is no password"),
    "a password beyond ASCII": ({"password": "hunter2ü"}, "user and password of its 'smtp' must be printable ASCII"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_so_is_refused_by_name(name):
    """When it is made, and not when the first mail is due; no password stands in the error."""
    changed, problem = REFUSED[name]
    given = {"name": "acme", **GOOD, **changed}
    with pytest.raises(PluginError, match=problem) as raised:
        EmailVendor(given.pop("name"), **given)

    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("word", ["to", "sender", "smtp", "imap", "password"])
def test_settings_that_lack_something_say_what(word):
    """Each can also stand in the environment."""
    left = {name: value for name, value in GOOD.items() if name != word}
    with pytest.raises(PluginError, match=f"lack '{word}'"):
        EmailVendor.from_settings("acme", {"use": "email", **left})
