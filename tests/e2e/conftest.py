"""What every scenario gets: a fleet of its own, and the logs when it fails."""

import pytest

from fleet import Fleet


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    fleet = item.funcargs.get("fleet") if hasattr(item, "funcargs") else None
    if report.when == "call" and report.failed and fleet:
        for name, tail in fleet.log_tails().items():
            report.sections.append((f"the end of {name}", tail))


@pytest.fixture
def fleet(tmp_path):
    """A fleet in which nothing runs yet; whatever the test starts ends with it."""
    fleet = Fleet(tmp_path)
    yield fleet
    fleet.close()
