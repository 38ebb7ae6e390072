"""The reference pages name everything that there is, and the other pages are where they are said to be."""

import inspect
import re
from pathlib import Path

import attrs
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from supporttiers import SupportProcess, cli, errors, protocols, testing
from supporttiers.actors import Agent
from supporttiers.backends.directory.toml import Team
from supporttiers.commands import COMMANDS
from supporttiers.config.json_schema import json_schema
from supporttiers.events import EVENTS
from supporttiers.findings import KINDS, Ignore
from supporttiers.match import FIELDS
from supporttiers.policies import BUILT_IN
from supporttiers.readings import Pass
from supporttiers.reasons import CODES
from supporttiers.testing import situation, suites
from supporttiers.testing.suites._vendor_given import VendorHands, VendorLaws
from supporttiers.worker import AsyncWorker, Telemetry, Worker, WorkerStatus
from supporttiers.worker.otel import OpenTelemetry

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TABLES = {
    "process": "`[process]`",
    "calendar": "`[calendars.NAME]`",
    "holidays": "`holidays`",
    "tier": "`[[tiers]]`",
    "limit": "`[[limits]]`",
    "threshold": "`thresholds`",
    "contract": "`[[contracts]]`",
    "route": "`[[routes]]`",
    "destination": "`to`",
    "cascade": "`[[cascades]]`",
    "message": "`[[messages]]`",
    "notifications": "`[notifications]`",
    "ignore": "`[[check.ignore]]`",
}
"""The tables of a process file, with the heading under which the page lists their keys."""


def page(path):
    """Read a page of the documentation."""
    return (DOCS / path).read_text("utf-8")


def section(text, heading):
    """Give what stands under a heading, up to the next one."""
    [found] = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return found


def rows(text):
    """Give what stands in the first column of tables, in backquotes."""
    return re.findall(r"^\| `(.+?)` \|", text, re.MULTILINE)


def first_words(members):
    """Give names without their parameters."""
    return {member.partition("(")[0] for member in members}


def own_fields(kind, base):
    """Give the names of the fields that a class adds to its base, or says anew."""
    common = {field.name for field in attrs.fields(base)}
    return {field.name for field in attrs.fields(kind)} - common


def test_reasons_page_lists_every_code_with_its_text():
    """The codes of the page are those of the library, no more and no fewer, with their English."""
    listed = re.findall(r"^\| `([\w.]+)` \| (.*) \|$", page("reference/reasons.md"), re.MULTILINE)

    assert dict(CODES) == dict(listed)
    assert len(listed) == len(CODES)


def test_findings_page_lists_every_kind():
    """Every code has its row, with severity and fix, in the order in which the library has them; and a meaning."""
    pattern = r"^\| `(check\.\w+)` \| (\w+) \| (.+?) \| (.+) \|$"
    listed = re.findall(pattern, page("reference/findings.md"), re.MULTILINE)
    known = [(code, str(kind.severity), kind.fix.replace("{{", "{").replace("}}", "}")) for code, kind in KINDS.items()]

    assert known == [(code, severity, fix) for code, severity, _, fix in listed]
    assert set(KINDS) == {code for code in CODES if code.startswith("check.")}
    assert list(attrs.fields_dict(Ignore)) == rows(section(page("reference/process-file.md"), "`[[check.ignore]]`"))


def test_errors_page_lists_every_error():
    """Every error has its row."""
    known = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}

    assert known == set(rows(page("reference/errors.md")))


@pytest.mark.parametrize("name", sorted(rows(page("reference/errors.md"))))
def test_errors_page_lists_the_fields_of_an_error(name):
    """An error's row names the fields that it adds."""
    kind = getattr(errors, name)
    added = set()
    if attrs.has(kind):
        above = kind.__mro__[1]
        added = {field.name for field in attrs.fields(kind)}
        added -= {field.name for field in attrs.fields(above)} if attrs.has(above) else set()
    [row] = re.findall(rf"^\| `{name}` \|(.*)$", page("reference/errors.md"), re.MULTILINE)

    assert added <= set(re.findall(r"`(\w+)`", row))


@pytest.mark.parametrize("kind", [*COMMANDS, *EVENTS], ids=lambda kind: kind.__name__)
def test_commands_and_events_page_lists_every_field(kind):
    """A command or event has its section, with exactly its own fields; the common ones stand once."""
    text = page("reference/commands-and-events.md")
    is_command = kind in COMMANDS
    base = kind.__mro__[-2]
    common = set(rows(section(text, "Every command" if is_command else "Every event")))
    listed = set(rows(section(text, kind.__name__)))

    assert {field.name for field in attrs.fields(base)} == common
    assert own_fields(kind, base) == listed - common


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_commands_page_names_the_verb(kind):
    """A command's section says by which verb of the desk it is made."""
    said = section(page("reference/commands-and-events.md"), kind.__name__)

    assert f"`desk.{kind.trigger}`" in said or (
        kind.trigger in {"vendor_update", "vendor_unreachable", "count_affected"} and "no verb" in said
    )


PROTOCOLS = [
    "Policy", "RoutePolicy", "AssignPolicy", "PriorityPolicy", "PermitPolicy", "TargetPolicy", "ReactPolicy",
    "ReopenPolicy", "VendorPolicy",
    "Directory", "AgentDirectory", "OnCallDirectory", "ManagerDirectory", "RoleDirectory",
    "ContactDirectory", "TenantDirectory", "Notifier", "VendorGateway", "CanCheck", "CanFind", "CanComment",
    "CanSetStatus", "CanAttach", "CanListChanges", "CanReceive", "CanWithdraw",
    "CaseStore", "JoiningStore", "SchemaStore",
]  # fmt: skip
AWAITED = ["AsyncCaseStore", "AsyncDirectory", "AsyncNotifier", "AsyncVendorGateway"]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocols_page_lists_every_member(name):
    """A Protocol has its section, with exactly its members."""
    protocol = getattr(protocols, name)
    members = {member for member in (*vars(protocol), *protocol.__annotations__) if not member.startswith("_")}

    assert members == first_words(rows(section(page("reference/protocols.md"), name)))


def test_protocols_page_knows_every_protocol():
    """No Protocol is left out."""
    known = {name for name, kind in vars(protocols).items() if getattr(kind, "_is_protocol", False)} - {"Protocol"}

    assert known == {*PROTOCOLS, *AWAITED}


@pytest.mark.parametrize("name", AWAITED)
def test_awaited_protocols_are_those_that_are_called(name):
    """Their members are those of the others, awaited, so that one table is enough; the page names each."""
    called, awaited = (vars(getattr(protocols, each)) for each in (name.removeprefix("Async"), name))
    assert {member for member in called if member[0] != "_"} == {member for member in awaited if member[0] != "_"}
    for member in awaited:
        if inspect.iscoroutinefunction(awaited[member]):
            ours, theirs = (inspect.signature(each[member]) for each in (called, awaited))
            assert ours == theirs, member

    assert re.search(rf"^(## {name}$|\| `{name}` \|)", page("reference/protocols.md"), re.MULTILINE)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_process_file_page_lists_every_key(table):
    """A table of the process file has its section, with exactly its keys and their meaning."""
    properties = json_schema()["$defs"][table]["properties"]
    said = section(page("reference/process-file.md"), TABLES[table])

    assert set(properties) == set(rows(said))
    assert [] == [key for key, schema in properties.items() if schema["description"] not in said]


def test_process_file_page_knows_every_table():
    """No table of the process file is left out."""
    others = {"policy", "condition", "compared", "value", "values"}

    assert json_schema()["$defs"].keys() - others == TABLES.keys()


def test_process_file_page_lists_every_built_in_policy():
    """Every policy that comes with the library has its row, with its class, and no other has."""
    said = section(page("reference/process-file.md"), "`[[policies]]`")

    assert {use: kind.__name__ for use, kind in BUILT_IN.items()} == dict(
        re.findall(r"^\| `(supporttiers\..+?)` \| `(\w+)`", said, re.MULTILINE)
    )


@pytest.mark.parametrize(("table", "kind"), [("`[[agents]]`", Agent), ("`[[teams]]`", Team)])
def test_people_file_page_lists_every_key(table, kind):
    """A table of the people file has its section, with exactly its keys."""
    said = section(page("reference/people-file.md"), table)

    assert list(attrs.fields_dict(kind)) == rows(said)


def test_conditions_page_lists_every_field():
    """Every field that a condition can speak about is named, under its kind."""
    said = dict(re.findall(r"^\| (\w+) \| (`.*?) \|", section(page("reference/conditions.md"), "Fields"), re.MULTILINE))

    assert dict(FIELDS) == {name: kind for kind in set(FIELDS.values()) for name in re.findall(r"`(\w+)`", said[kind])}


def test_worker_page_lists_every_argument_and_field():
    """What a worker takes, its status, and what telemetry must have, are those of the classes; of both workers."""
    text = page("reference/worker.md")
    takes = list(inspect.signature(Worker).parameters)

    assert takes == rows(section(text, "Building one")) == list(inspect.signature(AsyncWorker).parameters)
    assert list(attrs.fields_dict(WorkerStatus)) == rows(section(text, "WorkerStatus"))
    members = [name for name in vars(Telemetry) if not name.startswith("_")]
    assert members == [row.partition("(")[0] for row in rows(section(text, "Telemetry")) if "." not in row]


def test_worker_page_lists_every_instrument():
    """What OpenTelemetry is told, under which name and in which unit."""
    reader = InMemoryMetricReader()
    telemetry = OpenTelemetry(meter_provider=MeterProvider(metric_readers=[reader], shutdown_on_exit=False))
    with telemetry.around_pass():
        telemetry.passed(Pass())
    telemetry.waiting(protocols.Backlog())
    [resource] = reader.get_metrics_data().resource_metrics
    told = {metric.name: metric.unit for metric in resource.scope_metrics[0].metrics}

    said = section(page("reference/worker.md"), "Telemetry")
    assert told == dict(re.findall(r"^\| `(supporttiers\.\S+)` \| .* \| `(\S+)` \|$", said, re.MULTILINE))


SUITES = [name for name in suites.__all__ if name.endswith("Suite")]


@pytest.mark.parametrize("name", SUITES)
def test_testing_page_lists_every_law(name):
    """A suite has its section; where it lists laws, these are its laws, and its attributes are named."""
    said = section(page("reference/testing.md"), name)
    suite = getattr(suites, name)
    laws = {law for law in dir(suite) if law.startswith("test_")}
    listed = rows(said)

    assert {row for row in listed if row.startswith("test_")} in (laws, set())
    if name in {"NotifierSuite", "PolicySuite", "FactSourceSuite", "VendorSuite"}:
        assert {row for row in listed if row.startswith("test_")} == laws
        given = {**vars(suite), **(vars(VendorLaws) if name == "VendorSuite" else {})}
        own = {label for label in given if not label.startswith(("_", "test_"))}
        assert own - {"CAPABILITIES", "plugged", "awaited", "ready", "asked", "reader"} <= set(listed)


def test_testing_page_lists_what_hands_do():
    """Each method of the vendor's agent has its row."""
    listed = rows(section(page("reference/testing.md"), "VendorSuite"))
    methods = {name for name in vars(VendorHands) if not name.startswith("_")}

    assert methods <= {row.partition("(")[0] for row in listed}


def test_testing_page_names_every_name():
    """What the package exports has its row, and every parameter of `situation`."""
    text = page("reference/testing.md")
    named = {*inspect.signature(situation).parameters} - {"case"}

    assert set(testing.__all__) <= set(rows(text))
    assert named <= set(rows(section(text, "situation")))


def commands(parser):
    """Give the parsers of a parser's commands, by name; those of a group with the group's name before theirs."""
    found = {}
    for action in parser._subparsers._group_actions:
        for name, below in action.choices.items():
            inner = commands(below) if below._subparsers else {"": below}
            found |= {f"{name} {word}".strip(): each for word, each in inner.items()}
    return found


COMMANDS_OF_THE_LINE = commands(cli._parser())


def test_cli_page_lists_every_command():
    """The commands of the page are those of the parser, and all have their keys of JSON."""
    text = page("reference/cli.md")
    listed = rows(text.partition("## Exit codes")[0])
    names = {" ".join(word for word in row.split() if word.islower() and "-" not in word) for row in listed}
    keys = {row.partition("`")[0] for row in rows(section(text, "JSON"))}

    assert COMMANDS_OF_THE_LINE.keys() == names
    assert COMMANDS_OF_THE_LINE.keys() - {"replay"} == keys


@pytest.mark.parametrize("name", sorted(COMMANDS_OF_THE_LINE))
def test_cli_page_names_every_option(name):
    """Each option of a command stands somewhere on the page, or on that of replay."""
    text = page("reference/cli.md") + page("reference/replay.md")
    options = {word for action in COMMANDS_OF_THE_LINE[name]._actions for word in action.option_strings}

    assert [] == [word for word in options - {"-h", "--help"} if word not in text]


def test_status_page_has_the_present_diagram():
    """The picture of the default process is the one that the default process draws."""
    [drawn] = re.findall(r"```mermaid\n(.*?)```", page("explanation/cases-and-status.md"), re.DOTALL)

    assert SupportProcess.default().diagram() == drawn


def test_index_links_every_page():
    """The map has every page, and the headings to which the README points."""
    text = page("index.md")
    linked = set(re.findall(r"\]\(([^)#]+\.md)\)", text))
    pages = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")} - {"index.md"}

    assert pages <= linked
    assert {"How-to", "Reference", "Explanation"} <= set(re.findall(r"^## (.+)$", text, re.MULTILINE))


def test_time_page_has_every_rule_that_the_code_cites():
    """A rule of docs/explanation/time.md that a docstring names is there."""
    numbered = re.findall(r"^\*\*Rule (\d+)\.\*\*", page("explanation/time.md"), re.MULTILINE)
    cited = {
        number
        for source in SOURCES
        for number in re.findall(r"rule (\d+) of docs/explanation/time\.md", source.read_text("utf-8"))
    }

    assert cited <= set(numbered)
    assert sorted(set(numbered), key=int) == numbered


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: str(path.relative_to(DOCS)))
def test_page_links_lead_to_headings(path):
    """A link to a heading names one that is there."""
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", path.read_text("utf-8")):
        other = (path.parent / target) if target else path
        headings = re.findall(r"^#+ (.+)$", other.read_text("utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

        assert anchor in anchors, f"{path}: {target}#{anchor}"
