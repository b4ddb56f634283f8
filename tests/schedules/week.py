"""A week of fifty schedules in compressed time, with two processes that are killed again and again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim
from django.conf import settings

from flyball.control.schedules.models import Schedule, ScheduledRun
from flyball.control.schedules.moments import read
from flyball.domain.schedules import crontab
from flyball.stores.database import Database
from tests.jobs.workers import ROOT, kill
from tests.schedules.cast import at, end_jobs, schedule
from tests.shell import PATIENCE

BEGIN = at("2026-10-23T06:00")  # a Friday; on Sunday Berlin's clocks are put back
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC", "Africa/Cairo")
TIMES = (
    *("every day at 02:30", "every hour", "every 30 minutes", "every Sunday at 02:15", "0 */6 * * *"),
    *(
        "30 2,3 * * *",
        "every day at 12:00",
        "0 9 * * MON-FRI",
        "every month on day 25 at 02:45",
        "45 * * * *",
    ),
)


@dataclass
class Week:
    """So many hours from ``BEGIN`` on, and how many processes were killed meanwhile."""

    database: Database
    folder: Path
    hours: int
    step: timedelta
    kills: int
    seed: int = 0
    killed: int = 0
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def clock(self) -> Path:
        """The file that says what time it is."""
        return self.folder / "clock"

    @property
    def end(self) -> datetime:
        """The last moment."""
        return BEGIN + timedelta(hours=self.hours)

    def live(self) -> None:
        """Make fifty schedules, and go through the week: each step ends when all that is due is made."""
        for zone in ZONES:
            for number, times in enumerate(TIMES):
                name = f"{zone.split('/')[-1].lower()}-{number}"
                made = schedule(name, times, timezone=zone)
                Schedule.objects.filter(pk=made.pk).update(next_due_at=read(times, zone).after(BEGIN))
        moments = list(self._moments())
        chance = random.Random(self.seed)  # noqa: S311 - it only chooses when to kill
        fatal = set(chance.sample(moments, self.kills))
        self._set(BEGIN)
        self.processes = [self._start(), self._start()]
        try:
            for moment in moments:
                self._set(moment)
                if moment in fatal:
                    time.sleep(chance.random() * 0.05)  # anywhere in what they do
                    kill(self.processes.pop(chance.randrange(2)))
                    self.killed += 1
                    self.processes.append(self._start())
                self._wait(moment)
                end_jobs()  # a run joins no job of an earlier one
        finally:
            for process in self.processes:
                kill(process)

    def expected(self) -> dict[str, list[datetime]]:
        """The due moments of each schedule, as CronSim has them."""
        found: dict[str, list[datetime]] = {}
        for each in Schedule.objects.all():
            every = CronSim(crontab(each.times), BEGIN.astimezone(ZoneInfo(each.timezone)))
            moments = (moment.astimezone(UTC) for moment in every)
            found[each.name] = list(takewhile(lambda moment: moment <= self.end, moments))
        return found

    def made(self) -> dict[str, list[datetime]]:
        """The due moments that each schedule has made a job of, each as often as it has."""
        found: dict[str, list[datetime]] = {each.name: [] for each in Schedule.objects.all()}
        own = ScheduledRun.objects.filter(is_joined=False, skipped=0).select_related("schedule")
        for run in own.order_by("due_at"):
            found[run.schedule.name].append(run.due_at)
        return found

    def _moments(self) -> Iterator[datetime]:
        moment = BEGIN
        while moment < self.end:
            moment += self.step
            yield moment

    def _set(self, moment: datetime) -> None:
        part = self.folder / "part"
        part.write_text(moment.isoformat())
        part.rename(self.clock)

    def _wait(self, moment: datetime) -> None:
        deadline = time.monotonic() + PATIENCE
        while Schedule.objects.filter(next_due_at__lte=moment).exists():
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def _start(self) -> subprocess.Popen[str]:
        own = {
            "DJANGO_SETTINGS_MODULE": "tests.schedules.world",
            "FLYBALL_DATABASE_URL": self.database.url,
            "FLYBALL_HOME": str(settings.FLYBALL.home),
        }
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("FLYBALL", "PYTEST"))
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.schedules.stepper", str(self.clock)],
            cwd=ROOT,
            env={**kept, **own},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        return process
