"""What all tests share."""

import contextlib
import os
import ssl
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

collect_ignore = ["typing"]  # read by the type checker, never run

ROOT = Path(__file__).parent.parent

# The same examples on every run, so that a red build is red for everyone.
# HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.register_profile(  # of tests.mutation: few, and what fails is not made smaller
    "mutants", settings.get_profile("ci"), max_examples=20, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared_data():
    """Give the directory of real event logs that may lie beside the repository, or skip."""
    directory = ROOT.parent / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("no shared/data beside the repository: the real event logs are not shipped with it")
    return directory


@pytest.fixture(scope="session")
def authority():
    """Give an authority that nobody trusts who has not been told to."""
    import trustme

    return trustme.CA()


@pytest.fixture
def trusting(authority):
    """Give a context that trusts it."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def certified(authority):
    """Give a context for a server on this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@contextlib.contextmanager
def _or_skip(of):
    """Give a PostgreSQL of one of the ways to have one, or skip, and say what was tried."""
    from tests.servers import postgres

    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(getattr(postgres, of)())
        except postgres.NoPostgresError as error:
            pytest.skip(str(error))
        yield found


@pytest.fixture(scope="session")
def _databases():
    """Reach one PostgreSQL for all tests of this process."""
    with _or_skip("databases") as found:
        yield found


@pytest.fixture
def postgres_url(_databases):
    """Give the URL of an empty PostgreSQL database of the test's own."""
    with _databases.fresh() as url:
        yield url


@pytest.fixture
def postgres_server():
    """Give a PostgreSQL server of the test's own, which it may stop, start and kill."""
    with _or_skip("own_server") as server:
        yield server
