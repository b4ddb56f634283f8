"""Times as people write them, and the instants that they mean over both changes of daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from flyball.control.schedules import moments
from flyball.control.schedules.moments import Missed, Times
from flyball.domain.errors import InvalidInput
from flyball.domain.schedules import LONGEST_TIMES, crontab, derived_name, in_words, is_name

READABLE = [
    ("every hour", "0 * * * *"),
    ("every 15 minutes", "*/15 * * * *"),
    ("every 6 hours", "0 */6 * * *"),
    ("every day at 02:00", "0 2 * * *"),
    ("every day at 23:59", "59 23 * * *"),
    ("every Monday at 06:05", "5 6 * * 1"),
    ("Every  sunday at 00:00", "0 0 * * 0"),
    ("every month on day 1 at 04:00", "0 4 1 * *"),
    ("every month on day 31 at 04:00", "0 4 31 * *"),
    ("*/5 8-18 * * MON-FRI", "*/5 8-18 * * mon-fri"),
]
UNREADABLE = [
    *("", "daily", "@daily", "every", "every day", "every day at 2:00", "every day at 24:00", "hourly at 5"),
    *("every 0 minutes", "every 45 minutes", "every 60 minutes", "every 5 hours", "every 24 hours"),
    *("every 015 minutes", "every ١٥ minutes", "every mon at 06:00", "every month on day 32 at 04:00"),
    *("every month on day 01 at 04:00", "every day at 02:00 UTC", "every day of the week", "* * * *"),
    *("* * * * * *", "0 2 * * *" + " " * LONGEST_TIMES),
]
UNSOUND = [
    *("61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a b c d e", "-1 * * * *"),
    *("*/0 * * * *", "5-1 * * * *", "1,,2 * * * *", "* * * * MON#6", "1" * 80 + " * * * *"),
]
NEVER = ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30-31 2 *"]
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
LORD_HOWE, TOKYO = "Australia/Lord_Howe", "Asia/Tokyo"
INSTANTS = [
    # zone, times, from, the first instants after it (UTC). Spring first: the hour that is left out.
    (BERLIN, "every day at 02:30", "2026-03-28T00:00", ["03-28T01:30", "03-29T01:00", "03-30T00:30"]),
    (BERLIN, "*/30 * * * *", "2026-03-29T00:00", ["03-29T00:30", "03-29T01:00", "03-29T01:30"]),
    (BERLIN, "0,30 2 * * *", "2026-03-28T12:00", ["03-29T01:00", "03-30T00:00", "03-30T00:30"]),
    (BERLIN, "every day at 02:30", "2026-10-24T00:00", ["10-24T00:30", "10-25T00:30", "10-26T01:30"]),
    (BERLIN, "every hour", "2026-10-24T22:30", ["10-24T23:00", "10-25T00:00", "10-25T01:00", "10-25T02:00"]),
    (BERLIN, "*/30 * * * *", "2026-10-25T00:00", ["10-25T00:30", "10-25T01:00", "10-25T01:30"]),
    # Asked in the hour's second coming: 02:50 has been.
    (BERLIN, "50 2 * * *", "2026-10-25T01:45", ["10-26T01:50"]),
    (NEW_YORK, "every day at 02:30", "2026-03-07T00:00", ["03-07T07:30", "03-08T07:00", "03-09T06:30"]),
    (NEW_YORK, "every day at 01:30", "2026-10-31T00:00", ["10-31T05:30", "11-01T05:30", "11-02T06:30"]),
    (NEW_YORK, "*/30 * * * *", "2026-11-01T05:00", ["11-01T05:30", "11-01T06:00", "11-01T06:30"]),
    # Half an hour, from 02:00 to 02:30 and back.
    (LORD_HOWE, "every day at 02:15", "2026-10-02T00:00", ["10-02T15:45", "10-03T15:30", "10-04T15:15"]),
    (LORD_HOWE, "*/30 * * * *", "2026-10-03T15:00", ["10-03T15:30", "10-03T16:00"]),
    (LORD_HOWE, "45 * * * *", "2026-10-03T14:30", ["10-03T15:15", "10-03T15:45", "10-03T16:45"]),
    (LORD_HOWE, "every 6 hours", "2026-10-03T14:00", ["10-03T19:00", "10-04T01:00"]),
    (LORD_HOWE, "every day at 01:45", "2026-04-03T12:00", ["04-03T14:45", "04-04T14:45", "04-05T15:15"]),
    (LORD_HOWE, "*/30 * * * *", "2026-04-04T14:00", ["04-04T14:30", "04-04T15:00", "04-04T15:30"]),
    (LORD_HOWE, "45 * * * *", "2026-04-04T14:00", ["04-04T14:45", "04-04T15:15", "04-04T16:15"]),
    (LORD_HOWE, "every 6 hours", "2026-04-04T14:00", ["04-04T19:30", "04-05T01:30"]),
    # Neither; and days that not every month has.
    (TOKYO, "every day at 02:30", "2026-03-28T00:00", ["03-28T17:30", "03-29T17:30", "03-30T17:30"]),
    (TOKYO, "*/30 * * * *", "2026-10-25T00:00", ["10-25T00:30", "10-25T01:00", "10-25T01:30"]),
    ("UTC", "every month on day 31 at 00:00", "2026-01-31T00:00", ["03-31T00:00", "05-31T00:00"]),
]
ZONES = [BERLIN, NEW_YORK, LORD_HOWE, TOKYO, "America/Havana", "America/Santiago", "Africa/Cairo", "UTC"]
CHANGES = [
    (BERLIN, ["2026-03-28", "2026-10-24"]),
    (LORD_HOWE, ["2026-04-04", "2026-10-03"]),
    ("America/Havana", ["2026-03-07", "2026-10-31"]),  # at midnight
    ("Africa/Cairo", ["2026-04-23", "2026-10-29"]),
]
BY_THE_CLOCK = [
    *("*/30 * * * *", "* * * * *", "0 * * * *", "45 * * * *", "10,40 * * * *", "*/30 2 * * *", "0 */2 * * *"),
    *("30 */3 * * *", "*/20 * * * 0", "0 */6 * * *", "*/30 1,2 * * *", "15 * 1 * *"),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def following(times: Times, moment: datetime, count: int) -> list[datetime]:
    found = [moment]
    for _ in range(count):
        found.append(times.after(found[-1]))
    return found[1:]


@pytest.mark.parametrize(("times", "fields"), READABLE)
def test_a_readable_form_is_a_crontab(times: str, fields: str) -> None:
    assert crontab(times) == fields
    assert moments.read(times, "UTC").fields == fields


@pytest.mark.parametrize(("times", "fields"), READABLE[:-1])
def test_a_crontab_that_a_readable_form_stands_for_is_said_in_words(times: str, fields: str) -> None:
    assert in_words(fields).lower() == " ".join(times.lower().split())
    assert crontab(in_words(fields)) == fields


@pytest.mark.parametrize(
    "times",
    [
        "*/7 * * * *",
        "60 2 * * *",
        "0 24 * * *",
        "0 2 32 * *",
        "02 2 * * *",
        "0 2 * * 7",
        "every hour",
        "",
        "x",
    ],
)
def test_what_no_readable_form_stands_for_stays_as_it_is(times: str) -> None:
    assert in_words(times) == times


@pytest.mark.parametrize("times", UNREADABLE)
def test_what_is_no_form_is_refused_with_the_forms(times: str) -> None:
    with pytest.raises(ValueError, match="every Monday at 06:00"):
        crontab(times)


@pytest.mark.parametrize("times", UNSOUND)
def test_what_no_crontab_holds_is_refused_with_the_forms(times: str) -> None:
    with pytest.raises(InvalidInput, match=r"in the crontab.*every Monday at 06:00") as refused:
        moments.read(times, "UTC")
    assert refused.value.problems[0].pointer == "/times"


@pytest.mark.parametrize("times", NEVER)
def test_times_that_never_come_are_refused(times: str) -> None:
    with pytest.raises(InvalidInput, match="never come"):
        moments.read(times, BERLIN)


@pytest.mark.parametrize("zone", ["", "Berlin", "Europe", "../etc", "/etc/localtime", "a" * 300, "UTC\0"])
def test_a_zone_that_is_not_known_here_is_refused(zone: str) -> None:
    with pytest.raises(InvalidInput, match="no time zone of that name"):
        moments.read("every hour", zone)


@pytest.mark.parametrize(("zone", "times", "begin", "instants"), INSTANTS)
def test_times_are_these_instants(zone: str, times: str, begin: str, instants: list[str]) -> None:
    found = following(moments.read(times, zone), at(begin), len(instants))
    assert found == [at(f"2026-{instant}") for instant in instants]
    assert all(moment.tzinfo is UTC for moment in found)


@pytest.mark.parametrize(("zone", "days"), CHANGES)
@pytest.mark.parametrize("fields", BY_THE_CLOCK)
def test_by_the_clock_it_is_due_whenever_the_clock_shows_such_a_time(
    zone: str, days: list[str], fields: str
) -> None:
    times = Times(fields, ZoneInfo(zone))
    for day in days:
        begin = at(day)
        minutes = [begin + timedelta(minutes=number) for number in range(1, 2 * 24 * 60)]
        walls = {minute: minute.astimezone(times.zone).replace(tzinfo=None) for minute in minutes}
        shown = [
            minute
            for minute, wall in walls.items()
            if next(CronSim(fields, wall - timedelta(seconds=1))) == wall
        ]
        assert following(times, begin, len(shown)) == shown


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "fields", ["30 2 * * *", "15 0 * * *", "0 0 29 2 *", "0,30 1,2,3 * * *", "5 4 * * 1"]
)
def test_a_fixed_time_is_due_when_cronsim_says_so(zone: str, fields: str) -> None:
    begin = at("2026-01-01")
    every = CronSim(fields, begin.astimezone(ZoneInfo(zone)))
    expected = [next(every).astimezone(UTC) for _ in range(50)]
    assert following(Times(fields, ZoneInfo(zone)), begin, 50) == expected


@given(st.timedeltas(timedelta(), timedelta(days=730)), st.sampled_from(ZONES))
def test_the_next_moment_is_always_later(since: timedelta, zone: str) -> None:
    moment = at("2025-01-01") + since
    for times in ("every day at 02:30", "*/30 * * * *", "50 2 * * *", "every hour"):
        assert moments.read(times, zone).after(moment) > moment


@given(st.text(alphabet="0123456789*/,-#LWMON ", max_size=40))
def test_whatever_is_written_is_times_or_is_refused(text: str) -> None:
    try:
        times = moments.read(text, BERLIN)
    except InvalidInput:
        return
    assert times.after(at("2026-01-01T00:00")) > at("2026-01-01T00:00")


def test_a_leap_day_is_due_in_leap_years() -> None:
    found = following(moments.read("every month on day 29 at 00:00", "UTC"), at("2027-02-01"), 2)
    assert found == [at("2027-03-29"), at("2027-04-29")]
    years = following(moments.read("0 0 29 2 *", "UTC"), at("2026-03-01"), 2)
    assert years == [at("2028-02-29"), at("2032-02-29")]


def test_of_missed_moments_the_latest_is_told_and_the_others_are_counted() -> None:
    times = moments.read("every 15 minutes", "UTC")
    first = at("2026-03-01T00:15")
    assert times.missed(first, first) == Missed(first, 0, at("2026-03-01T00:30"))
    assert times.missed(first, at("2026-03-01T01:07")) == Missed(
        at("2026-03-01T01:00"), 3, at("2026-03-01T01:15")
    )


def test_more_missed_moments_than_are_counted_end_with_the_latest_too() -> None:
    found = moments.read("* * * * *", "UTC").missed(at("2000-01-01T00:00"), at("2026-03-01T01:07"))
    assert (found.latest, found.following) == (at("2026-03-01T01:07"), at("2026-03-01T01:08"))
    assert found.skipped >= moments.MOST_COUNTED


def test_a_name_follows_from_kind_and_times() -> None:
    assert derived_name("snapshot", "every day at 02:00") == "snapshot-every-day-at-02-00"
    assert derived_name("build", "*/5 8-18 * * 1") == "build-x-5-8-18-x-x-1"
    assert all(is_name(derived_name("build", times)) for times, _ in READABLE)
    assert [name for name in ("", "A", "-a", "a" * 64, "a b", "a/b", "ä") if is_name(name)] == []
