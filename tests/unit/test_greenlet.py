"""SQLAlchemy without greenlet, which it needs only to be awaited."""

import subprocess
import sys

_SCRIPT = """
import sys
sys.modules["greenlet"] = None
import sqlalchemy
from supporttiers import SupportDesk, SupportProcess
engine = sqlalchemy.create_engine("sqlite:///" + sys.argv[1])
desk = SupportDesk(SupportProcess.default(), store=engine)
desk._ports.store.upgrade()
print(desk.open(id="T-1", by="jane").tier)
"""


def test_engine_that_is_not_awaited_needs_no_greenlet(tmp_path):
    """An installation without it has all that is needed."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path / "desk.db")], capture_output=True, text=True, check=False
    )

    assert ("", "1\n") == (done.stderr, done.stdout)
