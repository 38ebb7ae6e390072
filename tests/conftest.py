"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

collect_ignore = ["typing"]  # read by the type checker, never run

ROOT = Path(__file__).parent.parent

# The same examples on every run, so that a red build is red for everyone.
# HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared_data():
    """Give the directory of real event logs that may lie beside the repository, or skip."""
    directory = ROOT.parent / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("no shared/data beside the repository: the real event logs are not shipped with it")
    return directory
