"""What every test run shares: in CI a skipped test is a failed run."""

import os

import pytest
from hypothesis import settings

settings.register_profile("bartizan", deadline=None, derandomize=True, database=None)
settings.load_profile("bartizan")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run with skips into a red one, where nothing may be missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"SKIPPED {report.nodeid}: {report.longrepr[-1]}")
