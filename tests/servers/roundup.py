"""
A Roundup tracker for the tests, made fresh as that of the demonstration is, and somebody at its other side.

The vendor's agent speaks with it by the standard library alone, so that what a gateway of ours has written is read by
somebody else. It ends with the process that started it.
"""

import base64
import contextlib
import importlib.util
import json
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
USER, PASSWORD = "desk", "hunter2-of-roundup"
_AGENT = "ruth", "agents-secret"
_ADMIN = "rita", "admins-secret"


def _server():
    path = ROOT / "examples" / "acme_month" / "roundup_server.py"
    spec = importlib.util.spec_from_file_location("roundup_server", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def roundup(**settings):
    """Run a tracker as long as the context lasts; settings are named `section__option`."""
    options = [f"--account={USER}:{PASSWORD}", f"--account={':'.join(_AGENT)}"]
    options += [f"--account={':'.join(_ADMIN)}:User,Admin"]
    options += [f"--set={name.replace('__', '.', 1)}={value}" for name, value in settings.items()]
    with _server().running(sys.executable, *options) as url:
        yield Roundup(url)


class Roundup:
    """A tracker while it runs."""

    def __init__(self, url):
        self.url = url
        self.agent = Hands(url, *_AGENT)
        self.admin = Hands(url, *_ADMIN)
        self.desk = Hands(url, USER, PASSWORD)


class Hands:
    """Somebody who uses the tracker by its REST interface."""

    def __init__(self, url, user, password):
        self.user = user
        self._url = f"{url}rest/data/"
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode(),
            "Origin": url.removesuffix("/tracker/"), "X-Requested-With": "rest", "Content-Type": "application/json",
        }  # fmt: skip

    def ask(self, method, path, value=None, **headers):
        """Send a request; give what its answer says."""
        request = urllib.request.Request(
            self._url + path, method=method, headers={**self._headers, **headers},
            data=None if value is None else json.dumps(value).encode(),
        )  # fmt: skip
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def issues(self):
        """Give the numbers of all issues."""
        return [each["id"] for each in self.ask("GET", "issue")["collection"]]

    def issue(self, id_):
        """Give the fields of an issue."""
        return self.ask("GET", f"issue/{id_}?@verbose=2&@protected=true")["attributes"]

    def messages(self, id_):
        """Give the messages of an issue."""
        return [
            self.ask("GET", f"msg/{each['id']}?@verbose=3&@protected=true")["attributes"]
            for each in self.issue(id_)["messages"]
        ]

    def change(self, id_, value, method="PATCH", kind="issue"):
        """Change something, of whatever version it is."""
        version = self.ask("GET", f"{kind}/{id_}")["@etag"]
        return self.ask(method, f"{kind}/{id_}", value, **{"If-Match": version})

    def set_status(self, id_, word):
        """Set a status by the tracker's name for it."""
        return self.change(id_, {"@op": "replace", "status": word})

    def reply(self, id_, text, **more):
        """Say something on an issue."""
        message = self.ask("POST", "msg", {"author": self.user, "content": text, **more})["id"]
        self.change(id_, {"@op": "add", "messages": [message]})
        return f"msg{message}"

    def attach(self, id_, name, text):
        """Put a file on an issue."""
        file = self.ask("POST", "file", {"name": name, "type": "text/plain", "content": text})["id"]
        self.change(id_, {"@op": "add", "files": [file]})
        return f"file{file}"

    def retire(self, id_):
        """Delete an issue, as far as Roundup deletes anything."""
        return self.change(id_, None, method="DELETE")
