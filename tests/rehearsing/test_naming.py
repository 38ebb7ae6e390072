"""Names in tests: misspelt ones are found by their looks, and whoever is of the house's own is left alone."""

from pathlib import Path

import pytest

from supporttiers import SupportProcess
from supporttiers.backends.directory.stored import StoredDirectory
from supporttiers.match import Match, Not
from supporttiers.monitors import Disclosed, Told, always, never
from supporttiers.testing.naming import known_to, misnamed, names_in

EXAMPLES = Path(__file__).parents[2] / "examples"
PROCESS = SupportProcess.from_text("""
process = { name = "clinic" }
tiers = [
  { level = 1, name = "Desk", teams = ["front"], escalates_to = [2], hands_back_to = [] },
  { level = 2, name = "Maker", kind = "vendor", vendor = "medscan", hands_back_to = [1] },
]
limits = [{ name = "late", target = "1h", thresholds = [{ at = "100%", do = ["notify:head_of_it", "escalate"] }] }]
contracts = [{ vendor = "medscan", acknowledge = "1h", on_breach = ["notify:quality", "remind"] }]
messages = [{ to = "buyers", subject = "$what" }, { subject = "$what" }]

[[policies]]
use = "supporttiers.inform-in-steps"
when = { priority = "high" }
steps = [{ after = "1h", tell = "lead_of_shift" }]

[[policies]]
use = "supporttiers.request-fix"
at = [10]
do = ["inform_management", "notify:developers"]

[[policies]]
use = "supporttiers.permit-by-rules"
rules = [{ verbs = ["close"], roles = ["principals"] }]
""")


@pytest.mark.parametrize(
    ("watched", "said"),
    [
        (never(Told("manger")), "told.to: 'manger' is not known here; did you mean 'manager'?"),
        (Told("head_of_It"), "told.to: 'head_of_It' is not known here; did you mean 'head_of_it'?"),
        (Told("qualty"), "told.to: 'qualty' is not known here; did you mean 'quality'?"),
        (Told("buyer"), "told.to: 'buyer' is not known here; did you mean 'buyers'?"),
        (Told("lead_off_shift"), "told.to: 'lead_off_shift' is not known here; did you mean 'lead_of_shift'?"),
        (Told("principal"), "told.to: 'principal' is not known here; did you mean 'principals'?"),
        (Told("developer"), "told.to: 'developer' is not known here; did you mean 'developers'?"),
        (Told("fronts"), "told.to: 'fronts' is not known here; did you mean 'front'?"),
        (never(Told("henrietta") | Match(tier=1)),
         "told.to: 'henrietta' is not known here; did you mean 'henriette'?"),
        (Told(reason="limit.rached"),
         "told.reason: 'limit.rached' is no code of a reason; did you mean 'limit.chain'?"),
        (Told(reason="refusd.move"), "told.reason: 'refusd.move' is no code of a reason; did you mean 'refused.move'?"),
        (Told(reason="fix.zzzzzzzzzzzz"),
         "told.reason: 'fix.zzzzzzzzzzzz' is no code of a reason; possible are: fix.asked"),
        (
            never(Disclosed("medscam")),
            (
                "disclosed: 'medscam' is no vendor of the process; did you mean 'medscan'? "
                "possible are: medscan, requester"
            ),
        ),
        (Match(any=[Match(team="fornt"), Match(tier=1)]),
         "match.team: 'fornt' is not known here; did you mean 'front'?"),
        (
            never(Match(tier=1), when=Match(vendors=Not("medscam"))),
            "when.vendors: 'medscam' is not known here; did you mean 'medscan'?",
        ),
        (Disclosed(["zz"]), "disclosed: 'zz' is no vendor of the process; possible are: medscan, requester"),
    ],
)  # fmt: skip
def test_misspelt_name_is_found(watched, said):
    """With the one that was probably meant."""
    assert [said] == [str(fault) for fault in misnamed(PROCESS, watched, ["henriette"])]


@pytest.mark.parametrize(
    "watched",
    [
        always(Match(tier=1)),
        always(Match(team=["front", "elsewhere", None], vendors="garage"), when=Match(vendors=None, tier=[1, 2])),
        never(Told()),
        Told(["manager", "head_of_it", "quality", "buyers", "lead_of_shift", "principals", "front", "agent-2"]),
        Told("somebody.else", reason=["move.limit", "acme.lift"], notifier="pager"),
        Disclosed(["requester", "medscan", "other"]),
        Disclosed(),
    ],
)
def test_names_of_the_house_are_left_alone(watched):
    """Of people, and of families of reasons, a house may have its own; two numbers are two people."""
    assert () == misnamed(PROCESS, watched, ["agent-1"], vendors=["other"])


def test_where_a_policy_chooses_vendors_others_may_be_meant():
    """Only what is nearly the name of another is refused."""

    class Chooses:
        name, revision = "acme.chooses", 1

        def dispatch(self, situation):
            return None

    process = SupportProcess(
        name="clinic", tiers=PROCESS.tiers, contracts=PROCESS.contracts, policies=[Chooses()], messages=PROCESS.messages
    )
    assert () == misnamed(process, Disclosed("acme"))
    assert ["disclosed"] == [fault.place for fault in misnamed(process, Disclosed("medscam"))]


def test_people_of_a_file_are_known(tmp_path):
    """Their ids, teams and roles; of what cannot be read, or is kept elsewhere, nothing is."""
    file = tmp_path / "people.toml"
    file.write_text(
        'agents = [{ id = "anna", teams = ["front"], roles = ["lead"], manages = ["back"] }]\n'
        'teams = [{ name = "night" }]'
    )
    assert {"anna", "front", "lead", "back", "night"} == set(names_in(file)) == set(names_in(str(file)))
    elsewhere = (None, "store", "nowhere.toml", StoredDirectory(None), object())
    assert [()] * len(elsewhere) == [names_in(each) for each in elsewhere]
    assert {"assignee", "on_call", "front"} <= set(known_to(PROCESS))
