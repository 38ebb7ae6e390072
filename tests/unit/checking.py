"""Small processes for the tests of checks, in which nothing is wrong but what a test puts there."""

from supporttiers import SupportProcess

TELL = [{"at": "100%", "do": ["notify:manager"]}]
STEPS = {
    "use": "supporttiers.inform-in-steps", "title": "quiet", "when": {"status": "waiting"},
    "steps": [{"after": "72h", "tell": "manager"}],
}  # fmt: skip
"""Tells of whoever waits, so that no case can wait for ever."""

ONE = {"level": 1, "name": "One", "escalates_to": [2]}
TWO = {"level": 2, "name": "Two", "escalates_to": [3]}
THREE = {"level": 3, "name": "Three"}
BACK = {**THREE, "hands_back_to": [1]}
SLA = {"name": "resolve", "target": "8h", "thresholds": TELL}
OFFICE = {"zone": "UTC", "week": {"mon-fri": "09:00-17:00"}}
WITH_VENDOR = [ONE, {"level": 2, "name": "Supplier", "kind": "vendor", "vendor": "acme", "hands_back_to": [1]}]
UC = {"name": "contract", "agreement": "uc", "measures": "vendor", "thresholds": TELL}
HAND_OFF = "supporttiers.permit-by-hand-off"
RULES = "supporttiers.permit-by-rules"


def of_tier(level, target, *do, **fields):
    """Give a limit of a tier."""
    thresholds = [{"at": "100%", "do": list(do) or ["notify:manager"]}]
    given = {"name": f"at {level}", "agreement": "ola", "measures": "tier", "tier": level, "target": target}
    return {**given, "thresholds": thresholds, **fields}


def built(*, tiers=(ONE, TWO, THREE), limits=(SLA,), policies=(), calendars=None, contracts=(), ignore=(), **settings):
    """Give a process in which nothing is wrong but what is said: a limit runs, and somebody is told of who waits."""
    return SupportProcess.from_data({
        "process": {"name": "small", **settings}, "tiers": list(tiers), "limits": list(limits),
        "contracts": list(contracts), "policies": [*policies, STEPS], "calendars": calendars or {},
        "check": {"ignore": list(ignore)},
    })  # fmt: skip


def codes(process, **how):
    """Give code and place of everything that is found."""
    return [(found.code.removeprefix("check."), found.place) for found in process.check(**how)]


def policy(use, *rules, **fields):
    """Give a policy with rules, or requirements."""
    return {"use": use, ("requirements" if use == HAND_OFF else "rules"): list(rules), **fields}
