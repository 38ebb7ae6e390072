"""Each hook does what its page says: one test a hook at least, by the name of the hook."""

import importlib.util
from typing import ClassVar

import attrs
import pytest

from supporttiers import FactSource, FakeClock, Reason, Refusal, SupportDesk, SupportProcess
from supporttiers.backends._built_in import BuiltIn
from supporttiers.backends.notification import _urls
from supporttiers.backends.notification.console import ConsoleNotifier
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.errors import PluginError, StoreError
from supporttiers.hookspecs import hookimpl
from supporttiers.policies import BUILT_IN

DEFAULT = SupportProcess.default()
PROCESS = """
process = { name = "own", entry = [2] }
tiers = [{ level = 1, name = "First", escalates_to = [2] }, { level = 2, name = "Second" }]
policies = [{ use = "acme.nobody-closes" }]
routes = [{ when = { "facts.plan" = "gold" }, to = { tier = 2 } }]
"""


@attrs.frozen
class NobodyCloses:
    """A policy of somebody's own."""

    name: ClassVar[str] = "acme.nobody-closes"
    revision: ClassVar[int] = 1

    def permit(self, situation):
        """Refuse."""
        return Refusal(Reason("acme.no")) if situation.trigger == "close" else None


class Renamed(MemoryStore):
    """A store of somebody's own."""

    name = "acme"


class Acme:
    """Hands over what it knows."""

    name = "acme"

    def __init__(self):
        self.urls = []

    @hookimpl
    def supporttiers_store(self, url):
        """Know one scheme."""
        self.urls.append(url)
        return Renamed() if url.startswith("acme:") else None

    @hookimpl
    def supporttiers_notifier(self, url):
        """Know one scheme."""
        return ConsoleNotifier(name=url.partition("//")[2]) if url.startswith("acme:") else None

    @hookimpl
    def supporttiers_vendor(self, name, settings):
        """Know one vendor."""
        return InProcessVendor(str(settings.get("as", name))) if name.startswith("acme") else None

    @hookimpl
    def supporttiers_policies(self):
        """Have one."""
        return [NobodyCloses]

    @hookimpl
    def supporttiers_facts(self):
        """Have one."""
        yield FactSource("plan", lambda tenant, keys: dict.fromkeys(keys, "gold"))


class Silent:
    """Has nothing to give."""

    name = "silent"

    @hookimpl
    def supporttiers_policies(self):
        """Have none."""

    @hookimpl
    def supporttiers_facts(self):
        """Have none."""

    @hookimpl
    def supporttiers_store(self):
        """Have none."""


@pytest.fixture
def acme():
    """Give a plugin."""
    return Acme()


# -- stores


def test_hook_supporttiers_store_hands_over_a_store(acme, desk_class):
    """The store of a URL is what the plugin gives; on both desks."""
    assert "store='acme'" in repr(desk_class(DEFAULT, plugins=[acme], store="acme://here"))
    assert ["acme://here"] == acme.urls


def test_hook_supporttiers_store_asks_the_built_in_plugin_last(acme):
    """What a plugin does not know, the next one may; one may also put itself in the place of ours."""

    class Greedy:
        @hookimpl
        def supporttiers_store(self):
            return Renamed()

    assert "store='memory'" in repr(SupportDesk(DEFAULT, plugins=[acme, Silent()], store="memory:"))
    assert ["memory:"] == acme.urls
    assert "store='acme'" in repr(SupportDesk(DEFAULT, plugins=[Greedy()], store="memory:"))


POSSIBLE = "possible are sqlite:///file.db, postgresql://host/database, django:alias and memory:"


def test_url_that_nobody_knows_is_answered_with_who_was_asked(acme):
    """And with what is installed and was not; its password is not shown."""
    with pytest.raises(StoreError) as caught:
        SupportDesk(DEFAULT, plugins=[acme, Silent()], store="zoo://bob:secret@host")

    known = f"zoo: no store is known for this URL; {POSSIBLE}; nor do these plugins know it: 'silent', 'acme'; "
    assert str(caught.value).startswith(f"{known}entry_points=True asks ")
    assert "secret" not in str(caught.value)
    with pytest.raises(StoreError) as caught:
        SupportDesk(DEFAULT, entry_points=True, store="zoo:")
    assert f"zoo: no store is known for this URL; {POSSIBLE}; trying again will not help" == str(caught.value)


def test_hint_names_what_is_installed(tmp_path, monkeypatch):
    """Nothing of it is loaded."""
    info = tmp_path / "supporttiers_acme-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: supporttiers-acme\nVersion: 1.2\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[supporttiers]\nacme = plug_nowhere\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(StoreError, match=r"asks what is installed, too: 'acme' \(supporttiers-acme 1\.2\)"):
        SupportDesk(DEFAULT, store="acme:")


def test_desk_that_awaits_is_handed_a_store_that_is_awaited():
    """Of the built-in ones, that is PostgreSQL's."""
    url = "postgresql://nowhere/support"
    stores = [BuiltIn(awaits=awaits).supporttiers_store(url) for awaits in (False, True)]

    assert [PostgresStore, AsyncPostgresStore] == [type(store) for store in stores]


# -- notifiers


def test_hook_supporttiers_notifier_hands_over_a_notifier(acme, desk_class, capsys):
    """Texts among the notifiers are URLs; each has a name of its own, and is told."""
    clock = FakeClock("2026-03-23T09:00Z")
    desk = desk_class(DEFAULT, plugins=[acme], notifiers=["acme://pager", "console:"], clock=clock)
    desk.inform_management(desk.open(id="T-1", by="jane"), by="bob")
    desk.run_due()

    assert {"pager", "console"} == {message.target for message in desk.messages()}
    assert 2 == len(capsys.readouterr().out.splitlines())


@pytest.mark.parametrize("url", ["zoo://bob:secret@host", "zoo", ""])
def test_notifier_that_nobody_knows_is_refused(url):
    """The error says what is possible, and who else might know it; its password is not shown."""
    with pytest.raises(PluginError) as caught:
        SupportDesk(DEFAULT, notifiers=[url])

    scheme = "zoo" if url else "notifier"
    possible = "console:, smtp://host, smtps://host, webhook+https://host/path and apprise:URL"
    said = (
        f"{scheme!r} does not fit: no notifier is known for this URL; possible are {possible}; entry_points=True asks"
    )
    assert str(caught.value).startswith(said)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("url", "name"), [("console:", "console"), ("console:pager", "pager")])
def test_console_has_a_url(url, name):
    """It may have a name."""
    assert name == BuiltIn().supporttiers_notifier(url).name


EXAMPLES = {
    "console": "console:",
    "smtp": "smtp://mail.example.org?from=support@example.org",
    "smtps": "smtps://mail.example.org?from=support@example.org",
    "webhook": f"webhook+https://hooks.example.org/in#secret=whsec_{'A' * 32}",
    "apprise": "apprise:json://hooks.example.org/in",
}


@pytest.mark.parametrize("scheme", sorted(_urls._HOMES))
def test_every_scheme_leads_to_a_notifier(scheme):
    """The table of schemes names modules and classes that are there."""
    module, kind = _urls._HOMES[scheme]
    if module == "apprise" and importlib.util.find_spec("apprise") is None:
        pytest.skip("apprise is not installed; it is an extra")

    assert kind == type(SupportDesk(DEFAULT, notifiers=[EXAMPLES[scheme]])._ports.notifiers.popitem()[1]).__name__


@pytest.mark.parametrize(("what", "given"), [("notifier", "console:"), ("notifier", 7), ("vendor", 7)])
def test_adapters_come_as_a_list(what, given):
    """A text would be taken apart."""
    with pytest.raises(PluginError, match=f"{what}s come as a list, even a single one"):
        SupportDesk(DEFAULT, **{f"{what}s": given})


# -- vendors


def test_hook_supporttiers_vendor_hands_over_a_gateway(acme, desk_class):
    """By its name, alone or with settings."""
    desk = SupportDesk(DEFAULT, plugins=[acme], vendors=["acme-print", InProcessVendor("other")])
    assert ["acme-print", "other"] == list(desk._ports.vendors)
    desk_class(DEFAULT, plugins=[acme], vendors={"acme-print": {"as": "acme-print"}, "zoo": {"use": "memory"}})


@pytest.mark.parametrize(
    ("vendors", "problem"),
    [
        ({"acme-print": {"as": "bob"}}, "'bob' does not fit: it was handed over for the vendor 'acme-print'"),
        ({"acme-print": "secret"}, "'acme-print' does not fit: the settings of a vendor are a table, not str"),
        ({7: {}}, "'vendors' does not fit: the name of a vendor must be a text, not int"),
        (["zoo"], "'zoo' does not fit: no plugin hands over a gateway for this vendor; hand in an object, or"),
    ],
)
def test_vendor_that_nobody_knows_is_refused(acme, vendors, problem):
    """The error names the vendor, and never shows a setting."""
    with pytest.raises(PluginError) as caught:
        SupportDesk(DEFAULT, plugins=[acme], vendors=vendors)
    assert str(caught.value).startswith(problem)
    assert "secret" not in str(caught.value)


# -- policies and facts


def test_hook_supporttiers_policies_gives_classes_to_process_files(acme, desk_class, tmp_path):
    """A file names them, and so does the process in a store, for a desk that has another one."""
    path, url = tmp_path / "own.toml", f"sqlite:///{tmp_path / 'support.db'}"
    path.write_text(PROCESS, encoding="utf-8")
    with desk_class(path, plugins=[acme], store=url) as desk:
        case = desk.resolve(desk.open(id="T-1", by="jane", customer="c-1"), by="bob")
        assert [(Reason("acme.no"),)] == [
            each.refused for each in desk.options(case, by="bob") if each.trigger == "close"
        ]
    with desk_class(DEFAULT, plugins=[acme, Silent()], store=url) as other:
        assert [(Reason("acme.no"),)] == [
            each.refused for each in other.options(case, by="bob") if each.trigger == "close"
        ]


def test_two_plugins_may_not_have_one_policy(acme):
    """Which of them counts would depend on their order; the same class from both is no matter."""

    class Same(Silent):
        name = "same"
        given = NobodyCloses

        @hookimpl
        def supporttiers_policies(self):
            return [self.given, NobodyCloses]

    SupportDesk(DEFAULT, plugins=[acme, Same()])
    other = Same()
    other.given = type("Other", (), {"name": "acme.nobody-closes", "revision": 1})
    with pytest.raises(PluginError) as caught:
        SupportDesk(DEFAULT, plugins=[other, acme])
    said = "its policy 'acme.nobody-closes' of revision 1 is also that of plugin 'acme'; rename one"
    assert f"'same' does not fit: {said}" == str(caught.value)


def test_hook_supporttiers_facts_gives_sources(acme, desk_class, tmp_path):
    """They are read beside those that are handed in."""
    path = tmp_path / "own.toml"
    path.write_text(PROCESS, encoding="utf-8")
    desk = desk_class(path, plugins=[acme], facts=[FactSource("other", lambda tenant, keys: {})])

    assert 2 == desk.open(by="jane", customer="c-1").tier


def test_two_plugins_may_not_have_one_source(acme):
    """Nor may a plugin have one that is handed in."""

    class Other(Silent):
        name = "other"

        @hookimpl
        def supporttiers_facts(self):
            return [FactSource("plan", lambda tenant, keys: {})]

    with pytest.raises(PluginError) as caught:
        SupportDesk(DEFAULT, plugins=[acme, Other()])
    said = "its source of the fact 'plan' is also that of plugin 'other'; rename one"
    assert f"'acme' does not fit: {said}" == str(caught.value)
    with pytest.raises(PluginError, match="'plan' does not fit: there are two sources of facts of this name"):
        SupportDesk(DEFAULT, plugins=[acme], facts=[FactSource("plan", lambda tenant, keys: {})])


# -- events


def test_hook_supporttiers_event_is_told(desk_class):
    """More of it stands in test_observers.py."""
    told = []

    class Watching:
        @hookimpl
        def supporttiers_event(self, case, event):
            told.append((event.version, case.id))

    desk = desk_class(DEFAULT, plugins=[Watching()], clock=FakeClock("2026-03-23T09:00Z"))
    case = desk.open(id="T-1", by="jane")
    desk.run_due()

    assert [(number + 1, "T-1") for number in range(case.version)] == told


# -- built-in


def test_built_in_policies_are_those_of_a_plugin():
    """It gives what process files may name without any plugin."""
    assert list(BUILT_IN.values()) == list(BuiltIn().supporttiers_policies())
    assert BuiltIn().supporttiers_vendor("acme", {}) is None


def test_built_in_plugin_fits_like_any_other():
    """It passes the same checks."""
    from supporttiers._plugins._finding import Found
    from supporttiers._plugins._fitting import must_fit

    must_fit(Found(name="supporttiers", plugin=BuiltIn()), awaits=False)
