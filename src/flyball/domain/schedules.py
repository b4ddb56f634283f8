"""Schedules: their times as people write them, and their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_TIMES = 100
"""Characters of the times of a schedule."""
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
FORMS = (
    'Write "every hour", "every 15 minutes", "every 6 hours", "every day at 02:00", "every Monday at 06:00", '
    '"every month on day 1 at 04:00", or the five fields of a crontab, such as "0 2 * * *".'
)
NAME = "is named with at most 63 lower-case letters, digits, - and _."
"""What ``is_name`` asks, as the end of a sentence."""

_CLOCK = r"at ([01]\d|2[0-3]):([0-5]\d)"
_READABLE: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"every hour", lambda found: "0 * * * *"),
    (r"every ([1-9]\d?) minutes", lambda found: f"*/{_divisor(found[1], 60, 'minutes of an hour')} * * * *"),
    (r"every ([1-9]\d?) hours", lambda found: f"0 */{_divisor(found[1], 24, 'hours of a day')} * * *"),
    (rf"every day {_CLOCK}", lambda found: f"{int(found[2])} {int(found[1])} * * *"),
    (
        rf"every ({'|'.join(DAYS)}) {_CLOCK}",
        lambda found: f"{int(found[3])} {int(found[2])} * * {DAYS.index(found[1])}",
    ),
    (
        rf"every month on day ([1-9]|[12]\d|3[01]) {_CLOCK}",
        lambda found: f"{int(found[3])} {int(found[2])} {found[1]} * *",
    ),
)
_FIXED = r"(\d\d?) (\d\d?)"
_WORDS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"0 \* \* \* \*", lambda found: "every hour"),
    (r"\*/(\d+) \* \* \* \*", lambda found: f"every {found[1]} minutes"),
    (r"0 \*/(\d+) \* \* \*", lambda found: f"every {found[1]} hours"),
    (rf"{_FIXED} \* \* \*", lambda found: f"every day {_clock(found)}"),
    (rf"{_FIXED} \* \* ([0-6])", lambda found: f"every {DAYS[int(found[3])].capitalize()} {_clock(found)}"),
    (rf"{_FIXED} (\d\d?) \* \*", lambda found: f"every month on day {found[3]} {_clock(found)}"),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job of the endpoint is asked for, again and again.

    ``times`` is a readable form (``"every day at 02:00"``) or the five fields of a crontab, read in
    ``timezone`` (the project's ``TIME_ZONE``, where it is left out); ``kind`` the kind of job, such as
    ``"snapshot"`` or ``"build"``. ``promote`` makes a build's version champion where it is better. ``batch``
    is the name of the declared batch that the kind ``"batch"`` carries out. ``name`` follows from kind, or
    batch, and times, unless it is given.
    """

    times: str
    kind: str
    name: str = ""
    timezone: str = ""
    promote: bool = False
    batch: str = ""

    @property
    def title(self) -> str:
        """The name, given or not."""
        return self.name or derived_name(self.batch or self.kind, self.times)


def crontab(times: str) -> str:
    """The five fields that ``times`` stand for: a readable form, or the fields themselves.

    What the fields hold is not looked at. Raises ``ValueError``, which lists the forms.
    """
    words = times.lower().split() if len(times) <= LONGEST_TIMES else []
    for pattern, fields in _READABLE:
        found = re.fullmatch(pattern, " ".join(words), re.ASCII)
        if found is not None:
            return fields(found)
    if len(words) != 5 or words[0] == "every":
        raise ValueError(FORMS)
    return " ".join(words)


def in_words(times: str) -> str:
    """``times`` in a readable form, where one stands for the same fields; else as they are."""
    for pattern, words in _WORDS:
        found = re.fullmatch(pattern, " ".join(times.split()), re.ASCII)
        if found is not None:
            return words(found) if _stands_for(words(found), found[0]) else times
    return times


def is_name(text: str) -> bool:
    """Whether a schedule may be named so: the name stands in paths."""
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", text) is not None


def derived_name(kind: str, times: str) -> str:
    """The name of a schedule that has none: ``snapshot-every-day-at-02-00``; it follows from both alone."""
    text = f"{kind} {times}".lower().replace("*", "x")
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:63].strip("-")


def _stands_for(words: str, fields: str) -> bool:
    try:
        return crontab(words) == fields
    except ValueError:  # such as every 7 minutes, which no readable form says
        return False


def _divisor(digits: str, whole: int, units: str) -> int:
    """A number that divides ``whole``: else the last pause before the next one would be shorter."""
    if whole % int(digits) or int(digits) == whole:
        raise ValueError(f"The number does not divide the {whole} {units} into equal parts. {FORMS}")
    return int(digits)


def _clock(found: re.Match[str]) -> str:
    return f"at {int(found[2]):02}:{int(found[1]):02}"
