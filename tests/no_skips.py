"""A run in which a test was skipped is a failed run.

A browser or a database that is missing must not look like a passed test. A whole run, told by
`EVERY_TEST` in the environment, must also contain tests of each kind that needs a real server.
"""

import os
from collections import Counter

import pytest

KINDS = ("browser", "postgres")


class NoSkips:
    """Watch the outcomes, in the process that collects those of all workers."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._passed: Counter[str] = Counter()
        self._skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:  # an expected failure counts as skipped as well
            self._skipped.append(report.nodeid)
        if report.when == "call" and report.passed:
            self._passed.update(str(kind) for name, kind in report.user_properties if name == _KIND)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._faults() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        counts = ", ".join(f"{kind} {self._passed[kind]}" for kind in KINDS)
        terminalreporter.write_line(f"passed against real servers: {counts}")
        for fault in self._faults():
            terminalreporter.write_line(f"FAILED {fault}", red=True)

    def _faults(self) -> list[str]:
        faults = [f"{name}: skipped" for name in self._skipped]
        if self._whole:
            faults += [f"no {kind} test passed" for kind in KINDS if not self._passed[kind]]
        return faults


_KIND = "needs a real"


def pytest_configure(config: pytest.Config) -> None:
    """Watch only where the outcomes of all workers arrive."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(NoSkips(whole="EVERY_TEST" in os.environ))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Write each test's kinds into its report, since markers do not travel between processes."""
    for item in items:
        kinds = [kind for kind in KINDS if item.get_closest_marker(kind)]
        item.user_properties.extend((_KIND, kind) for kind in kinds)
