"""
A vendor's ticket system for the tests: Request Tracker 5 as Debian has it, with its interface REST2.

It runs from a configuration and a database of its own in a temporary directory, on a port of this machine that nobody
else uses; nothing under /etc is read or changed, and its mails go nowhere. It ends with the process that started it:
see keeper.py. Whoever lacks the packages is told so.

Its tickets have one status that gateways do not know, `parked`. Three accounts are there: `desk`, as the vendor gives
us one, with the rights that docs/reference/vendors.md asks for; `tokyo`, the same in another time zone; and `agent`,
who works there and may do anything.
"""

import base64
import contextlib
import json
import os
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

PACKAGES = ("request-tracker5", "rt5-standalone", "rt5-db-sqlite", "dbconfig-no-thanks", "starman")
QUEUE = "Printers"
HIDDEN = "Payroll"
PASSWORDS = {"desk": "hunter2-of-desk", "tokyo": "hunter2-of-tokyo", "agent": "hunter2-of-agent"}

_KEEPER = Path(__file__).with_name("keeper.py")
_SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
_PATIENCE = 120
_LOOK_EVERY = 0.1

_CONFIG = """
Set($rtname, 'vendor.test');
Set($Organization, 'vendor.test');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($CanonicalizeRedirectURLs, 0);
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{base}/rt.db');
Set($CorrespondAddress, 'rt@vendor.test');
Set($CommentAddress, 'rt-comment@vendor.test');
Set($MailCommand, 'testfile');
Set($MasonDataDir, '{base}/mason');
Set($MasonSessionDir, '{base}/session');
Set($LogDir, '{base}');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($Timezone, 'UTC');
Set($BcryptCost, 4);
Set(%Lifecycles, printers => {{
    initial => ['new'], active => ['open', 'stalled', 'parked'], inactive => ['resolved', 'rejected', 'deleted'],
    defaults => {{ on_create => 'new' }},
    transitions => {{
        ''      => ['new'],
        map {{ my $from = $_; $from => [grep {{ $_ ne $from }} qw(new open stalled parked resolved rejected deleted)] }}
            qw(new open stalled parked resolved rejected deleted),
    }},
    rights  => {{ '* -> deleted' => 'DeleteTicket', '* -> *' => 'ModifyTicket' }},
    actions => [],
}});
Set($MaxAttachmentSize, {most});
Set($DropLongAttachments, 1);
1;
"""

_SEED = """
use strict; use warnings;
use lib '/usr/share/request-tracker5/lib', '/usr/local/share/request-tracker5/lib';
use RT; RT::LoadConfig(); RT::Init();
sub done { my ($ok, $why) = @_; die $why unless $ok; return $ok }
for my $name (qw(%(queue)s %(hidden)s)) {
    done(RT::Queue->new(RT->SystemUser)->Create(Name => $name, Lifecycle => 'printers'));
}
my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('%(queue)s');
my %%secrets = (%(secrets)s);
for my $name (sort keys %%secrets) {
    my $user = RT::User->new(RT->SystemUser);
    done($user->Create(Name => $name, Password => $secrets{$name}, EmailAddress => "$name\\@acme.test",
        Privileged => 1, Timezone => $name eq 'tokyo' ? 'Asia/Tokyo' : ''));
    my @rights = qw(%(rights)s);
    done($user->PrincipalObj->GrantRight(Right => $_, Object => $queue)) for $name eq 'agent' ? () : @rights;
    done($user->PrincipalObj->GrantRight(Right => 'SuperUser', Object => RT->System)) if $name eq 'agent';
    my ($ok, $why, $token) = RT::AuthToken->new(RT->SystemUser)->Create(Owner => $user->Id, Description => 'tests');
    done($ok, $why);
    print "$name $token\\n";
}
"""

RIGHTS = (
    "SeeQueue", "CreateTicket", "ShowTicket", "ShowTicketComments", "ReplyToTicket", "CommentOnTicket", "ModifyTicket",
)  # fmt: skip
"""What the accounts `desk` and `tokyo` may do in the queue."""

MOST_BYTES = 2_000_000
"""Attachments that are longer are dropped by this server, which does not say so."""


class NoTrackerError(Exception):
    """There is no Request Tracker to be had; its text says why."""


class Tracker:
    """Request Tracker while it runs: its `url`, the `tokens` of its accounts, and what an agent does there."""

    def __init__(self):
        self.base = Path(tempfile.mkdtemp(prefix="supporttiers-rt-", dir="/tmp"))
        self._stack = contextlib.ExitStack()
        self._stack.callback(shutil.rmtree, self.base, ignore_errors=True)
        try:
            [port] = free_ports(1)
            self.url = f"http://127.0.0.1:{port}"
            self._prepare(port)
            self._start(port)
        except BaseException:
            self.close()
            raise

    def _prepare(self, port):
        for name in ("conf.d", "mason", "session"):
            (self.base / name).mkdir()
        (self.base / "config.pm").write_text(_CONFIG.format(port=port, base=self.base, most=MOST_BYTES))
        self._environment = {
            **os.environ, "RT_SITE_CONFIG": str(self.base / "config.pm"),
            "RT_SITE_CONFIG_DIR": str(self.base / "conf.d"), "KEEPER_SIGNAL": "SIGTERM",
        }  # fmt: skip
        self._run("/usr/sbin/rt-setup-database-5", "--action", "init", "--skip-create")
        secrets = ", ".join(f"{name} => '{password}'" for name, password in PASSWORDS.items())
        values = {"queue": QUEUE, "hidden": HIDDEN, "secrets": secrets, "rights": " ".join(RIGHTS)}
        (self.base / "seed.pl").write_text(_SEED % values)
        said = self._run("perl", str(self.base / "seed.pl"))
        self.tokens = dict(line.split() for line in said.splitlines() if len(line.split()) == 2)

    def _run(self, *command):
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE, env=self._environment, cwd="/"
        )
        if done.returncode:
            raise NoTrackerError(f"{command[0]} failed: {_last(done.stderr or done.stdout)}")
        return done.stdout

    def _start(self, port):
        server = [str(_SERVER), "--server", "Starman", "--host", "127.0.0.1", "--port", str(port), "--workers", "3"]
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", _KEEPER, self.base, "", *server],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env=self._environment,
        )  # fmt: skip
        self._stack.callback(self._release, keeper)
        pause = threading.Event()
        for _ in range(int(_PATIENCE / _LOOK_EVERY)):
            with contextlib.suppress(OSError):
                self.agent("GET", "rt")
                return
            if keeper.poll() is not None:
                break
            pause.wait(_LOOK_EVERY)
        raise NoTrackerError(f"Request Tracker did not start: {_last((self.base / 'log').read_text())}")

    @staticmethod
    def _release(keeper):
        keeper.stdin.close()
        with keeper:
            keeper.wait(_PATIENCE)

    def agent(self, method, path, value=None):
        """Let the agent do something by the vendor's own interface; give what it answered."""
        login = base64.b64encode(f"agent:{PASSWORDS['agent']}".encode()).decode()
        request = urllib.request.Request(
            f"{self.url}/REST/2.0/{path}", method=method, data=None if value is None else json.dumps(value).encode(),
            headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def close(self):
        """End it, and take its files away."""
        self._stack.close()


class Hands:
    """What the vendor's agent does on tickets, by the vendor's own interface."""

    def __init__(self, system):
        self._do = system.agent

    def say(self, remote_id, text, *, private):
        """Comment on a ticket, or reply."""
        way = "comment" if private else "correspond"
        self._do("POST", f"ticket/{remote_id}/{way}", {"Content": text, "ContentType": "text/plain"})

    def set_status(self, remote_id, raw):
        """Give it a status."""
        self._do("PUT", f"ticket/{remote_id}", {"Status": raw})

    def delete(self, remote_id):
        """Delete it."""
        self._do("DELETE", f"ticket/{remote_id}")

    def move(self, remote_id):
        """Merge it into another, and give the number of that."""
        into = self._do("POST", "ticket", {"Queue": QUEUE, "Subject": "Of somebody else"})["id"]
        self._do("PUT", f"ticket/{remote_id}", {"MergeInto": into})
        return into

    def tickets(self, reference):
        """Count those that refer to a reference."""
        query = urllib.parse.quote(f"RefersTo = 'urn:supporttiers:{reference}'")
        return len(self._do("GET", f"tickets?query={query}")["items"])

    def shown(self, remote_id):
        """Give its subject, and all that was said on it."""
        subject = self._do("GET", f"ticket/{remote_id}")["Subject"]
        return "\n".join([subject, *(content.decode() for name, content in self._parts(remote_id) if not name)])

    def files(self, remote_id):
        """Give its files."""
        return [(name, content) for name, content in self._parts(remote_id) if name]

    def _parts(self, remote_id):
        rows = self._do("GET", f"ticket/{remote_id}/attachments?per_page=100")["items"]
        read = [self._do("GET", f"attachment/{row['id']}") for row in rows]
        return [(each.get("Filename") or "", base64.b64decode(each.get("Content") or "")) for each in read]


def missing() -> str:
    """Say why there can be no Request Tracker; empty where nothing stands in the way."""
    absent = [str(path) for path in (_SERVER, Path("/usr/sbin/rt-setup-database-5")) if not path.exists()]
    absent += [name for name in ("perl", "starman") if shutil.which(name) is None]
    return f"{', '.join(absent)} not found; install {' '.join(PACKAGES)}" if absent else ""


@contextlib.contextmanager
def tracker() -> Iterator[Tracker]:
    """
    Run Request Tracker as long as the context lasts.

    Raises:
        NoTrackerError: There is none to be had.
    """
    if problem := missing():
        raise NoTrackerError(problem)
    system = Tracker()
    try:
        yield system
    finally:
        system.close()


def _last(text):
    return (text.strip().splitlines() or ["it gave no reason"])[-1]
