"""What Acme's plugin promises, by the suites and tools of supporttiers."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from supporttiers import Destination, FactSource, FakeClock, SupportDesk, SupportProcess
from supporttiers.errors import ProcessError, StoreError
from supporttiers.testing import situation
from supporttiers.testing.suites import FactSourceSuite, NotifierSuite, PolicySuite, StoreSuite
from supporttiers_acme import plugin
from supporttiers_acme.facts import CONTRACTS
from supporttiers_acme.home import home, keep
from supporttiers_acme.pager import Pager
from supporttiers_acme.policies import RouteByContract
from supporttiers_acme.store import AcmeStore

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


class TestRouteByContract(PolicySuite):
    """The policy answers by what it is asked about, and by nothing else."""

    facts: ClassVar[Mapping[str, object]] = {"contract": "gold"}

    @pytest.fixture
    def policy(self) -> RouteByContract:
        """Give the policy."""
        return RouteByContract(contracts=["gold"], tier=2)


class TestContracts(FactSourceSuite):
    """The source answers by key, in batches, of one tenant."""

    @pytest.fixture
    def source(self, known: Mapping[str, object]) -> FactSource:
        """Give the source, which knows of some."""
        keep("contracts", {self.tenant: known})
        return CONTRACTS

    @pytest.fixture
    def known(self) -> Mapping[str, object]:
        """Say what it knows."""
        return {"c-1": "gold", "c-2": "silver"}


class TestPager(NotifierSuite):
    """The notifier delivers each message once, and tells nothing private when it cannot."""

    @pytest.fixture
    def notifier(self) -> Pager:
        """Give a pager."""
        return Pager(home() / "pager.jsonl", name="pager")

    @pytest.fixture
    def delivered(self) -> Callable[[], Sequence[str]]:
        """Tell what has arrived."""
        path = home() / "pager.jsonl"
        return lambda: path.read_text("utf-8").splitlines() if path.exists() else []

    @pytest.fixture
    def failing(self) -> Pager:
        """Give a pager that writes into a directory that is not there."""
        return Pager(home() / "nowhere" / "pager.jsonl", name="pager")


@pytest.mark.parametrize(("contract", "tier"), [("gold", 2), ("silver", None), (None, None)])
def test_contract_decides_where_a_case_goes(contract: str | None, tier: int | None) -> None:
    """Those that are named go straight to the technicians; on others the rule has no opinion."""
    policy = RouteByContract(contracts=["gold"], tier=2)
    answer = policy.route(situation(facts={"contract": contract}))

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
