"""Words: templates are judged when a process is built, and whatever comes later, somebody is told something."""

import sys

import pytest

from supporttiers import SupportProcess
from supporttiers.errors import PolicyConfigError, ProcessError
from supporttiers.reasons import CODES, FOR_CUSTOMERS, Reason
from supporttiers.words import FOR_ALL, FOR_HOUSE, MessageTemplate, NotificationRules
from supporttiers.words._templates import engine_of
from supporttiers.words.book import MAX_WRITTEN, Audience, WordBook

LATE = Reason("move.limit", {"limit": "resolve", "threshold": "75%", "target": "4h", "due_at": "noon"})
VALUES = {"case_id": "T-1", "status": "in_progress", "subject": "No VPN", "name": "Anna", "assignee": "bob"}
TIERS = {"process": {"name": "acme"}, "tiers": [{"level": 1, "name": "First"}]}


def book(*messages, texts=None, **rules):
    """Make a book of words."""
    return WordBook(messages, texts or {}, NotificationRules(**rules))


def house(to="assignee", language=""):
    """Give people of the house."""
    return Audience(to=to, of_house=True, language=language)


def customers(to="requester", language=""):
    """Give people outside."""
    return Audience(to=to, of_house=False, language=language)


# -- judged


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, r"MessageTemplate.text: is missing; say a subject, a text, or both"),
        ({"text": "$asignee"}, r"MessageTemplate.text: names 'asignee', which does not exist; possible are: agent,"),
        ({"text": "for 5$"}, r"MessageTemplate.text: has a '\$' that begins no name; write '\$\$' for a dollar"),
        ({"subject": "$Case_ID"}, r"MessageTemplate.subject: names 'Case_ID', which does not exist"),
        ({"subject": "x" * 10_001}, r"MessageTemplate.subject: has 10001 characters; at most 10000 are possible"),
        ({"text": "\0"}, r"MessageTemplate.text: contains U\+0000"),
        ({"text": 7}, r"MessageTemplate.text: must be a text, not int"),
        ({"text": "x", "language": "deutsch!"}, r"MessageTemplate.language: must be the tag of a language"),
        ({"text": "x", "engine": "mako"}, r"MessageTemplate.engine: must be one of: string, jinja2, not 'mako'"),
        ({"text": "$tier", "to": "requester"}, r"names 'tier', which is not for customers; possible are: agent,"),
        ({"text": "$assignee", "to": "customers"}, r"names 'assignee', which is not for customers"),
        ({"text": "{{ note }}", "engine": "jinja2"}, r"names 'note', which does not exist"),
        ({"text": "{% if %}", "engine": "jinja2"}, r"is no template of Jinja2: line 1: Expected an expression"),
        ({"text": "{{ what|nix }}", "engine": "jinja2"}, r"is no template of Jinja2: line 1: No filter named 'nix'"),
        ({"text": f"{{{{ 1{'+1' * 4900} }}}}", "engine": "jinja2"}, r"is no template of Jinja2: maximum recursion"),
        ({"text": "{% include 'x' %}", "engine": "jinja2"}, r"refers to another template"),
        ({"text": "{{ 1 / 0 }}", "engine": "jinja2"}, r"cannot be filled in: division by zero"),
        ({"text": "{{ what.__class__.__mro__ }}", "engine": "jinja2"}, r"cannot be filled in: access to attribute"),
        ({"text": "{{ tier.size }}", "engine": "jinja2"}, r"cannot be filled in: 'str object' has no attribute 'size'"),
    ],
)  # fmt: skip
def test_template_that_could_not_be_filled_in_is_refused(said, problem):
    """The fault says which field, what it names, and what is possible."""
    with pytest.raises(PolicyConfigError, match=problem):
        MessageTemplate(**said)


@pytest.mark.parametrize("engine", ["string", "jinja2"])
def test_template_may_name_everything_that_is_listed(engine):
    """Every name is filled in, and one of which nothing is known is empty."""
    mark = "${%s}" if engine == "string" else "{{ %s }}"
    template = MessageTemplate(text="|".join(mark % name for name in FOR_HOUSE), engine=engine)
    text = book(template).write(LATE, house(), {name: f"<{name}>" for name in FOR_HOUSE}).text
    bare = book(template).write(LATE, house(), {}).text

    shown = dict(zip(FOR_HOUSE, text.split("|"), strict=True))
    assert {name: f"<{name}>" for name in FOR_HOUSE} | {"status": "<status>", "what": str(LATE)} == shown
    assert {str(LATE), ""} == set(bare.split("|"))


def test_template_of_jinja_needs_its_extra(monkeypatch):
    """Without it the fault says what to install."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    engine_of.cache_clear()
    try:
        with pytest.raises(PolicyConfigError, match=r"needs Jinja2; install it with: pip install 'supporttiers\[templ"):
            MessageTemplate(text="x", engine="jinja2")
    finally:
        engine_of.cache_clear()


FAULTS = [
    ({"messages": [{"text": "$x"}]}, ["messages[0].text: names 'x', which does not exist; possible are:"]),
    ({"messages": [{"text": "a", "subjct": "b"}]}, ["messages[0].subjct: is not known here; did you mean 'subject'?"]),
    ({"messages": [{"text": "a"}, {"text": "b"}]}, ["messages[1]: is for the same as messages[0]: to, reason and"]),
    (
        {"messages": [{"text": "a", "language": "pt_BR"}, {"text": "b", "language": "pt-br"}]},
        ["messages[1]: is for the same as messages[0]"],
    ),
    ({"messages": "x"}, ["messages: must be a list of tables, not str"]),
    (
        {"messages": [{"text": "a", "to": f"r{place}"} for place in range(501)]},
        ["messages: has 501 templates; at most 500 are possible"],
    ),
    ({"messages": [{"text": "x" * 10_001}]}, ["messages[0].text: has 10001 characters; at most 10000 are possible"]),
    ({"texts": 1}, ["texts: must be a table of languages, not int"]),
    ({"texts": {"de": "x"}}, ["texts.de: must be a table of texts by the codes of reasons, not str"]),
    ({"texts": {"": {}, "german!": {}}}, ["texts.: must be the tag of a language", "texts.german!: must be the tag"]),
    ({"texts": {"de": {"move.limit": 7}}}, ["texts.de.move.limit: must be a text, not int"]),
    (
        {"texts": {"de": {"move.limt": "x"}}},
        ["texts.de.move.limt: is no code of a reason; did you mean 'move.limit'?"],
    ),
    ({"texts": {"de": {"status.zzzzzz": "x"}}}, ["texts.de.status.zzzzzz: is no code of a reason"]),
    (
        {"texts": {"de": {"move.manual": "von {who}"}}},
        ["texts.de.move.manual: names 'who', which it does not have; possible are: by"],
    ),
    ({"texts": {"de": {"move.manual": "{by.id}"}}}, ["texts.de.move.manual: may name parameters as in '{limit}' only"]),
    ({"texts": {"de": {"move.manual": "{by:>9}"}}}, ["texts.de.move.manual: may name parameters as in '{limit}' only"]),
    ({"texts": {"de": {"move.manual": "{by!x}"}}}, ["texts.de.move.manual: may name parameters as in '{limit}' only"]),
    ({"texts": {"de": {"acme.own": "{0}"}}}, ["texts.de.acme.own: may name parameters as in '{limit}' only"]),
    ({"texts": {"de": {"move.manual": "{by"}}}, ["texts.de.move.manual: cannot be read: "]),
    (
        {"texts": {"de": {f"acme.c{place}": "x" for place in range(5001)}}},
        ["texts: has 5001 texts; at most 5000 are possible"],
    ),
    (
        {"messages": [{"text": "a", "reason": "inform.enough"}]},
        ["messages[0].reason: is said behind other texts, in no template; say it in your words in the texts of a"],
    ),
    ({"messages": [{"text": "a", "reason": "move.limt"}]}, ["messages[0].reason: is no code of a reason; did you"]),
    ({"notifications": {"for_customers": ["move.limt"]}}, ["notifications.for_customers: is no code of a reason"]),
    ({"notifications": {"zone": "Berlin"}}, ["notifications.zone: must be the IANA name of a time zone"]),
    ({"notifications": {"zone": "localtime"}}, ["notifications.zone: must be the IANA name of a time zone"]),
    ({"notifications": {"quiet_hours": "22-7"}}, ["notifications.quiet_hours: must be the hours of every day"]),
    ({"notifications": {"daily_limit": 0}}, ["notifications.daily_limit: is 0; possible is 1 to 1000"]),
    ({"notifications": {"together_within": "soon"}}, ["notifications.together_within: "]),
    ({"notifications": {"urgent": {"priority": {"at_least": "huge"}}}}, ["notifications.urgent: "]),
    ({"notifications": {"urgent": {"pririty": "high"}}}, ["notifications.urgent.pririty: "]),
]


@pytest.mark.parametrize(("words", "faults"), FAULTS)
def test_words_are_judged_with_the_process(words, faults):
    """Every fault has its place, as those of all other parts."""
    with pytest.raises(ProcessError) as refused:
        SupportProcess.from_data(TIERS | words)

    assert len(faults) == len(refused.value.faults)
    for fault, found in zip(faults, map(str, refused.value.faults), strict=True):
        assert found.startswith(fault)


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"messages": "x"}, "messages: must be a collection of MessageTemplate, not str"),
        ({"messages": ["x"]}, "messages[0]: must be a MessageTemplate, not str"),
        ({"texts": {"de": {7: "x"}}}, "texts.de.7: must be a text, not str"),
        ({"notifications": "x"}, "notifications: must be NotificationRules, not str"),
    ],
)
def test_words_are_judged_in_python_too(parts, fault):
    """What is none of ours at all has a place as well."""
    tiers = SupportProcess.from_data(TIERS).tiers
    with pytest.raises(ProcessError) as refused:
        SupportProcess(name="acme", tiers=tiers, **parts)

    assert fault in [str(each) for each in refused.value.faults]


def test_words_with_unreadable_priorities_are_not_judged_by_them():
    """One thing wrong gives one fault."""
    process = {"process": {"name": "acme", "priorities": 7}}
    with pytest.raises(ProcessError) as refused:
        SupportProcess.from_data(TIERS | process | {"notifications": {"urgent": {"priority": {"at_least": "p1"}}}})

    assert ["process.priorities"] == [fault.place for fault in refused.value.faults]


def test_template_for_nearly_a_role_is_suspicious():
    """It may be a word of the house's own, so that it is no fault; most often it is a slip of the pen."""
    messages = [{"to": to, "text": "x"} for to in ("lead", "asignee", "customer", "requester")]
    process = SupportProcess.from_data(TIERS | {"messages": messages})

    assert [("messages[1].to", "assignee"), ("messages[2].to", "customers")] == [
        (finding.place, finding.reason.params["near"])
        for finding in process.check()
        if finding.code == "check.message_to"
    ]


def test_words_are_not_of_the_revision():
    """What is said decides nothing: a corrected word makes no new process, and none is kept with the cases."""
    plain = SupportProcess.from_data(TIERS)
    words = {
        "messages": [{"to": "requester", "subject": "[$case_id]", "text": "x" * 5000, "language": "de"}],
        "texts": {"de": {"move.limit": "Frist {limit} erreicht", "acme.own": "eigenes {thing}"}},
        "notifications": {"quiet_hours": "22:00-07:00", "together_within": "5m", "urgent": {"priority": ["critical"]}},
    }
    spoken = SupportProcess.from_data(TIERS | words)

    assert (plain.revision, plain.to_json()) == (spoken.revision, spoken.to_json())
    assert spoken == SupportProcess.from_data(spoken.to_data()) != plain
    assert spoken.messages == SupportProcess(name="acme", tiers=plain.tiers, messages=spoken.messages).messages


# -- found


@pytest.mark.parametrize(
    ("audience", "text"),
    [
        (house("assignee"), "assignee late"), (house("owner"), "any late"), (house("requester"), "requester late"),
        (house("lead", "de"), "any late"), (customers(), "requester late"), (customers("watchers"), "customers"),
        (customers("watchers", "de-AT"), "Kunden"), (customers("watchers", "fr"), "customers"),
        (customers("anna"), "customers"),
    ],
)  # fmt: skip
def test_most_exact_template_counts(audience, text):
    """By reason before role, and by language last; customers are told nothing that was written for the house."""
    found = book(
        MessageTemplate(text="any"), MessageTemplate(text="beliebig", language="de"),
        MessageTemplate(text="assignee", to="assignee"), MessageTemplate(text="customers", to="customers"),
        MessageTemplate(text="Kunden", to="customers", language="de"),
        MessageTemplate(text="any late", reason="move.limit"),
        MessageTemplate(text="assignee late", to="assignee", reason="move.limit"),
        MessageTemplate(text="requester late", to="requester", reason="move.limit"),
        MessageTemplate(text="watchers", to="watchers"),
    ).write(LATE, audience, VALUES)  # fmt: skip

    assert text == found.text


@pytest.mark.parametrize(
    ("language", "own", "text"),
    [
        ("pt-BR", None, "pt"), ("pt-PT", None, "pt-pt"), ("PT_pt", None, "pt-pt"), ("fr", None, "none"),
        ("", None, "none"),
        ("fr", "de-CH", "de"), ("", "de", "de"), ("pt", "de", "pt"),
    ],
)  # fmt: skip
def test_languages_fall_back(language, own, text):
    """To the language without its region, then to that of the process, then to what is said in none."""
    found = book(
        *(MessageTemplate(text=tag, language=tag) for tag in ("pt", "pt-pt", "de")), MessageTemplate(text="none"),
        language=own,
    ).write(LATE, house(language=language), VALUES)  # fmt: skip

    assert text == found.text


@pytest.mark.parametrize(
    ("language", "what", "status"),
    [
        ("de-AT", "Frist 'resolve': 75%, {noch} ?", "in Arbeit"), ("en", str(LATE), "in progress"),
        ("", str(LATE), "in progress"),
    ],
)  # fmt: skip
def test_reasons_and_statuses_are_translated(language, what, status):
    """Where there is no translation they are English; a parameter that is missing does no harm."""
    texts = {"DE": {"move.limit": "Frist {limit!r}: {threshold}, {{noch}} {due_at}", "status.in_progress": "in Arbeit"}}
    late = Reason("move.limit", {"limit": "resolve", "threshold": "75%"}) if language == "de-AT" else LATE
    found = book(MessageTemplate(text="$what / $status"), texts=texts).write(late, house(language=language), VALUES)

    spoken = language if language == "de-AT" else ""
    assert (f"{what} / {status}", f"[T-1] {what}", spoken) == (found.text, found.subject, found.language)


@pytest.mark.parametrize(
    ("language", "own", "text", "spoken"),
    [
        ("fr-CA", None, "fr: retard", "fr-CA"), ("pt", "fr", "fr: retard", "fr"), ("it", None, "x: LATE", ""),
        ("it", "de", "x: spät", "de"), ("de", None, "x: spät", "de"), ("es-MX", "de", "es: LATE", "es-MX"),
    ],
)  # fmt: skip
def test_a_message_is_in_one_language(language, own, text, spoken):
    """The reason is said in the language of the template, and the notification says which one that is."""
    texts = {"fr": {"move.limit": "retard"}, "de": {"move.limit": "spät"}}
    templates = [MessageTemplate(text=f"{tag}: $what", language=tag) for tag in ("fr", "es")]
    found = book(*templates, MessageTemplate(text="x: $what"), texts=texts, language=own).write(
        LATE, house(language=language), VALUES
    )

    assert (text.replace("LATE", str(LATE)), spoken) == (found.text, found.language)


# -- what is not for customers


@pytest.mark.parametrize("code", sorted(CODES))
def test_customers_are_told_of_public_reasons_only(code):
    """Of all others only that there is news, in reason and words; their parameters are gone."""
    secret = dict.fromkeys(("by", "why", "limit", "agent", "text", "problem"), "SECRET")
    found = book(MessageTemplate(to="customers", text="$what")).write(Reason(code, secret), customers(), VALUES)

    public = code in FOR_CUSTOMERS
    assert (code if public else "inform.news") == found.reason.code
    assert public or "SECRET" not in f"{found.text}{found.subject}{found.reason}"


def test_process_may_say_which_reasons_are_for_customers():
    """It speaks of its own codes, and of ours; the template of the reason is found in any case."""
    ours = Reason("acme.survey", {"link": "https://example.com"})
    said = book(texts={"en": {"acme.survey": "see {link}"}}, language="en", for_customers=["acme.survey"])
    template = MessageTemplate(to="requester", reason="acme.survey", text="Please rate us.")

    assert "see https://example.com" == said.write(ours, customers(), VALUES).text
    assert ("Please rate us.", "inform.news") == (
        (found := book(template).write(ours, customers(), VALUES)).text, found.reason.code
    )  # fmt: skip


def test_templates_for_customers_have_public_values_only():
    """What they cannot name is not there."""
    assert {"agent", "case_id", "name", "status", "subject", "what"} == set(FOR_ALL)


# -- written


def test_subject_is_one_line_whatever_comes_with_the_values():
    """What follows a line break would be another header of a mail."""
    hostile = "Fire\r\nBcc: all@example.com\u2028X-A: 1\x00\x1b[31m\u202e"
    found = book(MessageTemplate(subject="$subject", text="$subject")).write(LATE, house(), {"subject": hostile})

    assert "Fire Bcc: all@example.com X-A: 1 [31m" == found.subject
    assert "\r" not in found.text
    assert "\x00" not in found.text
    assert "\x1b" not in found.text


def test_what_is_written_is_bounded():
    """However long what is filled in may be."""
    long = book(MessageTemplate(subject="$subject" * 9, text="$subject" * 99)).write(
        LATE, house(), {"subject": "x" * 500}
    )

    assert (500, MAX_WRITTEN) == (len(long.subject), len(long.text))
    assert ("…", "…") == (long.subject[-1], long.text[-1])


def test_what_is_said_behind_a_long_text_is_not_cut_off():
    """The text is, so that both have room; behind an empty one it stands alone."""
    words = book(MessageTemplate(text="$subject" * 99), MessageTemplate(reason="acme.none", text="$subject"))
    enough = Reason("inform.enough", {"limit": 3})
    long = words.write(LATE, house(), {"subject": "x" * 500}, enough=enough)

    assert (MAX_WRITTEN, True) == (len(long.text), long.text.endswith(f"…\n\n{enough}"))
    assert str(enough) == words.write(Reason("acme.none"), house(), {}, enough=enough).text


def test_template_that_fails_in_the_end_is_replaced(caplog):
    """People are told all the same, in plain words; the log names neither them nor the values."""
    template = MessageTemplate(text="{{ name[3] }}", subject="{{ subject }}", engine="jinja2")
    found = book(template).write(LATE, house(), VALUES | {"name": "Jo"})

    assert (str(LATE), "No VPN") == (found.text, found.subject)
    assert "a template could not be filled in: UndefinedError" in caplog.text
    assert "Jo" not in caplog.text


def test_process_writes_its_words():
    """A process has its book at hand, to see what will be said."""
    process = SupportProcess.from_data(TIERS | {"messages": [{"subject": "Case $case_id"}]})
    words = process.words.write(LATE, house(), VALUES)

    assert ("Case T-1", str(LATE)) == (words.subject, words.text)
    assert "No VPN" not in repr(words)
