"""One page of all rehearsals of a test run: a file of HTML that needs nothing else, and asks nobody for anything."""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from supporttiers.testing.pytest_plugin import ATTRIBUTE, OPTION, WHY

_WORST: Final = ("error", "failed", "rerun", "xpassed", "xfailed", "skipped", "passed")
"""What can become of a test; the first that holds is told."""


@attrs.define
class Attempt:
    """
    A test that was run once.

    Attributes:
        test: Its id.
        outcomes: Of its set-up, of itself, and of what cleans up.
        accounts: What became of its rehearsals, as plain data.
        why: Why it failed, a line each.
    """

    test: str
    outcomes: list[str] = attrs.field(factory=list)
    accounts: list[Mapping[str, Any]] = attrs.field(factory=list)
    why: list[str] = attrs.field(factory=list)

    @property
    def outcome(self) -> str:
        """What became of it."""
        return next((word for word in _WORST if word in self.outcomes), "passed")


class Page:
    """Collects what became of rehearsals, of all processes that run tests, and writes the page."""

    def __init__(self, path: Path) -> None:
        """
        Begin with none.

        Args:
            path: Of the page.
        """
        self._path = path
        self._attempts: list[Attempt] = []
        self._present: dict[str, Attempt] = {}
        self._said = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of a report; that of a set-up begins another attempt."""
        if report.when == "setup" or report.nodeid not in self._present:
            self._present[report.nodeid] = Attempt(report.nodeid)
            self._attempts.append(self._present[report.nodeid])
        attempt = self._present[report.nodeid]
        attempt.outcomes.append(_outcome(report))
        attempt.accounts.extend(getattr(report, ATTRIBUTE, ()))
        attempt.why.extend(getattr(report, WHY, ()))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the page; where that cannot be, the run has not done what it was asked to."""
        shown = sorted((each for each in self._attempts if each.accounts), key=lambda each: each.test)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text("".join(page(shown)), "utf-8")
        except OSError as error:
            self._said = f"{OPTION}: {self._path} cannot be written: {error.strerror}"
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
            return
        number = sum(len(each.accounts) for each in shown)
        self._said = f"{number} rehearsal{'' if number == 1 else 's'} told in {self._path}"

    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """Say where the page is."""
        terminalreporter.write_sep("-", self._said)


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed and report.when != "call":
        return "error"
    return str(report.outcome)


# -- as HTML

_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1rem; overflow-wrap: anywhere; margin: 2rem 0 0; border-top: 1px solid #8888; padding-top: 1rem; }
h3 { font-size: 1rem; margin: 1rem 0 0; font-weight: normal; }
pre { overflow-x: auto; font-size: .85rem; padding: .5rem .75rem; background: #8881; border-radius: .25rem; }
.outcome { padding: 0 .5rem; border-radius: .25rem; border: 1px solid; font-weight: normal; margin-right: .5rem; }
.passed, .xfailed { color: light-dark(#116329, #7ee787); }
.failed, .error, .xpassed { color: light-dark(#a40e26, #ff7b72); }
.skipped, .rerun { color: light-dark(#7d4e00, #e3b341); }
.where { opacity: .75; font-size: .9rem; }
svg { max-width: 100%; height: auto; }
"""


_OWN_STYLE: Final = re.compile(r'(<svg\b[^>]*?) style="[^"]*"')
"""The style that a picture has on its first tag: the policy of the page lets none stand there; ours does the same."""


def page(attempts: Iterable[Attempt]) -> Iterator[str]:
    """Write the page; all texts are escaped, and the browser is told to load and run nothing."""
    shown = list(attempts)
    body = "".join(part for attempt in shown for part in _test(attempt))
    styles = " ".join(f"'sha256-{_digest(style)}'" for style in dict.fromkeys([_STYLE, *_styles(body)]))
    counted = {word: sum(attempt.outcome == word for attempt in shown) for word in _WORST}
    summary = ", ".join(f"{count} {word}" for word, count in counted.items() if count) or "none"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src {styles}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>Rehearsals</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Rehearsals</h1>\n"
    yield f"<p>{escape(f'Tests with rehearsals: {summary}')}</p>\n{body}</body>\n</html>\n"


def _test(attempt: Attempt) -> Iterator[str]:
    outcome = attempt.outcome
    yield f'<h2><span class="outcome {outcome}">{outcome}</span> {escape(attempt.test)}</h2>\n'
    if attempt.why:
        yield f"<pre>{escape(chr(10).join(attempt.why))}</pre>\n"
    for account in attempt.accounts:
        told = f"process {account['process']}, revision {account['revision']}, {account['start']} to {account['now']}"
        yield f'<p class="where">{escape(told)}; times are those of {escape(account["zone"])}</p>\n'
        if account["problem"]:
            yield f"<p>{escape(account['problem'])}</p>\n"
        for story in account["stories"]:
            yield from _story(story)
        if account["more"]:
            yield "<p>There are more cases than are told here.</p>\n"


def _story(story: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3><strong>{escape(story['case_id'])}</strong>: {escape(story['path'])}</h3>\n"
    yield _OWN_STYLE.sub(r"\1", story["picture"])  # made by us, of escaped texts
    for heading, lines in (
        ("What happened", story["timeline"]),
        ("Who was told", story["told"]),
        ("What comes next", story["next"]),
    ):
        if lines:
            yield f"<details{' open' if heading != 'Who was told' else ''}><summary>{heading}</summary>"
            yield f"<pre>{escape(chr(10).join(lines))}</pre></details>\n"


def _styles(body: str) -> list[str]:
    """Give the styles that pictures bring along."""
    return re.findall(r"<style[^>]*>(.*?)</style>", body, re.DOTALL)


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
