"""
A Roundup tracker for the tests, made fresh as that of the demonstration is, and somebody at its other side.

The vendor's agent speaks with it by the standard library alone, so that what a gateway of ours has written is read by
somebody else. It ends with the process that started it.
"""

import base64
import contextlib
import importlib.util
import json
import os
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # a tracker waits for disks otherwise
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
    with _server().running(sys.executable, *options, within=MEMORY) as url:
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
        self._root = url
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

    def download(self, id_):
        """Give the name and the content of a file, as a browser gets it."""
        name = self.ask("GET", f"file/{id_}")["attributes"]["name"]
        request = urllib.request.Request(f"{self._root}file{id_}/", headers=self._headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return name, answer.read()

    def retire(self, id_):
        """Delete an issue, as far as Roundup deletes anything."""
        return self.change(id_, None, method="DELETE")


class Agent:
    """The vendor's agent, as the laws of gateways know them."""

    def __init__(self, tracker):
        self._agent, self._admin = tracker.agent, tracker.admin

    def say(self, remote_id, text, *, private):
        """Write on an issue; a tracker knows no difference."""
        self._agent.reply(remote_id, text)

    def set_status(self, remote_id, raw):
        """Set a status."""
        self._agent.set_status(remote_id, raw)

    def delete(self, remote_id):
        """Retire an issue."""
        self._admin.retire(remote_id)

    def tickets(self, reference):
        """Count the issues whose first message has a reference."""
        found = self._agent.ask("GET", f"msg?messageid={reference}")["collection"]
        asked = [self._agent.ask("GET", f"issue?messages={each['id']}")["collection"] for each in found]
        return sum(map(len, asked))

    def shown(self, remote_id):
        """Give title and messages."""
        said = [each["content"] for each in self._agent.messages(remote_id)]
        return "\n".join([self._agent.issue(remote_id)["title"], *said])

    def files(self, remote_id):
        """Give names and contents of files, as a browser gets them."""
        return [self._agent.download(each["id"]) for each in self._agent.issue(remote_id)["files"]]
