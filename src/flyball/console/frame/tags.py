"""How values are written on pages: numbers, moments, scores, parts of a whole. Built into every template."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from flyball.console.frame import assets
from flyball.serving.recording.meter import BOUNDS

register = Library()
NOTHING = "–"
MISSING = (None, "")
"""Not known; and what templates take for a name that is not there."""
SHORT = 12
UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@register.filter
def number(value: Any) -> str:
    """A count with thousands separated."""
    return NOTHING if value in MISSING else f"{value:,}"


@register.filter
def score(value: Any) -> str:
    """A score to four decimals."""
    return NOTHING if value in MISSING else f"{value:.4f}"


@register.filter
def seconds(value: Any) -> str:
    """A duration, in the unit that reads best; infinity is beyond the last bucket of latencies."""
    if value in MISSING:
        return NOTHING
    if value == math.inf:
        return f"over {BOUNDS[-1] / 1_000_000:g} s"
    if value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.3g} s" if value < 90 else f"{value / 60:,.0f} min"


@register.filter
def microseconds(value: Any) -> str:
    """A duration that is counted in microseconds."""
    return NOTHING if value in MISSING else seconds(value / 1_000_000)


@register.filter
def plain(value: Any) -> str:
    """A value as JSON has it, texts without their quotes: labels and features of any kind."""
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@register.filter
def size(value: Any) -> str:
    """Bytes, in the unit that reads best."""
    if value in MISSING:
        return NOTHING
    for least, unit in UNITS:
        if value >= least:
            return f"{value / least:.1f} {unit}"
    return f"{value} B"


@register.filter
def short(value: Any) -> str:
    """The beginning of a digest."""
    return str(value)[:SHORT]


@register.filter
def pairs(value: Any) -> list[tuple[Any, Any]]:
    """Names and values: in templates ``items`` is first a key of that name, and parameters may have it."""
    return [] if value in MISSING else list(value.items())


@register.filter
def moment(value: Any) -> SafeString | str:
    """A moment in UTC; the page's script writes it in the reader's zone and keeps the exact one beside it."""
    if value in MISSING:
        return NOTHING
    try:
        exact = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
    except (ValueError, OverflowError):
        return str(value)  # what an imported folder calls a moment
    return format_html(
        '<time datetime="{}">{} UTC</time>', exact.isoformat(), exact.strftime("%Y-%m-%d %H:%M")
    )


@register.simple_tag
def asset(name: str) -> str:
    """The address of a style or a script."""
    return assets.address(name)
