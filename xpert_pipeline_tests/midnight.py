"""Lets a suite run past midnight.

Modules note their TODAY when they are imported, perhaps an hour before a test runs. A test that began before midnight
may compare what two days brought, and one that began just after it may expect a whole day of which the last minutes
are not loaded yet: it is run again, in the new day.
"""

import importlib
import logging
import sys
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

import pytest
from _pytest.runner import runtestprotocol

logger = logging.getLogger(__name__)
NOTED = ("TODAY", "YESTERDAY")
"""Names of module constants that depend on the current day."""
ZONES = (ZoneInfo("Asia/Kolkata"), UTC)
"""The sandbox's seller lives in India; a few tests count days of UTC."""

STORES = (*ZONES, ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin"))
"""Where the stores are with which tests run, and UTC."""


SETTLED = timedelta(minutes=5)
"""How long after midnight the day before is not complete yet: Amazon's searches show an order some minutes late."""


def last_midnight(now: datetime) -> datetime:
    """Return when the youngest day of any zone of `STORES` began."""
    return max(datetime.combine(now.astimezone(zone), clock(), zone).astimezone(UTC) for zone in STORES)


def note_days_again() -> None:
    """Run the modules of the tests again that noted a day when they were imported."""
    for name, module in list(sys.modules.items()):
        if name.startswith(__package__) and any(type(getattr(module, noted, None)) is date for noted in NOTED):
            importlib.reload(module)


class SecondChance:
    """Pytest's plugin that runs a failed test again if midnight may be why it failed.

    That is so if midnight has passed since the suite began or since the plugin last ran a test again, and in the first
    minutes of a day. The plugin waits until they are over.

    All fixtures are made anew, because tests may share what the day before brought, and modules that noted the day
    are run again, because other constants may follow from it. A test that fails in the new day, too, has failed.
    """

    def __init__(self) -> None:
        self.since = datetime.now(UTC) - SETTLED

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test, and run it again if midnight may be why it failed."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        midnight = last_midnight(datetime.now(UTC))
        if any(report.failed for report in reports) and midnight > self.since:
            time.sleep(max(0.0, (midnight + SETTLED - datetime.now(UTC)).total_seconds()))
            self.since = datetime.now(UTC)
            for report in reports:
                item.add_report_section(report.when, "before midnight", report.longreprtext)
                item.user_properties.append(("before midnight", report.outcome))
            reports = self._again(item, nextitem) or reports
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _again(self, item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
        """Run a test with new fixtures; return nothing if the old ones cannot be taken down."""
        try:
            item.session._setupstate.teardown_exact(None)
        except Exception:
            logger.exception("%s: its fixtures cannot be taken down, so it is not run again", item.nodeid)
            return []
        note_days_again()
        return runtestprotocol(item, log=False, nextitem=nextitem)


def moved_on(noted: date, began: datetime, now: datetime) -> date:
    """Return the day that a module would note now.

    Args:
        noted: What it noted when the suite began. A day of another time, such as a fixed one, stays as it is.
        began: When the suite began.
        now: The current time.
    """
    for zone in ZONES:
        then = began.astimezone(zone).date()
        if noted in (then, then - timedelta(days=1)):
            return noted + (now.astimezone(zone).date() - then)
    return noted
