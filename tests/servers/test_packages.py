"""What the acceptance tests need of the system is installed where that may be done, and nowhere else."""

from pathlib import Path

import pytest
from tests.servers import mail, packages, redmine, rt


def test_nothing_is_installed_on_somebodys_machine(monkeypatch, capsys):
    """Neither fails it for that: it says what to install."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("SUPPORTTIERS_APT", raising=False)
    for system in packages.SYSTEMS:
        monkeypatch.setattr(system.module, "missing", lambda: "it is not there")
    monkeypatch.setattr(packages, "_install", lambda _: pytest.fail("it must not"))

    assert 0 == packages.main()
    said = capsys.readouterr().out
    assert "install postfix and dovecot-imapd yourself, or set SUPPORTTIERS_APT=1" in said
    assert "Redmine: nothing is installed on a machine that may be somebody's; install redmine and" in said
    assert "Request Tracker: nothing is installed on a machine that may be somebody's; install request-tracker5" in said


def test_another_mail_server_is_not_replaced(monkeypatch):
    """Its owner may want it."""
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/usr/bin/{name}" if name != "dma" else None)

    assert "another mail server is here, which Postfix would replace: exim4, " in packages.hindrance({"CI": "true"})


def test_mail_system_says_why_there_is_none(monkeypatch):
    """A skipped test gives the reason."""
    monkeypatch.setattr(mail.os, "geteuid", lambda: 1000)

    with pytest.raises(mail.NoMailError, match="Postfix starts only as root"), mail.mail_system(b""):
        pytest.fail("it must not")


def test_ticket_system_says_why_there_is_none(monkeypatch):
    """With all packages that are wanted."""
    monkeypatch.setattr(rt, "_SERVER", Path("/nowhere/rt-server"))

    with pytest.raises(rt.NoTrackerError, match=r"/nowhere/rt-server.* not found; install request-tracker5"):
        rt.tracker().__enter__()


def test_redmine_says_why_there_is_none(monkeypatch):
    """With all packages that are wanted."""
    monkeypatch.setattr(redmine, "_PROGRAM", Path("/nowhere/redmine"))

    with pytest.raises(redmine.NoRedmineError, match=r"/nowhere/redmine.* not found; install redmine and"):
        redmine.redmine().__enter__()
