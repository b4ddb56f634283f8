"""Values as they are stored and sent: JSON scalars, one spelling each."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

Scalar = None | bool | int | float | str
"""A stored value: NaN and NaT become ``None``; timestamps are ISO 8601 in UTC, ending in ``Z``."""


def canonical(value: object) -> Scalar:
    """The stored spelling of a value that came from a database, a data frame or a caller.

    Raises ``TypeError`` for anything that is not a scalar.
    """
    if isinstance(value, datetime):
        return timestamp_text(value)
    if isinstance(value, str):
        return str(value)  # numpy's own text is a str too, and no encoder takes it
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | Decimal):
        number = float(value)
        return None if math.isnan(number) else number
    if isinstance(value, date):
        return timestamp_text(datetime.combine(value, time(), UTC))
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "item"):  # a numpy scalar
        return canonical(value.item())
    raise TypeError(f"A {type(value).__name__} is not a scalar value.")


def storable(text: str) -> str:
    """Without what databases do not take: NUL, and halves of surrogates, which are spelt out."""
    return text.replace("\x00", "").encode(errors="backslashreplace").decode()


def category_text(value: object) -> str:
    """A category as models see it: a text as it is, anything else as JSON (``true``, ``3``)."""
    plain = canonical(value)
    return plain if isinstance(plain, str) else json.dumps(plain)


def finite(value: object) -> float | None:
    """A finite number as a float; ``None`` for anything else, and for what no float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def label_text(label: Scalar) -> str:
    """A class's label, or a value of an entity, as text: ``true`` and ``false`` as JSON spells them."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def label_of(meant: Scalar, labels: Iterable[Scalar]) -> Scalar:
    """The one of some labels that a user means; ``None`` where no label fits, or several do.

    A label of the same type comes first. Else spelling decides: ``39``, ``39.0`` and ``"39"`` are one label,
    and so are ``True`` and ``"True"``.
    """
    known = list(labels)
    same = [label for label in known if type(label) is type(meant) and label == meant]
    found = same or [label for label in known if spelling(label) == spelling(meant)]
    return found[0] if len(found) == 1 else None


def spelling(label: Scalar) -> str:
    """A label's text where ``39.0`` is 39, and ``True`` is ``true``: the same for every spelling of one."""
    text = str(label)
    return text.lower() if text.lower() in {"true", "false"} else unpointed(text)


def unpointed(text: str) -> str:
    """``39`` of ``39.0`` or ``39.``: pandas writes whole numbers so where some are missing."""
    return re.sub(r"(?<=\d)\.0*$", "", text)


def timestamp_text(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds, such as ``2026-01-31T00:00:00.000000Z``; sorts as text.

    A naive moment is taken as UTC: databases and files give UTC, and a local reading would differ by host.
    """
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    # Not strftime: it writes the year 987 with three digits, which sorts wrong and cannot be read again.
    return aware.replace(tzinfo=None).isoformat("T", "microseconds") + "Z"


def moment_text(moment: datetime | None) -> str | None:
    """The same of a moment that may not have come."""
    return None if moment is None else timestamp_text(moment)


def day_of(text: str) -> date | None:
    """The date that ISO 8601 text is, where it names no time of the day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def end_of(day: date) -> datetime:
    """The last moment of a day, in UTC."""
    return datetime.combine(day, time.max, UTC)


def parse_end(text: str) -> datetime:
    """A moment in UTC by which something ends; of a date alone the end of the day. Raises ``ValueError``."""
    day = day_of(text)
    return parse_timestamp(text) if day is None else end_of(day)


def parse_timestamp(text: str) -> datetime:
    """A moment in UTC from ISO 8601 text (a date alone is its midnight). Raises ``ValueError``."""
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("In UTC, that is before the year 1 or after the year 9999.") from None


def duration(text: object) -> timedelta:
    """A time such as ``90d``, ``12h`` or ``30m``. Raises ``ValueError``."""
    match = re.fullmatch(r"(\d{1,5})([dhms])", str(text))
    if match is None:
        raise ValueError('A time is a number of up to five digits and d, h, m or s: "90d".')
    unit = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def spelled(key: Scalar) -> Scalar:
    """A UUID as snapshots spell it: lower case, with dashes. Any other value stays, and names no row."""
    try:
        return str(UUID(str(key)))
    except ValueError:
        return key


def snake_case(name: str) -> str:
    """``CreditRisk`` as ``credit_risk``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
