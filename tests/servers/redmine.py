"""
A Redmine for the tests, as Debian has it: on SQLite, behind Puma, on a port of this machine that nobody else uses.

It runs from a copy of the packaged program in a temporary directory, with a database of its own; nothing of the
system's own is touched. It ends with the process that started it: see keeper.py. Who lacks the packages is told so.

There are two projects. `vendor-support` is closed to strangers; `open-house` is open to everybody: a stranger may read
it, open tickets in it, and write there, as some do who run a Redmine in public. Three people have keys: `desk` is us,
with the role of a customer, who may close a ticket, or hand it back for feedback, and no more; `agent` is the vendor's;
`guest` is a customer, too, and of `open-house` alone.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.servers.mail import free_ports

from supporttiers.backends.vendor.redmine import RedmineVendor

PACKAGES = ("redmine", "redmine-sqlite", "puma", "dbconfig-no-thanks")
BUNDLER = "2.3.15"
"""The Bundler that finds the gems that Debian has packaged; a newer one, which came with a mended Ruby, does not."""

PROJECT, OPEN_PROJECT = "vendor-support", "open-house"
MOST_BYTES = 8 * 1024
"""So much a file may have there."""

_PROGRAM = Path("/usr/share/redmine")
_KEEPER = Path(__file__).with_name("keeper.py")
_PATIENCE = 120
_LOOK_EVERY = 0.1

_DATABASE = """
production:
  adapter: sqlite3
  database: {base}/redmine.db
  timeout: 20000
"""

_CONFIGURATION = """
default:
  email_delivery:
    delivery_method: :file
    file_settings:
      location: {base}/outbox
  attachments_storage_path: {base}/files
"""

_SEED = """
Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'
Setting.default_language = 'en'
Setting.attachment_max_size = '%(most)d'
statuses = IssueStatus.all.to_a
may = [:view_issues, :add_issues, :edit_issues, :add_issue_notes, :view_private_notes]
customer = Role.create!(name: 'Customer', permissions: may)
manager = Role.find_by!(name: 'Manager')
Role.anonymous.update!(permissions: [:view_issues, :add_issues, :add_issue_notes])
Role.non_member.update!(permissions: [])
closed = IssueStatus.find_by!(name: 'Closed')
feedback = IssueStatus.find_by!(name: 'Feedback')
rows = Tracker.all.flat_map do |tracker|
  statuses.product(statuses).reject { |a, b| a == b }.flat_map do |a, b|
    ours = [closed, feedback].include?(b)
    [manager, *(ours ? [customer] : [])].map do |role|
      { type: 'WorkflowTransition', role_id: role.id, tracker_id: tracker.id, old_status_id: a.id, new_status_id: b.id,
        assignee: false, author: false }
    end
  end
end
WorkflowTransition.delete_all
WorkflowTransition.insert_all(rows)
private_one, open_one = [['%(project)s', false], ['%(open_project)s', true]].map do |name, open|
  Project.create!(name: name, identifier: name, is_public: open, enabled_module_names: %%w[issue_tracking],
                  trackers: Tracker.all)
end
people = { desk: customer, agent: manager, guest: customer }.map do |login, role|
  user = User.new(firstname: login.to_s, lastname: 'of the tests', mail: "#{login}@vendor.test", language: 'en')
  user.login = login.to_s
  user.password = user.password_confirmation = SecureRandom.hex
  user.save!
  [private_one, open_one].each do |project|
    next if login == :guest && project == private_one
    Member.create!(project: project, principal: user, roles: [role])
  end
  [login, user.api_key]
end
field, unfiltered = [['reference', true], ['note', false]].map do |name, filter|
  IssueCustomField.create!(name: name, field_format: 'string', is_for_all: true, is_filter: filter, visible: true,
                           trackers: Tracker.all)
end
absent = IssueCustomField.create!(name: 'elsewhere', field_format: 'string', is_filter: true, visible: true,
                                  trackers: Tracker.all)
puts 'SEED ' + { keys: people.to_h, field: field.id, unfiltered: unfiltered.id, absent: absent.id,
                 statuses: statuses.to_h { |s| [s.name, s.id] },
                 priorities: IssuePriority.all.to_h { |p| [p.name, p.id] },
                 trackers: Tracker.all.to_h { |t| [t.name, t.id] } }.to_json
"""


class NoRedmineError(Exception):
    """There is no Redmine to be had; its text says why."""


class Redmine:
    """
    A Redmine while it runs.

    Attributes:
        url: Where it is.
        keys: Of `desk`, `agent` and `guest`.
        field: The number of the field that is made for our reference; `unfiltered` is one by which nobody can filter,
            and `absent` one that no project has.
        statuses: The numbers of its statuses, by name; `priorities` and `trackers` likewise.
    """

    def __init__(self):
        self.base = Path(tempfile.mkdtemp(prefix="supporttiers-redmine-", dir="/tmp"))
        self._stack = contextlib.ExitStack()
        self._stack.callback(shutil.rmtree, self.base, ignore_errors=True)
        try:
            self._write()
            self._fill()
            self._start()
        except BaseException:
            self.close()
            raise

    def _write(self):
        self._program = self.base / "program"
        shutil.copytree(_PROGRAM, self._program, symlinks=True)
        for name in ("Gemfile.lock", "instances", "config/database.yml"):
            (self._program / name).unlink(missing_ok=True)
        gems = self._program / "Gemfile"
        gems.write_text(gems.read_text().replace(f"'{_PROGRAM}/", f"'{self._program}/"))
        (self._program / "Gemfile.local").write_text('gem "puma"\n')
        instance = self._program / "instances" / "default"
        for name in ("config", "log", "tmp/cache", "public"):
            (instance / name).mkdir(parents=True)
        (self.base / "files").mkdir()
        files = {
            "database.yml": _DATABASE.format(base=self.base),
            "configuration.yml": _CONFIGURATION.format(base=self.base),
            "secret_key.txt": secrets.token_hex(32),
        }
        for name, text in files.items():
            (instance / "config" / name).write_text(text)
        self._environment = {
            **os.environ, "BUNDLER_VERSION": BUNDLER, "REDMINE_INSTANCE": "default", "RAILS_ENV": "production",
            "SCHEMA": "/dev/null", "HOME": str(self.base), "KEEPER_SIGNAL": "SIGTERM",
            "BUNDLE_GEMFILE": str(gems),
        }  # fmt: skip

    def _fill(self):
        values = {"most": MOST_BYTES // 1024, "project": PROJECT, "open_project": OPEN_PROJECT}
        (self.base / "seed.rb").write_text(_SEED % values)
        self._run("bundle", "install", "--local", "--quiet")
        self._run("bundle", "exec", "rake", "db:migrate")
        told = self._run("bundle", "exec", "ruby", "bin/rails", "runner", str(self.base / "seed.rb"))
        [seed] = [line for line in told.splitlines() if line.startswith("SEED ")]
        vars(self).update(json.loads(seed.removeprefix("SEED ")))

    def _run(self, *command):
        try:
            done = subprocess.run(
                command, cwd=self._program, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, check=False, timeout=_PATIENCE,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise NoRedmineError(f"{' '.join(command[:4])} took longer than {_PATIENCE} s") from None
        if done.returncode:
            raise NoRedmineError(f"{' '.join(command[:4])} failed: {_last(done.stderr) or _last(done.stdout)}")
        return done.stdout

    def _start(self):
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        config = str(self._program / "config.ru")
        command = ("bundle", "exec", "puma", "-e", "production", "-b", f"tcp://127.0.0.1:{port}", "-t", "1:4", config)
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", _KEEPER, self.base, "", *command],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env=self._environment,
        )  # fmt: skip
        self._stack.callback(self._release, keeper)
        pause = threading.Event()
        for _ in range(int(_PATIENCE / _LOOK_EVERY)):
            with contextlib.suppress(OSError):
                if self.ask("GET", "users/current", by="desk")["user"]["login"] == "desk":
                    return
            if keeper.poll() is not None:
                break
            pause.wait(_LOOK_EVERY)
        raise NoRedmineError(f"Redmine did not start: {_last((self.base / 'log').read_text())}")

    @staticmethod
    def _release(keeper):
        keeper.stdin.close()
        with keeper:
            keeper.wait(_PATIENCE)

    def ask(self, method, path, value=None, *, by="agent", **query):
        """Speak with it as one of the people do; give what it answers."""
        body = None if value is None else json.dumps(value).encode()
        said = self.read(f"{path}.json?{urllib.parse.urlencode(query)}", body, method=method, by=by)
        return json.loads(said.strip() or b"null")

    def read(self, path, body=None, *, method="GET", by="agent"):
        """Send a request, and give the bytes that it answers."""
        headers = {"X-Redmine-API-Key": self.keys[by], "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            return answer.read()

    def change(self, remote_id, *, by="agent", **changes):
        """Change a ticket as the vendor's agent does."""
        return self.ask("PUT", f"issues/{remote_id}", {"issue": changes}, by=by)

    def gateway(self, whose, **options):
        """Make a gateway with somebody's key; of whom there is none has one that is not known."""
        key = self.keys.get(whose, "0" * 40)
        return RedmineVendor("acme", **{"url": self.url, "api_key": key, "project": PROJECT, **options})

    def close(self):
        """End it, and take its files away."""
        self._stack.close()


class Hands:
    """The vendor's agent at work on tickets."""

    def __init__(self, server):
        self.server = server

    def say(self, remote_id, text, *, private):
        """Write a note."""
        self.server.change(remote_id, notes=text, private_notes=private)

    def set_status(self, remote_id, raw):
        """Give a ticket a status."""
        self.server.change(remote_id, status_id=self.server.statuses[raw])

    def delete(self, remote_id):
        """Delete a ticket."""
        self.server.ask("DELETE", f"issues/{remote_id}")

    def move(self, remote_id):
        """Move a ticket into the other project; it keeps its number."""
        now = self._issue(remote_id)["project"]["name"]
        self.server.change(remote_id, project_id=PROJECT if now == OPEN_PROJECT else OPEN_PROJECT)
        return remote_id

    def tickets(self, reference):
        """Count the tickets that show a reference."""
        found = self.server.ask("GET", "issues", status_id="*", limit=100, sort="id:desc")["issues"]
        return sum(reference in json.dumps([each["subject"], each["custom_fields"]]) for each in found)

    def shown(self, remote_id):
        """Give what the agent sees."""
        issue = self._issue(remote_id)
        return "\n".join([issue["subject"], issue["description"], *(each["notes"] for each in issue["journals"])])

    def files(self, remote_id):
        """Give the files of a ticket."""
        for file in self._issue(remote_id)["attachments"]:
            yield file["filename"], self.server.read(f"attachments/download/{file['id']}")

    def _issue(self, remote_id):
        return self.server.ask("GET", f"issues/{remote_id}", include="journals,attachments")["issue"]


def missing() -> str:
    """Say why there can be no Redmine; empty where nothing stands in the way."""
    absent = [] if (_PROGRAM / "config.ru").exists() else [str(_PROGRAM)]
    absent += [name for name in ("bundle", "puma") if shutil.which(name) is None]
    return f"{', '.join(absent)} not found; install {' and '.join(PACKAGES[:3])}" if absent else ""


@contextlib.contextmanager
def redmine() -> Iterator[Redmine]:
    """
    Run a Redmine as long as the context lasts.

    Raises:
        NoRedmineError: There is none to be had.
    """
    if problem := missing():
        raise NoRedmineError(problem)
    server = Redmine()
    try:
        yield server
    finally:
        server.close()


def _last(text):
    """Give the last line that is not one of Ruby's traces."""
    return ([line for line in text.strip().splitlines() if not line.startswith("\t")] or [""])[-1]
