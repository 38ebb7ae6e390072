"""
A mail system for the tests: Postfix, which takes mail and puts it into mailboxes, and Dovecot, which shows them.

Both run from a configuration and a queue of their own in a temporary directory, on ports of this machine that nobody
else uses; nothing of the system's own mail is touched, and nothing leaves the machine. They end with the process that
started them: see keeper.py. Postfix starts only as root; who is not, or lacks the packages, is told so.
"""

import contextlib
import imaplib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("postfix", "dovecot-imapd")
DOMAIN = "acme.test"
PASSWORD = "hunter2-of-mail"
PEOPLE = ("anna", "bob", "jane", "desk")

_KEEPER = Path(__file__).with_name("keeper.py")
_PATIENCE = 30
_LOOK_EVERY = 0.05

_MAIN = """
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {base}/mail
virtual_mailbox_maps = texthash:{base}/postfix/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_alias_maps = texthash:{base}/postfix/aliases
default_transport = error:5.7.1 this server relays nothing
relay_transport = error:5.7.1 this server relays nothing
smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{policy}, permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = {base}/postfix/chain.pem
smtpd_tls_loglevel = 0
message_size_limit = 1048576
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtputf8_enable = yes
maillog_file = {base}/postfix.log
maillog_file_prefixes = {base}
queue_run_delay = 1s
bounce_queue_lifetime = 1h
"""

_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

_DOVECOT = """
base_dir = {base}/dovecot/run
state_dir = {base}/dovecot/state
instance_name = supporttiers-{smtp}
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
log_path = {base}/dovecot.log
mail_location = maildir:{base}/mail/%d/%n
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%d/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
"""


class NoMailError(Exception):
    """There is no mail system to be had; its text says why."""


class MailSystem:
    """
    Postfix and Dovecot while they run.

    Whoever is in `put_off` is answered 450 once: a policy service of ours tells Postfix so, as greylisting does. Mail
    to `moved` is taken, and then cannot be delivered.
    """

    def __init__(self, chain: bytes):
        self.put_off = set()
        self.base = Path(tempfile.mkdtemp(prefix="supporttiers-mail-", dir="/tmp"))
        self.base.chmod(0o755)
        self._stack = contextlib.ExitStack()
        self._stack.callback(shutil.rmtree, self.base, ignore_errors=True)
        try:
            self._write(chain)
            self._start()
        except BaseException:
            self.close()
            raise

    def _write(self, chain):
        import pwd

        from tests.servers.receivers import listener

        self.smtp, self.imap, auth = free_ports(3)
        policy = self._stack.enter_context(listener(self._judge))
        store = pwd.getpwnam("nobody")
        values = {
            "base": self.base, "domain": DOMAIN, "password": PASSWORD, "uid": store.pw_uid, "gid": store.pw_gid,
            "smtp": self.smtp, "imap": self.imap, "auth": auth, "policy": policy,
        }  # fmt: skip
        for name in ("postfix", "queue", "data", "mail", "dovecot/run", "dovecot/state"):
            (self.base / name).mkdir(parents=True)
        os.chown(self.base / "data", pwd.getpwnam("postfix").pw_uid, -1)
        os.chown(self.base / "dovecot/state", pwd.getpwnam("dovecot").pw_uid, -1)
        os.chown(self.base / "mail", store.pw_uid, store.pw_gid)
        files = {
            "main.cf": _MAIN.format(**values),
            "master.cf": _MASTER.format(**values),
            "dynamicmaps.cf": "",
            "mailboxes": "".join(f"{person}@{DOMAIN} {DOMAIN}/{person}/\n" for person in PEOPLE),
            "aliases": f"moved@{DOMAIN} nobody@other.test\n",
            "chain.pem": chain.decode(),
        }
        for name, text in files.items():
            (self.base / "postfix" / name).write_text(text)
        (self.base / "postfix" / "chain.pem").chmod(0o600)
        (self.base / "dovecot.conf").write_text(_DOVECOT.format(**values))

    def _start(self):
        done = subprocess.run(
            ["postfix", "-c", self.base / "postfix", "check"], capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            raise NoMailError(f"postfix check failed: {_last(done.stderr)}")
        self._keep("dovecot", "-F", "-c", str(self.base / "dovecot.conf"))
        self._keep("/usr/lib/postfix/sbin/master", "-c", str(self.base / "postfix"), "-d")
        for port in (self.smtp, self.imap):
            if not answers(port):
                logs = [_last((self.base / name).read_text()) for name in ("postfix.log", "dovecot.log", "log")
                        if (self.base / name).exists()]  # fmt: skip
                raise NoMailError(f"the mail system did not start: {' | '.join(logs)}")

    def _keep(self, *command):
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", _KEEPER, self.base, "", *command],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "KEEPER_SIGNAL": "SIGTERM", "MAIL_CONFIG": str(self.base / "postfix")},
        )  # fmt: skip
        self._stack.callback(self._release, keeper)

    @staticmethod
    def _release(keeper):
        keeper.stdin.close()
        with keeper:
            keeper.wait(_PATIENCE)

    def _judge(self, connection, over):
        """Speak Postfix's policy protocol: lines of name=value, an empty one, and then an action."""
        asked = {}
        for line in connection.makefile("r", encoding="utf-8"):
            name, _, value = line.rstrip("\n").partition("=")
            asked[name] = value
            if line == "\n":
                known = asked["recipient"] not in self.put_off
                self.put_off.discard(asked["recipient"])
                connection.sendall(b"action=dunno\n\n" if known else b"action=defer_if_permit greylisted\n\n")
                asked = {}

    @contextlib.contextmanager
    def mailbox(self, person):
        """Give a connection to somebody's mailbox, by IMAP."""
        connection = imaplib.IMAP4("127.0.0.1", self.imap, timeout=_PATIENCE)
        try:
            connection.login(f"{person}@{DOMAIN}", PASSWORD)
            yield connection
        finally:
            connection.logout()

    def mails(self, person, *, at_least=1):
        """Wait until so many mails lie in somebody's mailbox, and give them all, as bytes."""
        pause = threading.Event()
        found = []
        for _ in range(int(_PATIENCE / _LOOK_EVERY)):
            with self.mailbox(person) as connection:
                connection.select("INBOX", readonly=True)
                numbers = connection.search(None, "ALL")[1][0].split()
                if len(numbers) >= at_least:
                    return [connection.fetch(number.decode(), "(RFC822)")[1][0][1] for number in numbers]
                found = numbers
            pause.wait(_LOOK_EVERY)
        raise AssertionError(f"{len(found)} mails in the mailbox of {person}, not {at_least}")

    def close(self):
        """End both, and take their files away."""
        self._stack.close()


def missing() -> str:
    """Say why there can be no mail system; empty where nothing stands in the way."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "Postfix starts only as root"
    wanted = ["/usr/lib/postfix/sbin/master", "/usr/lib/postfix/sbin/virtual", "/usr/lib/dovecot/imap"]
    absent = [path for path in wanted if not Path(path).exists()]
    absent += [name for name in ("postfix", "dovecot") if shutil.which(name) is None]
    return f"{', '.join(absent)} not found; install {' and '.join(PACKAGES)}" if absent else ""


@contextlib.contextmanager
def mail_system(chain: bytes) -> Iterator[MailSystem]:
    """
    Run a mail system as long as the context lasts.

    Args:
        chain: Its key and certificates, as PEM.

    Raises:
        NoMailError: There is none to be had.
    """
    if problem := missing():
        raise NoMailError(problem)
    system = MailSystem(chain)
    try:
        yield system
    finally:
        system.close()


def free_ports(count):
    """Give ports of this machine that nobody uses just now."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in found]


def answers(port):
    """Whether something on a port of this machine says a word, within half a minute."""
    pause = threading.Event()
    for _ in range(int(_PATIENCE / _LOOK_EVERY)):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
            if connection.recv(10):
                return True
        pause.wait(_LOOK_EVERY)
    return False


def _last(text):
    return (text.strip().splitlines() or ["it gave no reason"])[-1]
