"""What Acme's plugin promises, by the suites and tools of supporttiers."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from supporttiers_acme import plugin
from supporttiers_acme.home import home, keep
from supporttiers_acme.policies import RouteByContract
from supporttiers_acme.store import AcmeStore

from supporttiers import Destination, FakeClock, Situation, SupportDesk, SupportProcess
from supporttiers.errors import ProcessError, StoreError
from supporttiers.testing.builders import NOON, opening
from supporttiers.testing.suites import StoreSuite

PROCESS = Path(__file__).parents[1] / "hardware.toml"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep files of tests apart."""
    monkeypatch.setenv("ACME_HOME", str(tmp_path))


class TestAcmeStore(StoreSuite):
    """The store keeps every law."""

    @pytest.fixture
    def store(self) -> Iterator[AcmeStore]:
        """Give an empty store."""
        with contextlib.closing(AcmeStore.of_project("hardware")) as store:
            yield store


@pytest.mark.parametrize(("contract", "tier"), [("gold", 2), ("silver", None), (None, None)])
def test_contract_decides_where_a_case_goes(contract: str | None, tier: int | None) -> None:
    """Those that are named go straight to the technicians; on others the rule has no opinion."""
    policy = RouteByContract(contracts=["gold"], tier=2)
    answer = policy.route(Situation(case=opening().case, now=NOON, facts={"contract": contract}))

    assert (None if tier is None else Destination(tier=tier)) == answer


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("tier = 2", 'tier = "two"', r"policies\[0\]\.tier: must be the number of a tier"),
        ('contracts = ["gold"]', 'contracts = "gold"', r"policies\[0\]\.contracts: must be a list"),
    ],
)
def test_process_file_names_the_rule(right: str, wrong: str, fault: str) -> None:
    """With the plugin it is valid; a wrong value is a fault at its place."""
    SupportProcess.from_toml(PROCESS, policies=plugin.supporttiers_policies())
    text = PROCESS.read_text("utf-8").replace(right, wrong)
    with pytest.raises(ProcessError, match=fault):
        SupportProcess.from_text(text, policies=plugin.supporttiers_policies())


def test_message_is_written_once() -> None:
    """However often it is handed over."""
    keep("contracts-default", {})
    clock = FakeClock("2026-03-23T09:00Z")
    desk = SupportDesk(PROCESS, notifiers=["acme://night"], vendors=["acme-print"], plugins=[plugin], clock=clock)
    desk.inform_management(desk.open(by="jane"), by="bob")
    desk.run_due()
    [line] = (home() / "pager-night.jsonl").read_text("utf-8").splitlines()

    assert json.loads(line)["to"] == "manager"


def test_store_without_a_project_is_refused() -> None:
    """The error says how to name one."""
    with pytest.raises(StoreError, match="possible are names such as acme:hardware"):
        SupportDesk(PROCESS, store="acme:../elsewhere", plugins=[plugin])
