"""Plugins are verified when a desk is built: whatever would be ignored, or fail later, is refused by name."""
# ruff: noqa: D103, E501, ISC004 - many small functions that fit or not, and the exact words for each

import functools
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from supporttiers import AsyncSupportDesk, FakeClock, SupportDesk, SupportProcess
from supporttiers.backends.notification.console import ConsoleNotifier
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.cases import Case
from supporttiers.errors import InputError, PluginError, StoreError
from supporttiers.events import CaseEscalated, Event
from supporttiers.facts import FactSource
from supporttiers.hookspecs import hookimpl
from supporttiers.protocols import AsyncCaseStore, CaseStore, Notifier, VendorGateway

if TYPE_CHECKING:
    from nowhere import Unknown

DEFAULT = SupportProcess.default()
HOOKS = (
    "hooks are: supporttiers_event, supporttiers_facts, supporttiers_notifier, supporttiers_policies, "
    "supporttiers_store, supporttiers_vendor"
)


def plugin(name="acme", *, mark=True, options=None, **functions):
    """Make a module of functions, marked unless told otherwise."""
    module = types.ModuleType(name)
    for hook, function in functions.items():
        if mark and callable(function):
            hookimpl(function, **(options or {}))
        setattr(module, hook, function)
    return module


def told(given, *, desk=SupportDesk, **more):
    """Give what a desk says about plugins that it refuses."""
    with pytest.raises(PluginError) as caught:
        desk(DEFAULT, plugins=[given], **more)
    return str(caught.value)


class Store(Protocol):
    """A Protocol of somebody's own."""


class Shouting:
    """A class that is no store."""


# -- functions that fit


def observe(event: Event, case: "Case") -> None: ...
def observe_nothing() -> None: ...
def observe_loosely(case, event: Any, helper=None) -> Any: ...
def observe_any(event: object, case: Event | Case): ...
def observe_what_cannot_be_read(event: "Unknown", case: "not python at all") -> None: ...  # noqa: F722
def hand_over_store(url: str) -> CaseStore | None: ...
def hand_over_memory(url: str) -> MemoryStore | AsyncCaseStore: ...
def hand_over_something(url) -> Store: ...
def hand_over_notifier(url: str) -> Notifier | None: ...
def hand_over_vendor(settings: Mapping[str, object], name: Any) -> VendorGateway | None: ...
def hand_over_that_vendor(name: str, settings: Iterable) -> InProcessVendor | None: ...
def give_policies() -> list[type[Any]]: ...
def give_classes() -> Iterator[type]: ...
def give_anything() -> tuple: ...
def give_none() -> Any: ...
def give_facts() -> list[FactSource] | None: ...


def yield_facts() -> Iterator[FactSource]:
    """Give one after another."""
    yield FactSource("plan", dict)


@pytest.mark.parametrize(
    ("hook", "function"),
    [
        ("event", observe), ("event", observe_nothing), ("event", observe_loosely), ("event", observe_any),
        ("event", observe_what_cannot_be_read), ("store", hand_over_store), ("store", hand_over_memory),
        ("store", hand_over_something), ("notifier", hand_over_notifier), ("vendor", hand_over_vendor),
        ("vendor", hand_over_that_vendor), ("policies", give_policies), ("policies", give_classes),
        ("policies", give_anything), ("policies", give_none), ("facts", give_facts), ("facts", yield_facts),
        pytest.param("event", functools.wraps(observe)(lambda event, case: None), id="wrapped"),
    ],
)  # fmt: skip
def test_plugin_that_fits_is_taken(hook, function):
    """Any of the arguments in any order, annotated widely for what is given, narrowly for what it gives."""
    module = plugin(**{f"supporttiers_{hook}": function})
    [found] = [each for each in SupportDesk(DEFAULT, plugins=[module]).hooks if each.hook == f"supporttiers_{hook}"]

    assert "acme" == found.plugins[0].name


class Methods:
    """A plugin that is an object."""

    supporttiers_api = 1

    @hookimpl
    def supporttiers_event(self, case):
        """Observe."""

    @staticmethod
    @hookimpl(specname="supporttiers_store")
    def keep(url):
        """Know no store."""

    @classmethod
    @hookimpl
    def supporttiers_facts(cls):
        """Have none."""

    @hookimpl(optionalhook=True)
    def supporttiers_of_version_two(self, whatever):
        """Wait for a later release."""

    def helper(self):
        """Be no hook."""


def test_plugin_may_be_an_object_with_methods():
    """Methods of any kind, under another name, and hooks that only a later release has."""
    readings = {
        each.hook: [one.name for one in each.plugins] for each in SupportDesk(DEFAULT, plugins=[Methods()]).hooks
    }
    name = f"{__name__}.Methods"

    assert [name] == readings["supporttiers_event"] == readings["supporttiers_facts"]
    assert [name, "supporttiers"] == readings["supporttiers_store"]


def test_plugin_is_called_by_its_own_name():
    """An object's `name`, if it is one; a module's name; otherwise that of the class."""

    class Named(Methods):
        def __init__(self, name):
            self.name = name

    desk = SupportDesk(DEFAULT, plugins=[plugin("acme.hooks", supporttiers_event=observe), Named("acme"), Named(7)])
    [names] = [[one.name for one in each.plugins] for each in desk.hooks if each.hook == "supporttiers_event"]

    assert [f"{__name__}.{Named.__qualname__}", "acme", "acme.hooks"] == names


def test_plugin_may_import_the_whole_contract():
    """The specifications themselves are no implementations that somebody has forgotten to mark."""
    module = plugin(supporttiers_event=observe)
    exec("from supporttiers.hookspecs import supporttiers_store, hookimpl, API", vars(module))

    assert ["acme"] == [each.name for each in SupportDesk(DEFAULT, plugins=[module]).hooks[0].plugins]


# -- those that do not


async def awaited(event, case): ...
async def awaited_store(url): ...
async def yielding_later(event):
    yield event


def yielding(url):
    yield url


def unknown_argument(url, uri): ...
def default(url=""): ...
def only_keyword(*, url): ...
def anything(*urls): ...
def any_keyword(**urls): ...
def number(url: int): ...
def narrow(event: CaseEscalated): ...
def table(name, settings: dict[str, str]): ...
def gives_text(url) -> str | None: ...
def gives_class(url) -> Shouting: ...
def gives_none(url) -> None: ...
def gives_flag(event) -> bool: ...
def gives_one() -> FactSource: ...
def gives_texts() -> list[str]: ...
def gives_table() -> dict[str, type]: ...


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (plugin(supporttiers_notifer=observe), "its supporttiers_notifer is no hook; did you mean supporttiers_notifier?"),
        (plugin(supporttiers_zebra=observe), f"its supporttiers_zebra is no hook; {HOOKS}"),
        (
            plugin(options={"specname": "supporttiers_stores"}, keep=lambda: None),
            "its supporttiers_stores is no hook; did you mean supporttiers_store?",
        ),
        (
            plugin(options={"specname": "supporttiers_event"}, tell=lambda event: None, keep=lambda event: None),
            "it implements supporttiers_event more than once, and only one would be called; make one function of them",
        ),
        (
            plugin(mark=False, supporttiers_event=lambda event: None),
            "its supporttiers_event is not marked, so that it would never be called; put @hookimpl above it",
        ),
        (plugin(mark=False, supporttiers_evnt=observe), "its supporttiers_evnt is no hook; did you mean supporttiers_event?"),
        (plugin(mark=False, supporttiers_zebra=lambda: None), f"its supporttiers_zebra is no hook; {HOOKS}"),
        (
            plugin(mark=False, supportiers_event=lambda event: None),
            "its supportiers_event is no hook; did you mean supporttiers_event?",
        ),
        (
            plugin(mark=False, supporttiers_event=functools.partial(print)),
            "its supporttiers_event is no function; define it with `def`, and put @hookimpl above it",
        ),
        (plugin(mark=False), f"it implements no hook; is @hookimpl missing? {HOOKS}"),
        (7, f"it implements no hook; is @hookimpl missing? {HOOKS}"),
        (Methods, "it is a class; hand in an object of it"),
        (
            plugin(supporttiers_event=awaited),
            "its supporttiers_event is asynchronous, and SupportDesk does not await; AsyncSupportDesk is for it",
        ),
        (
            plugin(supporttiers_store=awaited_store),
            "its supporttiers_store is asynchronous, and asked while the desk is built, where nothing is awaited; use `def`",
        ),
        (
            plugin(supporttiers_event=yielding_later),
            "its supporttiers_event is a generator, whose body would never run; leave `yield` out",
        ),
        (
            plugin(supporttiers_store=yielding),
            "its supporttiers_store is a generator, whose body would never run; leave `yield` out",
        ),
        *(
            (
                plugin(options={option: True}, supporttiers_store=lambda url: (yield)),
                "its supporttiers_store is a wrapper; hooks hand over what is the plugin's own, and change nothing of others'",
            )
            for option in ("wrapper", "hookwrapper")
        ),
        (
            plugin(supporttiers_store=unknown_argument),
            "its supporttiers_store takes 'uri', which is no argument of the hook; they are (url)",
        ),
        (
            plugin(supporttiers_store=default),
            "its supporttiers_store has a default for url, which would then never be given; leave the default out",
        ),
        (
            plugin(supporttiers_store=only_keyword),
            "its supporttiers_store takes url only as a keyword, which hooks are not called with; leave the * out",
        ),
        *(
            (
                plugin(supporttiers_store=function),
                "its supporttiers_store takes *urls, which would always be empty; name the arguments that it needs: (url)",
            )
            for function in (anything, any_keyword)
        ),
        (plugin(supporttiers_store=number), "its supporttiers_store annotates url as int, and is given str"),
        (
            plugin(supporttiers_event=narrow),
            "its supporttiers_event annotates event as CaseEscalated, and is given Event",
        ),
        (
            plugin(supporttiers_vendor=table),
            "its supporttiers_vendor annotates settings as dict[str, str], "
            "and is given collections.abc.Mapping[str, object]",
        ),
        (
            plugin(supporttiers_store=gives_text),
            "its supporttiers_store is annotated to give str | None; it has to give a CaseStore or None",
        ),
        (
            plugin(supporttiers_notifier=gives_class),
            "its supporttiers_notifier is annotated to give Shouting; it has to give a Notifier or None",
        ),
        (
            plugin(supporttiers_store=gives_none),
            "its supporttiers_store is annotated to give NoneType; it has to give a CaseStore or None",
        ),
        (plugin(supporttiers_event=gives_flag), "its supporttiers_event is annotated to give bool; it has to give None"),
        (
            plugin(supporttiers_facts=gives_one),
            "its supporttiers_facts is annotated to give FactSource; it has to give a collection of FactSources",
        ),
        (
            plugin(supporttiers_policies=gives_texts),
            "its supporttiers_policies is annotated to give list[str]; it has to give a collection of classes of policies",
        ),
        (
            plugin(supporttiers_policies=gives_table),
            "its supporttiers_policies is annotated to give dict[str, type]; "
            "it has to give a collection of classes of policies",
        ),
        (
            plugin(supporttiers_event=observe_nothing, supporttiers_api=2),
            "it is written for version 2 of the hooks, and this release has 1",
        ),
        (
            plugin(supporttiers_event=observe_nothing, supporttiers_api=0),
            "it is written for version 0 of the hooks, and this release has 1",
        ),
        (plugin(supporttiers_event=observe_nothing, supporttiers_api="1"), "its supporttiers_api must be a number, such as 1"),
    ],
)  # fmt: skip
def test_plugin_that_does_not_fit_is_refused(given, problem):
    """The error names the plugin, its function, and what to do instead."""
    name = {int: "builtins.int", type: "Methods"}.get(type(given), "acme")

    assert f"{name!r} does not fit: {problem}" == told(given)


class Forgetful:
    """Its method lacks `self`."""

    name = "acme"

    @hookimpl
    def supporttiers_event(event, case):  # noqa: N805 - that is what is wrong
        """Be told nothing."""


class Empty:
    """Its method takes nothing, not even itself."""

    name = "acme"

    @hookimpl
    def supporttiers_event():
        """Be told nothing."""


class Hidden:
    """Its mark stands above what hides it."""

    name = "acme"

    @hookimpl
    @staticmethod
    def supporttiers_event(event):
        """Be told nothing."""


class HiddenInTheClass:
    """The same, of a method of the class."""

    name = "acme"

    @hookimpl
    @classmethod
    def supporttiers_event(cls, event):
        """Be told nothing."""


class Static:
    """Its marks stand where they should."""

    name = "acme"

    @staticmethod
    @hookimpl
    def supporttiers_event(event):
        """Be told nothing."""

    @classmethod
    @hookimpl
    def supporttiers_facts(cls):
        """Give none."""
        return []


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (Forgetful, "is a method without `self`, which would be given the plugin in place of its first argument"),
        (Empty, "is a method without `self`, which would be given the plugin in place of its first argument"),
        (Hidden, "has @hookimpl above @staticmethod, which hides it; put @hookimpl below"),
        (HiddenInTheClass, "has @hookimpl above @classmethod, which hides it; put @hookimpl below"),
    ],
)
def test_method_that_would_be_called_wrongly_is_refused(kind, problem):
    """It would be told something else than it thinks, or nothing, in the middle of a case."""
    assert f"'acme' does not fit: its supporttiers_event {problem}" == told(kind())


def test_methods_need_no_object():
    """They may be of the class, or of nobody."""
    assert [("acme", None, None, 1)] == observers(SupportDesk(DEFAULT, plugins=[Static()]))


def test_asynchronous_observer_is_for_the_desk_that_awaits():
    """All other hooks are asked while the desk is built."""
    AsyncSupportDesk(DEFAULT, plugins=[plugin(supporttiers_event=awaited)])

    assert "use `def`" in told(plugin(supporttiers_store=awaited_store), desk=AsyncSupportDesk)


def test_annotations_that_are_read_late_are_not_judged():
    """From Python 3.14 on, reading them fails where they name what only type checkers import."""

    class Late:
        __code__ = observe.__code__

        @property
        def __annotations__(self):
            raise NameError

    from supporttiers._plugins._annotations import problem_of_annotations
    from supporttiers.hookspecs import supporttiers_event

    assert problem_of_annotations("supporttiers_event", supporttiers_event, Late()) is None


# -- which


@pytest.mark.parametrize("given", ["acme", 7, None])
def test_plugins_come_as_a_list(given):
    """A text would be taken apart."""
    with pytest.raises(PluginError, match="plugins come as a list, even a single one"):
        SupportDesk(DEFAULT, plugins=given)


def test_blocked_names_come_as_a_list():
    """A text would be taken apart."""
    with pytest.raises(PluginError, match="'acme' does not fit: blocked names come as a list, even a single one"):
        SupportDesk(DEFAULT, blocked="acme")


def test_entry_points_are_wanted_or_not():
    """Anything else is refused."""
    with pytest.raises(InputError, match="entry_points must be"):
        SupportDesk(DEFAULT, entry_points="yes")


def test_plugin_is_handed_in_once():
    """Twice the same, or two of one name, would be asked twice, or mixed up."""
    one = plugin(supporttiers_event=observe)
    with pytest.raises(PluginError) as twice:
        SupportDesk(DEFAULT, plugins=[one, one])
    with pytest.raises(PluginError) as named_alike:
        SupportDesk(DEFAULT, plugins=[one, plugin(supporttiers_event=observe_nothing)])

    how = "hand it in once, or block its entry point"
    assert f"'acme' does not fit: it is there twice; {how}" == str(twice.value)
    assert f"'acme' does not fit: there are two plugins of this name; {how}" == str(named_alike.value)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let modules of a directory be imported, and forget them afterwards."""
    import sys

    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("plug_"):
            del sys.modules[name]


MODULE = """
from supporttiers.hookspecs import hookimpl

class Plugin:
    @hookimpl
    def supporttiers_event(self, event):
        pass

@hookimpl
def supporttiers_event(event):
    pass

plugin = Plugin()
"""


@pytest.mark.parametrize(
    ("text", "name"), [("plug_one", "plug_one"), ("plug_one:plugin", "plug_one.Plugin")]
)  # fmt: skip
def test_plugin_may_be_named(folder, text, name):
    """A module, or what is in it."""
    (folder / "plug_one.py").write_text(MODULE, encoding="utf-8")
    [event] = [each for each in SupportDesk(DEFAULT, plugins=[text]).hooks if each.hook == "supporttiers_event"]

    assert [name] == [each.name for each in event.plugins]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("plug_nowhere", "No module named 'plug_nowhere'"),
        ("plug_one:nothing", "module 'plug_one' has no attribute 'nothing'"),
        ("", "Empty module name"),
        ("plug_broken", "ZeroDivisionError"),
    ],
)
def test_plugin_that_cannot_be_imported_is_named(folder, text, why):
    """The error says why, but not what an error of somebody else's says."""
    (folder / "plug_one.py").write_text(MODULE, encoding="utf-8")
    (folder / "plug_broken.py").write_text("1 / 0", encoding="utf-8")

    how = "name a module, or what is in it, such as 'mypkg.plugin' or 'mypkg.plugin:plugin'"
    assert f"{text!r} does not fit: it cannot be imported ({why}); {how}" == told(text)


# -- installed


def install(
    folder, *, dist="supporttiers-acme", version="1.2", points="acme = plug_acme", module=MODULE, name="plug_acme"
):
    """Lay a package into a directory as an installer does."""
    (folder / f"{name}.py").write_text(module, encoding="utf-8")
    info = folder / f"{dist.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[supporttiers]\n{points}\n", encoding="utf-8")
    (info / "top_level.txt").write_text(name, encoding="utf-8")


def observers(desk):
    """Give name, package and version of those that are told of events."""
    [event] = [each for each in desk.hooks if each.hook == "supporttiers_event"]
    return [(each.name, each.distribution, each.version, each.api) for each in event.plugins]


def test_installed_plugins_are_loaded_on_request(folder, caplog):
    """Not otherwise; the log says which, of which version."""
    install(folder)
    caplog.set_level("INFO", "supporttiers.plugins")

    assert [] == observers(SupportDesk(DEFAULT))
    assert [("acme", "supporttiers-acme", "1.2", 1)] == observers(SupportDesk(DEFAULT, entry_points=True))
    assert [("acme", "supporttiers-acme", "1.2", 1)] == observers(AsyncSupportDesk(DEFAULT, entry_points=True))
    assert "plugin acme: supporttiers-acme 1.2" in caplog.messages


def test_plugins_that_are_handed_in_are_asked_before_installed_ones(folder):
    """Installed ones go by the names of their packages; a module of an installed package knows its version."""
    install(folder)
    install(folder, dist="supporttiers-zoo", points="zoo = plug_zoo:plugin", name="plug_zoo")
    (folder / "plug_own.py").write_text(MODULE, encoding="utf-8")

    assert [
        ("plug_own", None, None, 1), ("zoo", "supporttiers-zoo", "1.2", 1), ("acme", "supporttiers-acme", "1.2", 1),
    ] == observers(SupportDesk(DEFAULT, plugins=["plug_own"], entry_points=True))  # fmt: skip
    assert [("plug_acme", "supporttiers-acme", "1.2", 1)] == observers(SupportDesk(DEFAULT, plugins=["plug_acme"]))


@pytest.mark.parametrize("blocked", ["acme", "supporttiers-acme", "Supporttiers_ACME"])
def test_installed_plugin_can_be_blocked(folder, blocked, caplog):
    """By its entry point or its package; it is not even imported."""
    install(folder, module="1 / 0")
    caplog.set_level("INFO", "supporttiers.plugins")

    assert [] == observers(SupportDesk(DEFAULT, entry_points=True, blocked=[blocked]))
    assert "plugin acme of supporttiers-acme 1.2 is blocked" in caplog.messages


@pytest.mark.parametrize(
    ("blocked", "meant"), [("acme", None), ("supporttiers-acne", "; did you mean 'supporttiers-acme'?"), ("zoo", "")]
)
def test_blocked_name_that_nothing_has_is_told(folder, blocked, meant, caplog):
    """It may be a slip of the pen; or installed on another machine only, so that it is no error."""
    install(folder)
    SupportDesk(DEFAULT, entry_points=True, blocked=[blocked])

    said = f"{blocked!r} is blocked, and no installed plugin or package of one has that name{meant}"
    assert ([] if meant is None else [said]) == caplog.messages


def test_plugin_that_is_handed_in_is_logged(caplog):
    """Without a package, there is no version to tell."""
    caplog.set_level("INFO", "supporttiers.plugins")
    SupportDesk(DEFAULT, plugins=[plugin(supporttiers_event=observe)])

    assert ["plugin acme: handed in"] == caplog.messages


@pytest.mark.parametrize(
    ("points", "module", "value", "why"),
    [
        ("acme = plug_acme", "1 / 0", "plug_acme", "ZeroDivisionError"),
        ("acme = plug_acme", "import plug_sdk", "plug_acme", "No module named 'plug_sdk'"),
        ("acme = plug_acme:it", MODULE, "plug_acme:it", "module 'plug_acme' has no attribute 'it'"),
    ],
)
def test_broken_entry_point_is_named(folder, points, module, value, why):
    """With its package and version, and how to do without it."""
    install(folder, points=points, module=module)
    with pytest.raises(PluginError) as caught:
        SupportDesk(DEFAULT, entry_points=True)

    assert (
        f"'acme' does not fit: the entry point {value!r} of supporttiers-acme 1.2 cannot be loaded ({why}); "
        "mend it, or block it with blocked=['acme']"
    ) == str(caught.value)


def test_installed_plugin_that_is_handed_in_too_is_refused(folder):
    """It would be told everything twice."""
    install(folder)
    with pytest.raises(PluginError, match="'plug_acme' does not fit: it is there twice, also as 'acme'"):
        SupportDesk(DEFAULT, plugins=["plug_acme"], entry_points=True)


def test_entry_point_without_a_package_is_loaded_all_the_same(folder, monkeypatch):
    """Finders of others may not say whose it is."""
    import importlib.metadata

    (folder / "plug_acme.py").write_text(MODULE, encoding="utf-8")
    point = importlib.metadata.EntryPoint("acme", "plug_acme", "supporttiers")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: [point])

    assert [("acme", "?", "?", 1)] == observers(SupportDesk(DEFAULT, entry_points=True))


# -- who is asked, and what they give

NAMED = {
    "store": {"store": "acme://bob:secret@host"},
    "notifier": {"notifiers": ["acme:"]},
    "vendor": {"vendors": ["acme"]},
    "facts": {},
}
"""What makes a desk ask a hook."""


@pytest.mark.parametrize(
    ("hook", "answer", "problem"),
    [
        ("store", 7, "its supporttiers_store gives int, which lacks the methods of CaseStore; it has to give an object that is a CaseStore, or None"),
        (
            "store", MemoryStore,
            "its supporttiers_store gives the class MemoryStore; "
            "it has to give an object that is a CaseStore, or None",
        ),
        (
            "notifier", MemoryStore(),
            "its supporttiers_notifier gives MemoryStore, which lacks `notify` of Notifier; "
            "it has to give an object that is a Notifier, or None",
        ),
        (
            "notifier", types.SimpleNamespace(notify=print),
            "its supporttiers_notifier gives SimpleNamespace, which lacks `name` of Notifier; "
            "it has to give an object that is a Notifier, or None",
        ),
        (
            "notifier", ConsoleNotifier(name=" "),
            "its supporttiers_notifier gives ConsoleNotifier, which needs a text as `name`",
        ),
        (
            "vendor", ConsoleNotifier(),
            "its supporttiers_vendor gives ConsoleNotifier, which lacks `fetch` and `open` of VendorGateway; "
            "it has to give an object that is a VendorGateway, or None",
        ),
    ],
)  # fmt: skip
def test_wrong_answer_is_the_plugins(hook, answer, problem):
    """What is handed over is judged at once, and whoever gave it is named."""
    module = plugin(**{f"supporttiers_{hook}": lambda: answer})
    with pytest.raises(PluginError) as caught:
        SupportDesk(DEFAULT, plugins=[module], **NAMED[hook])

    assert f"'acme' does not fit: {problem}" == str(caught.value)


@pytest.mark.parametrize(
    ("hook", "answer", "problem"),
    [
        ("policies", 7, "its supporttiers_policies gives int; it has to give a list"),
        ("policies", "acme", "its supporttiers_policies gives str; it has to give a list"),
        ("policies", MemoryStore, "its supporttiers_policies gives the class MemoryStore; it has to give a list"),
        (
            "policies", [7],
            "its supporttiers_policies gives int; it has to give classes with `name` and `revision`",
        ),
        (
            "policies", [MemoryStore],
            "its supporttiers_policies gives MemoryStore; it has to give classes with `name` and `revision`",
        ),
        ("facts", {"plan": 7}, "its supporttiers_facts gives dict; it has to give a list"),
        ("facts", [7], "its supporttiers_facts gives int; it has to give FactSources"),
    ],
)  # fmt: skip
def test_wrong_collection_is_the_plugins(hook, answer, problem):
    """Each member is judged, and whoever gave it is named."""
    assert f"'acme' does not fit: {problem}" == told(plugin(**{f"supporttiers_{hook}": lambda: answer}))


def failing(url):
    """Fail, and say what nobody should see."""
    raise ValueError(url)


def failing_late():
    """Give something, then fail."""
    yield FactSource("plan", dict)
    raise ValueError


def store_is_away():
    """Fail with an error of ours."""
    raise StoreError("acme", "is away", retryable=True)


def sly(url):
    """Be a plain function that gives a coroutine."""
    return awaited_store(url)


def yields_then_store_is_away():
    """Give nothing, then fail with an error of ours."""
    yield from ()
    store_is_away()


@pytest.mark.parametrize(
    ("hook", "function", "error", "said"),
    [
        ("store", failing, PluginError, "its supporttiers_store failed with ValueError"),
        ("store", lambda url: url and store_is_away(), StoreError, "acme: is away; it may be tried again"),
        ("facts", failing_late, PluginError, "its supporttiers_facts failed with ValueError"),
        ("facts", yields_then_store_is_away, StoreError, "acme: is away; it may be tried again"),
        (
            "store",
            sly,
            PluginError,
            "its supporttiers_store gives a coroutine, which nobody awaits",
        ),
    ],
)
def test_plugin_that_fails_is_named(hook, function, error, said):
    """Errors of ours go their way; of others only the kind is said, for a URL may hold a password."""
    with pytest.raises(error) as caught:
        SupportDesk(DEFAULT, plugins=[plugin(**{f"supporttiers_{hook}": function})], **NAMED[hook])

    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_desk_needs_no_plugins():
    """Nobody is asked, and the built-in ones only by whoever wants to know."""
    desk = SupportDesk(DEFAULT, clock=FakeClock("2026-03-23T09:00Z"), store="memory:")

    assert {"supporttiers"} == {one.name for each in desk.hooks for one in each.plugins}
    assert desk.bind(tenant="other").hooks == desk.hooks
