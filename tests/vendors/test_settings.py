"""What a host says of a vendor in plain data."""

from datetime import timedelta

import pytest

from supporttiers import SupportDesk, SupportProcess
from supporttiers.backends import vendor
from supporttiers.backends.tickets import Statuses
from supporttiers.backends.vendor._settings import Settings
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.errors import PluginError

DEFAULT = SupportProcess.default()
POSSIBLE = ("url", "user", "password", "secrets", "statuses", "page", "private", "settle_time")
KNOWN = sorted((*POSSIBLE, "timeout", "use"))
SECRET = "hunter2"


def settings(environment=None, **given):
    """Make settings of a vendor."""
    return Settings("acme", given, possible=POSSIBLE, environment=environment or {})


def refused(ask, *given, environment=None, **named):
    """Ask, and give the text of the refusal, which never holds the secret."""
    with pytest.raises(PluginError) as caught:
        ask(settings(environment, **named) if not given else given[0])
    assert "acme" == caught.value.plugin
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value.problem


def test_settings_are_read_by_their_kinds():
    """Each word has its kind, and what is not said has what the gateway says."""
    found = settings(
        use="roundup", url="https://acme.example/t/", user="desk", secrets=["one", "two"], statuses={"new": "open"},
        page=20, private=True, timeout="45s", settle_time=2.5,
    )  # fmt: skip

    assert ("https://acme.example/t/", "desk", "desk") == (found.url("url"), found.text("user", otherwise=None),
                                                          found.needed("user"))  # fmt: skip
    assert (("one", "two"), {"new": "open"}) == (found.several("secrets"), found.table("statuses", otherwise={}))
    assert (20, True) == (found.whole("page", otherwise=1, low=1, high=100), found.flag("private", otherwise=False))
    assert timedelta(seconds=45) == found.timeout()
    assert timedelta(seconds=2.5) == found.duration("settle_time", otherwise=timedelta(minutes=1))
    assert "Settings('acme')" == repr(found)


def test_what_is_not_said_is_what_the_gateway_says():
    """Nothing is needed but what it asks for as needed."""
    found = settings()

    assert (None, (), {"a": "open"}) == (found.text("user", otherwise=None), found.several("secrets"),
                                         found.table("statuses", otherwise={"a": "open"}))  # fmt: skip
    assert (7, True) == (found.whole("page", otherwise=7, low=1, high=9), found.flag("private", otherwise=True))
    assert timedelta(seconds=30) == found.timeout()


def test_settings_name_variables_of_the_environment():
    """So that no file has to hold a secret; a list of variables is a list of texts."""
    environment = {"ACME_PASSWORD": SECRET, "OLD": "o", "NEW": "n"}
    found = settings(environment, password_env="ACME_PASSWORD", secrets_env=["NEW", "OLD"])

    assert SECRET == found.needed("password")
    assert ("n", "o") == found.several("secrets")
    assert ("n",) == settings(environment, secrets_env="NEW").several("secrets")


def test_settings_read_the_environment_of_the_process(monkeypatch):
    """Unless another is handed in."""
    monkeypatch.setenv("ACME_PASSWORD", SECRET)

    assert SECRET == Settings("acme", {"password_env": "ACME_PASSWORD"}, possible=POSSIBLE).needed("password")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"passwort": SECRET}, "its settings say 'passwort', which is none; did you mean 'password'?"),
        ({"pasword_env": "X"}, "its settings say 'pasword_env', which is none; did you mean 'password_env'?"),
        ({"timeout_env": "X"}, "its settings say 'timeout_env', which is none; did you mean 'timeout'?"),
        ({"zzz\n": SECRET}, f"its settings say 'zzz', which is none; possible are: {', '.join(KNOWN)}"),
        ({"password": SECRET, "password_env": "ACME_PASSWORD"},
         "its setting 'password' is said twice, as it is and as 'password_env'; say it once"),
        ({"password_env": "ACME_PASSWROD"},
         "its setting 'password_env' names the variable ACME_PASSWROD of the environment, which is not set; set it"),
        ({"password_env": "EMPTY"},
         "its setting 'password_env' names the variable EMPTY of the environment, which is empty; set it"),
        ({"password_env": SECRET},
         "its setting 'password_env' must be the name of a variable of the environment, such as ACME_PASSWORD"),
        ({"password_env": 7}, "its setting 'password_env' must be the name of a variable of the environment, not int"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(given, problem):
    """With the word that was probably meant, and never with a value: not even that of a secret in the wrong place."""
    environment = {"ACME_PASSWORD": SECRET, "EMPTY": ""}

    assert problem == refused(lambda _: None, environment=environment, **given)


def test_settings_whose_words_are_no_texts_are_refused():
    """Which only Python can say."""
    with pytest.raises(PluginError, match="its settings say 'int', which is none"):
        Settings("acme", {7: "x"}, possible=POSSIBLE)


@pytest.mark.parametrize(
    ("ask", "given", "problem"),
    [
        (lambda s: s.needed("user"), {},
         "its settings lack 'user'; say it, or with 'user_env' in which variable it stands"),
        (lambda s: s.text("user", otherwise=None), {"user": 7}, "its setting 'user' must be a text, not int"),
        (lambda s: s.needed("password"), {"password": f"{SECRET}\n"},
         "its setting 'password' contains a control character; remove it"),
        (lambda s: s.several("secrets"), {"secrets": [SECRET, 7]}, "its setting 'secrets' must be a text, not int"),
        (lambda s: s.url("url"), {"url": f"ftp://{SECRET}/"},
         "its setting 'url' must begin with http:// or https:// and name a host"),
        (lambda s: s.url("url"), {"url": f"https://desk:{SECRET}@acme.example/"},
         "its setting 'url' must not hold a user name or password"),
        (lambda s: s.table("statuses", otherwise={}), {"statuses": SECRET},
         "its setting 'statuses' must be a table, not str"),
        (lambda s: s.table("statuses", otherwise={}), {"statuses": {"new": 7}},
         "its setting 'statuses' must be a text, not int"),
        (lambda s: s.whole("page", otherwise=1, low=1, high=9), {"page": 10},
         "its setting 'page' is 10; possible is 1 to 9"),
        (lambda s: s.whole("page", otherwise=1, low=1, high=9), {"page": SECRET},
         "its setting 'page' must be a whole number (1 to 9), not str"),
        (lambda s: s.flag("private", otherwise=False), {"private": SECRET},
         "its setting 'private' must be true or false, not str"),
        (lambda s: s.timeout(), {"timeout": SECRET},
         "its setting 'timeout' must be a number of seconds, or a text such as '45s'"),
        (lambda s: s.timeout(), {"timeout": float("inf")},
         "its setting 'timeout' must be a number of seconds, or a text such as '45s'"),
        (lambda s: s.timeout(), {"timeout": float("nan")},
         "its setting 'timeout' must be a number of seconds, or a text such as '45s'"),
        (lambda s: s.timeout(), {"timeout": True},
         "its setting 'timeout' must be a number of seconds, or a text such as '45s'"),
        (lambda s: s.timeout(), {"timeout": 0}, "its setting 'timeout' must be longer than zero"),
        (lambda s: s.timeout(), {"timeout": "2m1s"},
         "its setting 'timeout' must be at most 120 seconds: a worker has five minutes for its messages"),
    ],
)  # fmt: skip
def test_settings_of_a_wrong_kind_are_refused(ask, given, problem):
    """When the gateway asks for them, and without the value."""
    assert problem == refused(ask, **given)


def test_words_for_statuses_come_from_settings():
    """As a table, which may also stand in a file."""
    table = settings(statuses={"chatting": "in_progress"}).table("statuses", otherwise={})

    assert "in_progress" == Statuses("acme", table).of("Chatting")


# -- on a desk


def test_vendors_come_from_a_file(tmp_path):
    """With a table for each, by its path as a text or a Path."""
    path = tmp_path / "vendors.toml"
    path.write_text('[acme-print]\nuse = "memory"\n[other]\nuse = "memory"\n', encoding="utf-8")

    for given in (path, str(path)):
        desk = SupportDesk(DEFAULT, vendors=given)
        assert ["acme-print", "other"] == list(desk._ports.vendors)
        assert all(isinstance(each, InProcessVendor) for each in desk._ports.vendors.values())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'[acme]\nuse = "memory"\npassword = {SECRET}', "as a file of vendors: line 3, column 12: is not valid TOML"),
        (f'use = "memory"\npassword = "{SECRET}"', "the settings of a vendor are a table, not str"),
        (f'[acme]\nuse = "memory"\npassword = "{SECRET}"', "its settings say 'password', which is none; possible are"),
        ('[acme]\nuse = "rondup"', "its `use` names no gateway that is known; did you mean 'roundup'?"),
        (f'[acme]\nuse = "{SECRET}"', "its `use` names no gateway that is known; possible are: memory, roundup, "),
        ("[acme]\nuse = 7", "no plugin hands over a gateway for this vendor; hand in an object, or settings with"),
        (f'[acme]\nuse = "memory"\n# {SECRET} \udcff', "as a file of vendors: the file is not UTF-8 from byte 32 on"),
    ],
)
def test_file_of_vendors_that_is_wrong_is_refused(tmp_path, text, problem):
    """With the place where it is, and nothing of what stands in it."""
    path = tmp_path / "vendors.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(PluginError) as caught:
        SupportDesk(DEFAULT, vendors=path)
    assert caught.value.problem.startswith(problem)
    assert SECRET not in str(caught.value)


def test_file_of_vendors_that_is_not_there_is_refused(tmp_path, monkeypatch):
    """And says where it was looked for; a vendor's name alone is taken for a path."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(PluginError) as caught:
        SupportDesk(DEFAULT, vendors="acme-print")
    why = f"the file cannot be read: No such file or directory ({tmp_path / 'acme-print'})"
    assert f"'acme-print' does not fit: as a file of vendors: {why}" == str(caught.value)
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_every_use_has_its_module():
    """And a word of its own."""
    assert {"memory", "roundup", "django_helpdesk", "webhook", "redmine", "rt", "email"} == set(vendor.USES)
