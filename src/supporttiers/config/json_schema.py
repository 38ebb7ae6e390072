"""The JSON Schema of a process file, for editors that complete and check as one types."""

import re
from collections.abc import Mapping
from datetime import timedelta
from types import NoneType
from typing import Any, Final, get_args, get_origin

import attrs

from supporttiers._fields import PARTS
from supporttiers.actors import ActorKind
from supporttiers.calendars import ALWAYS_OPEN, WorkingHours
from supporttiers.calendars.holidays import ClosedDates
from supporttiers.config.calendars import FROM_COUNTRY, FROM_FILE, RECORDED
from supporttiers.config.settings import RESPONDERS, Settings
from supporttiers.config.writing import data_from
from supporttiers.contracts import VendorContract, breach_pattern
from supporttiers.decisions import Destination
from supporttiers.findings import KINDS, Ignore
from supporttiers.limits import (
    MEASURES,
    PRIORITY_RULES,
    REOPENING_RULES,
    SATISFIED_BY,
    Threshold,
    TimeLimit,
    action_pattern,
)
from supporttiers.links import MAX_TOLD
from supporttiers.match import FIELDS, Match
from supporttiers.policies import BUILT_IN
from supporttiers.policies.cascades import HAPPENINGS, Cascade
from supporttiers.policies.routing import OTHERWISE, Route
from supporttiers.tiers import Agreement, Status, Tier, TierKind
from supporttiers.words import MAX_TEMPLATE, MessageTemplate, NotificationRules
from supporttiers.words._templates import ENGINES

_Schema = dict[str, Any]

_NAME: Final[_Schema] = {"type": "string", "maxLength": 200, "pattern": r"\S"}
_LEVEL: Final[_Schema] = {"type": "integer", "minimum": 0, "maximum": 99}
_FLAG: Final[_Schema] = {"type": "boolean"}
_CONDITION: Final[_Schema] = {"$ref": "#/$defs/condition"}
_DURATION: Final[_Schema] = {"type": "string", "pattern": r"^\s*\+?(\d+[hms])+\s*$"}
_ALLOWED: Final[_Schema] = {
    "type": "string",
    "pattern": r"^\s*(\+?(\d+[hms])+|\d+ (business|calendar) days?|until close( of business day \d+)?)\s*$",
}
_MARK: Final[_Schema] = {"type": "string", "pattern": r"^(.*\d\s*%|\s*[+-]?(\d+[hms])+\s*)$"}
_SPAN: Final[_Schema] = {"type": "string", "pattern": r"^\s*(closed|\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2})\s*$"}
_HOURS: Final[_Schema] = {"anyOf": [_SPAN, {"type": "array", "items": _SPAN}]}
_DAYS: Final[_Schema] = {"type": "string", "pattern": r"^\s*(mon|tue|wed|thu|fri|sat|sun)\b"}
_DATE: Final[_Schema] = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_DAY: Final[_Schema] = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "format": "date"}
_YEAR: Final[_Schema] = {"type": "integer", "minimum": 1, "maximum": 9999}
_WISH: Final[_Schema] = {
    "type": "string",
    "pattern": r"^(resolve|resume|reopen|close|cancel|escalate|inform_management|notify:.+)$",
}
_LANGUAGE: Final[_Schema] = {"type": "string", "pattern": r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3})?$"}
_TEMPLATE: Final[_Schema] = {"type": "string", "maxLength": MAX_TEMPLATE}
_QUIET: Final[_Schema] = {
    "type": "string",
    "pattern": r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$",
}
_ACTION: Final[_Schema] = {"type": "string", "pattern": action_pattern()}
_TARGET: Final[_Schema] = {
    "anyOf": [_ALLOWED, {"type": "object", "minProperties": 1, "additionalProperties": _ALLOWED}]
}


def _list(of: _Schema, **more: int) -> _Schema:
    return {"type": "array", "items": of, **more}


def _words(words: Any) -> _Schema:  # noqa: ANN401 - a collection of texts, or an enumeration of them
    return {"enum": [str(word) for word in words]}


_SAID: Final[Mapping[type, Mapping[str, tuple[_Schema, str]]]] = {
    Settings: {
        "name": (_NAME, "The name of the process; cases remember it."),
        "calendar": (_NAME, "Whose working time limits measure that name no other: '24x7', or one of `calendars`."),
        "priorities": (_list(_NAME, minItems=1, maxItems=50), "The priorities, from the lowest to the highest."),
        "default_priority": (_NAME, "The priority of a case opened without one; the middle one (the lower of two)."),
        "in_flight": (
            _words(("pin", "live")),
            "Whether open cases keep the limits and calendars that they started with, or follow the newest revision.",
        ),
        "bounce_limit": (
            {"type": "integer", "minimum": 0, "maximum": 1000},
            "How often a case may go to and fro between two places before management is told.",
        ),
        "link_kinds": (_list(_NAME, maxItems=50), "The process's own kinds of links, besides the built-in ones."),
        "reply_resumes": (_FLAG, "Whether the requester's reply resumes a case that waits for the customer."),
        "reply_reopens": (_FLAG, "Whether the requester's reply reopens a resolved case."),
        "observes": (_FLAG, "Whether its rules only watch: nothing is done or sent by itself."),
        "on_priority_change": (
            _words(PRIORITY_RULES),
            "What becomes of a running clock whose target changes, where its limit does not say.",
        ),
        "on_reopening": (
            _words(REOPENING_RULES),
            "What becomes of a clock at its goal when its case is reopened, where its limit does not say.",
        ),
        "response_by": (
            _list(_words(RESPONDERS), minItems=1, maxItems=4),
            "The kinds of actors whose public reply is an answer of the house.",
        ),
        "response_channels": (
            _list(_NAME, maxItems=50),
            "The channels on which a reply is an answer; all of them when left out.",
        ),
        "answered_channels": (
            _list(_NAME, maxItems=50),
            "The channels on which a case that the house opens for a requester is answered by that, such as 'phone'.",
        ),
        "entry": (
            {"anyOf": [{"const": "any"}, _list(_LEVEL, maxItems=99)]},
            "Levels at which a case may be opened besides the lowest staffed one, or 'any'; a vendor's below is first.",
        ),
        "moves": (
            {"enum": ["listed", "any"]},
            "Whether a case moves only as its tier lists, or to any higher and lower tier.",
        ),
        "reopen_from": (
            _list(_words(("resolved", "closed", "cancelled")), maxItems=6),
            "The ends from which a case may be reopened.",
        ),
        "transfer_when": (_list(_words(Status), maxItems=6), "The statuses in which a case may change tier or team."),
        "resolve_when": (_list(_words(Status), maxItems=6), "The statuses from which a case may be resolved."),
        "wait_reasons": (_list(_NAME, maxItems=50), "The process's own reasons for waiting, besides the built-in."),
    },
    WorkingHours: {
        "zone": (_NAME, "The IANA time zone in which the hours are meant, such as 'Europe/London'."),
        "week": (
            {"type": "object", "propertyNames": _DAYS, "additionalProperties": _HOURS},
            "The hours of days ('mon', 'mon-fri', 'sat,sun'): one text or several; days left out are closed.",
        ),
        "closed": (_list(_DATE, maxItems=5000), "Dates on which no shift starts."),
        "overrides": (
            {"type": "object", "maxProperties": 5000, "propertyNames": _DATE, "additionalProperties": _HOURS},
            "The hours of single dates, instead of those of the week.",
        ),
        "holidays": (
            {"anyOf": [{"$ref": "#/$defs/holidays"}, _list({"$ref": "#/$defs/holidays"}, maxItems=100)]},
            "More dates on which no shift starts, unless an override says otherwise: one table or several.",
        ),
    },
    ClosedDates: {
        "country": (_NAME, "A country's public holidays, by its ISO 3166-1 code."),
        "subdivision": (_NAME, "Of the country, where holidays differ."),
        "ics": ({"type": "string"}, "A calendar file; its path leads on from the process file."),
        "years": (
            _list(_YEAR, minItems=1),
            "For which years, without a gap; with `ics` needed only where events come back without an end.",
        ),
        "source": (_NAME, "Of dates that were taken from somewhere before: where from."),
        "first": (_YEAR, "The first year that these dates cover."),
        "last": (_YEAR, "The last year that these dates cover."),
        "dates": (_list(_DATE, maxItems=5000), "These dates."),
    },
    Tier: {
        "level": (_LEVEL, "0 to 99; a higher level has more skill."),
        "name": (_NAME, "What people call the tier."),
        "kind": (_words(TierKind), "Who works there."),
        "teams": (_list(_NAME, maxItems=1000), "Its teams; a case that arrives without a team named gets the first."),
        "vendor": (_NAME, "For a vendor tier: the name of the vendor's gateway."),
        "escalates_to": (_list(_LEVEL, maxItems=99), "Levels to which a case may go up; the first is the default."),
        "hands_back_to": (_list(_LEVEL, maxItems=99), "Levels to which a case may go back; the first is the default."),
        "time_limit": (_DURATION, "Short for an OLA limit on this tier whose breach escalates, such as '15m'."),
        "calendar": (_NAME, "Whose working time limits on this tier measure; the process's when left out."),
        "returns_to": (_LEVEL, "For a vendor tier: the level to which the vendor's answer brings a case."),
    },
    TimeLimit: {
        "name": (_NAME, "The name of the limit, unique in its process."),
        "agreement": (_words(Agreement), "With the customer (sla), between tiers (ola), or with a vendor (uc)."),
        "measures": (_words(MEASURES), "What is measured: a named set of the six conditions below."),
        "tier": (_LEVEL, "For measures = 'tier': which level."),
        "vendor": (_NAME, "For the measures of vendors: which one; any of them when left out."),
        "when": (_CONDITION, "Which cases it watches; all of them when left out."),
        "start": (_CONDITION, "A stopwatch runs while this holds; replaces what 'measures' says, as do the next five."),
        "pause": (_CONDITION, "The stopwatch stands still."),
        "resume": (_CONDITION, "The stopwatch runs again even though pause holds."),
        "stop": (_CONDITION, "The stopwatch has reached its goal."),
        "reset": (_CONDITION, "With start: the old stopwatch is completed, and a new one started."),
        "cancel": (_CONDITION, "The stopwatch counts no longer."),
        "target": (
            _TARGET,
            "Working time ('8h') or days ('2 business days'): one, or one for each priority with '*' for the rest.",
        ),
        "calendar": (_NAME, "Whose working time; its tier's calendar, or the process's, when left out."),
        "thresholds": (
            _list({"$ref": "#/$defs/threshold"}, maxItems=32),
            "What happens on the way, in order.",
        ),
        "satisfied_by": (
            _list(_words(SATISFIED_BY), minItems=1, maxItems=3),
            "For the two responses: what counts as the answer; 'reply' and 'resolved' when left out.",
        ),
        "pause_while_vendor": (_FLAG, "Whether the clock stands still while a vendor has the case."),
        "on_priority_change": (
            _words(PRIORITY_RULES),
            "What becomes of the running clock when its target changes; the process's choice when left out.",
        ),
        "on_reopening": (
            _words(REOPENING_RULES),
            "What becomes of the clock that had reached its goal; the process's choice when left out.",
        ),
    },
    Threshold: {
        "at": (_MARK, "A share of the target ('75%'), or working time before ('-15m') or after ('1h') the target."),
        "do": (_list(_ACTION, maxItems=16), "What to do, in order: 'notify:manager', 'escalate', or another command."),
        "hold": (_FLAG, "Whether people are told in working time only: outside it, at the next opening."),
        "unless": ({**_CONDITION, "minProperties": 1}, "'notify' tells nobody once the case meets this."),
    },
    VendorContract: {
        "vendor": (_NAME, "The name of the vendor's gateway; one contract with each."),
        "calendar": (_NAME, "Whose working time its times are; the process's when left out."),
        "acknowledge": (_TARGET, "How long the vendor may take to take a request up, from the dispatch."),
        "update": (_TARGET, "How long the vendor may say nothing; begins again with every word of the vendor."),
        "resolve": (_TARGET, "How long the vendor may take to answer, from the dispatch."),
        "on_breach": (
            _list({"type": "string", "pattern": breach_pattern()}, maxItems=16),
            "What happens when one of these times is over: 'remind', 'escalate_at_vendor', 'hand_back' and the like.",
        ),
        "covers": ({**_CONDITION, "minProperties": 1}, "Which cases it is about; all of them when left out."),
        "starts": (_DAY, "The first day on which anything is dispatched."),
        "ends": (_DAY, "The last day on which anything is dispatched."),
        "stale_after": (_DURATION, "After how long it is an alarm that the vendor cannot be asked about a ticket."),
        "messages_a_day": (
            {"type": "integer", "minimum": 1, "maximum": MAX_TOLD},
            "How often the vendor is told something about one case in 24 hours, requests included.",
        ),
        "withdraw": (_FLAG, "Whether open tickets are withdrawn when the case ends in the house."),
    },
    Route: {
        "when": (
            {"anyOf": [{**_CONDITION, "minProperties": 1}, {"const": OTHERWISE}]},
            "Which new cases; 'otherwise', in the last route, stands for all that no other has taken.",
        ),
        "to": ({"$ref": "#/$defs/destination"}, "Where they go."),
    },
    Cascade: {
        "link": (_NAME, "The kind of the links by which other cases are linked to the case."),
        "on": (_words(HAPPENINGS), "What happens to the case; 'workaround' when one becomes known."),
        "do": (_list(_WISH, minItems=1), "What each linked case is told to do: 'resolve', 'resume', 'notify:owner'."),
        "when": ({**_CONDITION, "minProperties": 1}, "Only when the case meets this."),
        "among": ({**_CONDITION, "minProperties": 1}, "Only those linked cases that meet this."),
    },
    MessageTemplate: {
        "to": (_NAME, "For whom: a role, a word of your own, or 'customers'; all people of the house when left out."),
        "reason": (_NAME, "For which reason, by its code; any when left out."),
        "language": (_LANGUAGE, "In which language; whatever others have no template for when left out."),
        "subject": (_TEMPLATE, "One line, with names such as '$case_id'."),
        "text": (_TEMPLATE, "What to tell, with names such as '$what'."),
        "engine": (_words(ENGINES), "Which kind of templates these are."),
    },
    NotificationRules: {
        "language": (_LANGUAGE, "Of those whose language nobody knows; English where none is said."),
        "quiet_hours": (_QUIET, "When nobody is told, every day; those of a contact go before them."),
        "zone": (_NAME, "The time zone of quiet hours, where a contact has none."),
        "urgent": (_CONDITION, "Cases about which people are told at once all the same."),
        "together_within": (_DURATION, "What comes within so long of a first message is told with it."),
        "daily_limit": (
            {"type": "integer", "minimum": 1, "maximum": 1000},
            "So many messages one recipient gets about one case in 24 hours, in all.",
        ),
        "for_customers": (
            _list(_NAME, maxItems=200),
            "The codes of reasons of which customers may be told, besides those that are made for them.",
        ),
    },
    Ignore: {
        "code": (_words(KINDS), "The code of the finding."),
        "place": (_NAME, "Where, such as 'tiers[1]'; places inside of it count, too. Anywhere when left out."),
        "reason": (_NAME, "Why it is meant."),
    },
    Destination: {
        "tier": (_LEVEL, "A level of the process at which a case may be opened."),
        "team": (_NAME, "One of the tier's teams; its first when left out."),
        "tags": (_list(_NAME, maxItems=50), "Tags that the case gets."),
    },
}  # fmt: skip
"""Type and meaning of every key, by the part that it belongs to."""


def json_schema() -> dict[str, Any]:
    """
    Give the JSON Schema (2020-12) of a process file.

    What it refuses, `SupportProcess.from_toml` refuses too, and that refuses more: whether names lead somewhere, for
    one, no schema can say.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A support process of supporttiers",
        "type": "object",
        "required": ["process", "tiers"],
        "additionalProperties": False,
        "properties": {
            "process": {"$ref": "#/$defs/process", "description": "What holds for the whole process."},
            "calendars": {
                "type": "object",
                "propertyNames": {**_NAME, "not": {"const": ALWAYS_OPEN}},
                "additionalProperties": {"$ref": "#/$defs/calendar"},
                "description": "Working hours by their names, besides '24x7'.",
            },
            "tiers": {**_list({"$ref": "#/$defs/tier"}, minItems=1), "description": "The tiers, one table for each."},
            "limits": {**_list({"$ref": "#/$defs/limit"}), "description": "The time limits, one table for each."},
            "contracts": {
                **_list({"$ref": "#/$defs/contract"}),
                "description": "What is agreed with vendors, one table for each vendor.",
            },
            "routes": {
                **_list({"$ref": "#/$defs/route"}),
                "description": "Where new cases go; the first route whose condition holds counts.",
            },
            "policies": {
                **_list({"$ref": "#/$defs/policy"}),
                "description": "Rules besides the routes, one table for each, by the name of their class.",
            },
            "cascades": {
                **_list({"$ref": "#/$defs/cascade"}),
                "description": "What happens to the cases that link to a case; all that apply count.",
            },
            "messages": {
                **_list({"$ref": "#/$defs/message"}, maxItems=500),
                "description": "The words in which people are told; the template that speaks most exactly counts.",
            },
            "texts": {
                "type": "object",
                "propertyNames": _LANGUAGE,
                "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
                "description": "The texts of reasons in other languages, by the codes of reasons.",
            },
            "notifications": {
                "$ref": "#/$defs/notifications",
                "description": "When and how often people are told.",
            },
            "check": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "ignore": {
                        **_list({"$ref": "#/$defs/ignore"}),
                        "description": "Findings that are known and meant, and that a check leaves out.",
                    },
                },
                "description": "What a check of the process leaves out.",
            },
        },
        "$defs": {
            "process": _table(Settings),
            "calendar": _calendar(),
            "holidays": _holidays(),
            "tier": _table(Tier),
            "limit": _table(TimeLimit),
            "contract": _table(VendorContract),
            "threshold": _table(Threshold),
            "route": _table(Route),
            "destination": _table(Destination),
            "policy": _policy(),
            "cascade": _table(Cascade),
            "message": {**_table(MessageTemplate), "anyOf": [{"required": ["subject"]}, {"required": ["text"]}]},
            "notifications": _table(NotificationRules),
            "ignore": _table(Ignore),
            "condition": _condition(),
            "compared": {
                "anyOf": [{"$ref": "#/$defs/value"}, *(_comparison(word) for word in ("not", "at_least", "at_most"))]
            },
            "value": {"anyOf": [{"type": ["string", "number", "boolean", "null"]}, {"$ref": "#/$defs/values"}]},
            "values": {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean", "null"]}},
        },
    }


def _table(kind: Any) -> _Schema:  # noqa: ANN401 - any attrs class
    fields = attrs.fields(kind)
    return {
        "type": "object",
        "required": [field.name for field in fields if field.default is attrs.NOTHING],
        "additionalProperties": False,
        "properties": {field.name: _property(field, *_SAID[kind][field.name]) for field in fields},
    }


def _calendar() -> _Schema:
    said = _described(WorkingHours)
    said["zone"]["default"] = "UTC"
    return {"type": "object", "required": ["week"], "additionalProperties": False, "properties": said}


def _holidays() -> _Schema:
    kinds = (FROM_COUNTRY, FROM_FILE, RECORDED)
    needed = (("country", "years"), ("ics",), RECORDED)
    return {
        "type": "object",
        "properties": _described(ClosedDates),
        "anyOf": [
            {"required": [*required], "propertyNames": {"enum": [*known]}}
            for known, required in zip(kinds, needed, strict=True)
        ],
    }


def _described(kind: type) -> dict[str, _Schema]:
    return {key: {"description": sentence, **schema} for key, (schema, sentence) in _SAID[kind].items()}


def _property(field: "attrs.Attribute[Any]", schema: _Schema, sentence: str) -> _Schema:
    described = {"description": sentence, **schema}
    if field.default not in (attrs.NOTHING, None, ()) and not callable(getattr(field.default, "factory", None)):
        described["default"] = data_from(field.default)
    return described


def _policy() -> _Schema:
    """Describe the built-in policies, each by its `use`; those of one's own have fields that no schema knows."""
    kinds = sorted(BUILT_IN.items())
    return {
        "type": "object",
        "required": ["use"],
        "properties": {
            "use": {"description": "The name of the policy's class.", "type": "string", "examples": [*BUILT_IN]},
            "revision": {"description": "The revision of a class of your own; the newest when left out."},
        },
        "allOf": [
            {"if": {"properties": {"use": {"const": use}}, "required": ["use"]}, "then": _of_policy(kind)}
            for use, kind in kinds
        ],
    }


def _of_policy(kind: Any) -> _Schema:  # noqa: ANN401 - any attrs class
    table = _part(kind)
    table["properties"] = {"use": True, "revision": True, "answers": True, **table["properties"]}
    return table


def _part(kind: Any) -> _Schema:  # noqa: ANN401 - any attrs class
    """Describe a part of a policy by its annotations, and by the sentences of its docstring."""
    fields = attrs.fields(attrs.resolve_types(kind))
    said = _sentences(kind)
    return {
        "type": "object",
        "required": [field.name for field in fields if field.default is attrs.NOTHING],
        "additionalProperties": False,
        "properties": {field.name: _property(field, _type_of(field), said.get(field.name, "")) for field in fields},
    }


_TYPES: Final[Mapping[Any, _Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: _FLAG,
    timedelta: _DURATION,
    Match: _CONDITION,
    Destination: {"$ref": "#/$defs/destination"},
    ActorKind: _words(ActorKind),
}


def _type_of(field: "attrs.Attribute[Any]") -> _Schema:
    if PARTS in field.metadata:
        return _list(_part(field.metadata[PARTS]))
    if get_origin(field.type) is tuple:
        member = dict(_TYPES.get(get_args(field.type)[0], {}))
        return {"anyOf": [member, _list(member)]} if get_args(field.type)[0] is int else _list(member)
    kinds = [kind for kind in get_args(field.type) or (field.type,) if kind is not NoneType]
    if timedelta in kinds and len(kinds) > 1:  # durations, or days of work or of the calendar
        return {"type": "string"}
    return dict(_TYPES.get(kinds[0], {})) if len(kinds) == 1 else {}


def _sentences(kind: type) -> Mapping[str, str]:
    """Read what the docstring says of each attribute."""
    _, _, said = (kind.__doc__ or "").partition("Attributes:")
    found = re.findall(r"^        (\w+): (.+?)(?=\n        \w+: |\n\n|\Z)", said, flags=re.DOTALL | re.MULTILINE)
    return {name: " ".join(sentence.split()) for name, sentence in found}


def _condition() -> _Schema:
    compared = {"$ref": "#/$defs/compared"}
    nested = {
        "all": {"description": "Conditions that must all hold.", **_list(_CONDITION)},
        "any": {"description": "Conditions of which one must hold.", **_list(_CONDITION)},
    }
    return {
        "type": "object",
        "description": "A condition on a case: a value, a list of possible values, or a comparison for each field.",
        "additionalProperties": False,
        "properties": {**dict.fromkeys(FIELDS, compared), **nested},
        "patternProperties": {r"^(attributes|facts)\..": compared},
    }


def _comparison(word: str) -> _Schema:
    return {
        "type": "object",
        "required": [word],
        "additionalProperties": False,
        "properties": {word: {"$ref": "#/$defs/value"}},
    }
