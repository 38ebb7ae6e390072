"""The JSON Schema of scenario files, for editors that complete and check as one types."""

from typing import Any, Final

import attrs

from supporttiers.actors import ActorKind
from supporttiers.config.json_schema import json_schema as process_schema
from supporttiers.links import Attachment, VendorStatus
from supporttiers.testing.scenarios.reading import DOINGS, MAX_SCENARIOS, MAX_STEPS, keys_of

_Schema = dict[str, Any]
_TEXT: Final[_Schema] = {"type": "string"}
_TEXTS: Final[_Schema] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_TO_WHOM: Final[_Schema] = {"anyOf": [{"const": True}, _TEXT, {"type": "array", "items": _TEXT}]}
_COUNT: Final[_Schema] = {"type": "integer", "minimum": 0}
_CONDITION: Final[_Schema] = {"$ref": "#/$defs/condition"}
_CONDITIONS: Final[_Schema] = {"anyOf": [_CONDITION, {"type": "array", "items": _CONDITION}]}
_SPAN: Final[_Schema] = {"type": "string", "pattern": r"^\s*\+?(\d+[hms])+\s*$"}
_WHEN: Final[_Schema] = {"type": "string", "minLength": 1}
_OF_TABLES: Final = ("condition", "compared", "value", "values")


def json_schema() -> _Schema:
    """Give the schema of a scenario file."""
    known: _Schema = process_schema()["$defs"]
    steps = {"type": "array", "minItems": 1, "maxItems": MAX_STEPS, "items": {"$ref": "#/$defs/step"}}
    several = {"type": "array", "minItems": 1, "maxItems": MAX_SCENARIOS, "items": {"$ref": "#/$defs/scenario"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenarios of supporttiers",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "scenario": {**_table(_setting()), "description": "The scenario, or what all scenarios have in common."},
            "steps": {**steps, "description": "What is done when, and what is so then."},
            "scenarios": {**several, "description": "Several scenarios, each with steps of its own."},
        },
        "oneOf": [{"required": ["steps"]}, {"required": ["scenarios"]}],
        "$defs": {
            "scenario": {**_table({**_setting(), "steps": steps}), "required": ["steps"]},
            "step": _table(_step()),
            "then": _then(known["condition"]),
            "told": {"anyOf": [_TEXT, _table({**_told(), "after": _WHEN, "before": _WHEN})]},
            "script": {"type": "array", "items": _table(_says())},
            "never": _table({**_rule(), **_watched()}),
            "always": _table(_rule()),
            **{name: known[name] for name in _OF_TABLES},
        },
    }


def _table(properties: _Schema) -> _Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _said(sentence: str, schema: _Schema) -> _Schema:
    return {"description": sentence, **schema}


def _setting() -> _Schema:
    script = {"$ref": "#/$defs/script"}
    flaky = _table({"says": script, "failures": _COUNT, "lost": _COUNT, "silent": _COUNT})
    return {
        "title": _said("What the scenario is called.", _TEXT),
        "process": _said("The path of the process file; it leads on from this file.", _TEXT),
        "start": _said("When it begins: '2026-03-20 16:50', in the scenario's zone unless it has an offset.", _WHEN),
        "zone": _said("The IANA time zone of its times; that of the process's working time when left out.", _TEXT),
        "directory": _said("The path of a file of people; it leads on from this file.", _TEXT),
        "vendors": _said(
            "By the name of a vendor what it says of each ticket; silent when left out.",
            {"type": "object", "additionalProperties": {"anyOf": [script, flaky]}},
        ),
        "facts": _said("By name what is known from outside, about everybody.", {"type": "object"}),
        "never": _said("What must never be so.", {"type": "array", "items": {"$ref": "#/$defs/never"}}),
        "always": _said("What must always be so.", {"type": "array", "items": {"$ref": "#/$defs/always"}}),
        "policies": _said("Classes of policies of your own: 'mypkg.rules:ByPlan'.", {"type": "array", "items": _TEXT}),
        "plugins": _said("Names of plugins, which are modules.", {"type": "array", "items": _TEXT}),
    }


def _step() -> _Schema:
    own: _Schema = {name: True for doing in DOINGS for name in keys_of(doing)}
    actor = _table({"id": _TEXT, "kind": {"enum": [str(kind) for kind in ActorKind]}, "roles": _TEXTS})
    files = {"type": "array", "items": {"anyOf": [_TEXT, _table(dict.fromkeys(attrs.fields_dict(Attachment), True))]}}
    return {
        **dict(sorted(own.items())),
        "attachments": _said("References to files.", files),
        "status": _said("With 'vendor_says': how far the vendor is.", {"enum": [str(each) for each in VendorStatus]}),
        "at": _said(
            "When: '09:20', 'Mon 09:20', '+15m' after the step before, or '2026-03-23 09:20'.", _WHEN
        ),
        "do": _said("What is done; when left out, only time passes.", {"enum": list(DOINGS)}),
        "case": _said("With which case; the one of the step before when left out.", _TEXT),
        "by": _said("Who does it: an id, or a table of id, kind and roles.", {"anyOf": [_TEXT, actor]}),
        "then": _said("What is so then.", {"$ref": "#/$defs/then"}),
    }  # fmt: skip


def _then(condition: _Schema) -> _Schema:
    told = {"$ref": "#/$defs/told"}
    several = {"anyOf": [told, {"type": "array", "items": told}]}
    return {
        **condition,
        "minProperties": 1,
        "description": "What is so after a step: a condition on the case, its way, and who was told.",
        "properties": {
            **condition["properties"],
            "path": _said("The way that the case has taken so far.", _TEXT),
            "told": _said("Who has been told something about it so far.", several),
            "not_told": _said("Who has not been told anything about it so far.", several),
            "refused": _said("The code of the reason for which it is refused, or several.", _TEXTS),
        },
    }


def _told() -> _Schema:
    return {"to": _TEXTS, "reason": _TEXTS, "notifier": _TEXTS, "text": _TEXT}


def _one_told() -> _Schema:
    return {"anyOf": [_TEXT, _table(_told())]}


def _watched() -> _Schema:
    told = {"anyOf": [_one_told(), {"type": "array", "items": _one_told()}]}
    return {
        "told": _said("That somebody is told something; of several one is enough.", told),
        "disclosed": _said("That private words are shown outside: true for anybody, or to whom.", _TO_WHOM),
    }


def _says() -> _Schema:
    return {"after": _SPAN, "status": {"enum": [str(each) for each in VendorStatus]}, "text": _TEXT}


def _rule() -> _Schema:
    return {
        "match": _said(
            "On the case; several in a list.", {"anyOf": [_CONDITION, {"type": "array", "items": _CONDITION}]}
        ),
        "when": _said("Only of cases, and while, this holds.", _CONDITION),
        "longer_than": _said("For how long in a row it may be otherwise.", _SPAN),
        "outside": _said("Only what lies outside of the hours of this calendar counts.", _TEXT),
        "within": _said("Only what lies within the hours of this calendar counts.", _TEXT),
        "name": _said("What the rule is called.", _TEXT),
    }
