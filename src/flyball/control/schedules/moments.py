"""Due moments: from a crontab and a time zone to instants, over both changes of daylight saving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from flyball.domain.errors import InvalidInput, Problem
from flyball.domain.records import now
from flyball.domain.schedules import FORMS, crontab

SECOND = timedelta(seconds=1)
MOST_COUNTED = 10_000
"""Missed moments that are counted one by one."""
NEVER = "These times never come, such as 30 February."


class Missed(NamedTuple):
    """What is due: the latest moment, how many came before it, and the first one to come."""

    latest: datetime
    skipped: int
    following: datetime


@dataclass(frozen=True, slots=True)
class Times:
    """Five fields of a crontab, read in a time zone."""

    fields: str
    zone: ZoneInfo

    def after(self, moment: datetime) -> datetime:
        """The first due moment after ``moment``, in UTC. Raises ``InvalidInput`` where there is none.

        At a fixed time (neither minute nor hour begins with ``*``) it is due once a day: in the hour that
        comes twice the first time, and where the hour is left out when the clock is put forward. Otherwise
        it is due whenever the clock shows such a time.
        """
        minute, hour, *_ = self.fields.split()
        is_fixed = not minute.startswith("*") and not hour.startswith("*")
        try:
            return self._at_fixed_times(moment) if is_fixed else self._by_the_clock(moment)
        except StopIteration:
            raise _unreadable(NEVER) from None

    def missed(self, first: datetime, until: datetime) -> Missed:
        """What is due at ``until``, where ``first`` is the first due moment that has no run.

        Of more than 10,000 moments not all are counted.
        """
        latest, skipped, following = first, 0, self.after(first)
        while following <= until:
            latest, skipped, following = following, skipped + 1, self.after(following)
            if skipped == MOST_COUNTED:  # every minute for a year is half a million
                following = max(following, self.after(until - (latest - first)))
        return Missed(latest, skipped, following)

    def _at_fixed_times(self, moment: datetime) -> datetime:
        found = CronSim(self.fields, moment.astimezone(self.zone))
        # Asked in the second of two equal hours, the first answer is in the first of them.
        return next(utc for each in found if (utc := each.astimezone(UTC)) > moment)

    def _by_the_clock(self, moment: datetime) -> datetime:
        # CronSim alone, given a zone, leaves moments out where a clock is put by half an hour (Lord Howe).
        # So it looks at clocks only, as far as one is not put forward or back.
        begin, wall = moment, moment.astimezone(self.zone).replace(tzinfo=None)
        while True:
            offset = self._offset(begin)
            found = (next(CronSim(self.fields, wall)) - offset).replace(tzinfo=UTC)
            if self._offset(found) == offset:
                return found
            begin = self._change(begin, found)
            wall = begin.astimezone(self.zone).replace(tzinfo=None) - SECOND

    def _change(self, before: datetime, after: datetime) -> datetime:
        """The moment at which the clock is put forward or back, between these two."""
        offset = self._offset(before)
        while after - before > SECOND:
            middle = before + (after - before) / 2
            if self._offset(middle) == offset:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self.zone).utcoffset() or timedelta()


def read(times: str, timezone: str) -> Times:
    """The times of a schedule. Raises ``InvalidInput`` for what cannot be read, and for what never comes."""
    return read_times(times, read_zone(timezone))


def read_zone(timezone: str) -> ZoneInfo:
    """A time zone by its name. Raises ``InvalidInput`` for one that this machine does not know."""
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        said = "This machine knows no time zone of that name. Use one such as UTC or Europe/Berlin."
        raise _wrong("timezone", "The time zone is not known here.", said) from None


def read_times(times: str, zone: ZoneInfo) -> Times:
    """Times in a zone; raises as ``read`` does."""
    try:
        fields = crontab(times)
    except ValueError as error:
        raise _unreadable(str(error)) from None
    if fault := _fault(fields):
        minute, hour, day, _, weekday = fields.split()
        has_months = not _fault(f"{minute} {hour} {day} * {weekday}")
        is_never = has_months and "day" in fault
        raise _unreadable(NEVER if is_never else f"{fault} in the crontab. {FORMS}")
    made = Times(fields, zone)
    made.after(now())
    return made


def _fault(fields: str) -> str:
    """What CronSim finds wrong: half a sentence, or nothing."""
    try:
        CronSim(fields, now())
    except CronSimError as error:
        return str(error)
    return ""


def _unreadable(message: str) -> InvalidInput:
    return _wrong("times", "The times cannot be read.", message)


def _wrong(field: str, detail: str, message: str) -> InvalidInput:
    return InvalidInput(detail, problems=[Problem(f"/{field}", f"wrong_{field}", message)])
