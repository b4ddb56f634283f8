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
from flyball.domain.values import finite
from flyball.serving.recording.meter import BOUNDS

register = Library()
NOTHING = "–"
MISSING = (None, "")
"""Not known; and what templates take for a name that is not there."""
SHORT = 12
LARGE = 1e9
"""From here on a score is written with its exponent."""
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "CriOS": "Chrome"}
BROWSERS |= {"Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "macOS"}
SYSTEMS |= {"Linux": "Linux"}
"""Signs in what a browser calls itself, those before others that name them too."""
UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def _odd(value: Any) -> str | None:
    """How something is written that is no number: facts of another release, or folder, may hold anything."""
    if value in MISSING:
        return NOTHING
    is_huge = isinstance(value, int) and finite(value) is None  # true and false among them
    return str(value) if is_huge or not isinstance(value, int | float) else None


@register.filter
def number(value: Any) -> str:
    """A count with thousands separated."""
    if (odd := _odd(value)) is not None:
        return odd
    return f"{value:,}"


@register.filter
def score(value: Any) -> str:
    """A score to four decimals."""
    if (odd := _odd(value)) is not None:
        return odd
    return f"{value:.4f}" if abs(value) < LARGE else f"{value:.4g}"


@register.filter
def brief(value: Any) -> str:
    """A number to five digits that mean something: 0.00012, 39.25, 1.2e+300."""
    if (odd := _odd(value)) is not None:
        return odd
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.5g}"


@register.filter
def part(value: Any) -> str:
    """A part of a whole from 0 to 1, in percent; a little is not none."""
    if (odd := _odd(value)) is not None:
        return odd
    if 0 < value < 0.001 or 0.999 < value < 1:
        return "< 0.1 %" if value < 0.5 else "> 99.9 %"
    return f"{100 * value:.3g} %"


@register.filter
def change(value: Any) -> str:
    """A difference of counts, with its sign."""
    return NOTHING if value in MISSING else f"{value:+,}".replace("-", "−")


@register.filter
def signed(value: Any) -> str:
    """A difference to three digits that mean something, with its sign."""
    if (odd := _odd(value)) is not None:
        return odd
    return f"{value:+.3g}".replace("-", "−") if value else "0"


@register.filter
def seconds(value: Any) -> str:
    """A duration, in the unit that reads best; infinity is beyond the last bucket of latencies."""
    if (odd := _odd(value)) is not None:
        return odd
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
def sentence(value: Any) -> str:
    """Words as a sentence begins: other packages write every word of a heading large."""
    words = " ".join(str(value).split())
    return words[:1].upper() + words[1:].lower()


@register.filter
def words(value: Any) -> str:
    """A name as words: doubly_robust is Doubly robust."""
    return sentence(str(value).replace("_", " "))


@register.filter
def browser(value: Any) -> str:
    """What a browser calls itself, in two words; all of it where none of them is known."""
    found = [
        next((name for sign, name in signs.items() if sign in str(value)), None)
        for signs in (BROWSERS, SYSTEMS)
    ]
    return " on ".join(each for each in found if each) or str(value) or NOTHING


@register.filter
def size(value: Any) -> str:
    """Bytes, in the unit that reads best."""
    if (odd := _odd(value)) is not None:
        return odd
    for least, unit in UNITS:
        if value >= least:
            return f"{value / least:.1f} {unit}"
    return f"{value} B"


@register.filter
def short(value: Any) -> str:
    """The beginning of a digest."""
    return NOTHING if value in MISSING else str(value)[:SHORT]


@register.filter
def pairs(value: Any) -> list[tuple[Any, Any]]:
    """Names and values: in templates ``items`` is first a key of that name, and parameters may have it."""
    return list(value.items()) if isinstance(value, dict) else []


@register.filter
def of(values: Any, key: Any) -> Any:
    """What stands under a key; nothing where there is none."""
    return values.get(key) if isinstance(values, dict) else None


@register.filter
def at(values: Any, place: Any) -> Any:
    """What stands at a place."""
    return values[place]


@register.filter
def moment(value: Any) -> SafeString | str:
    """A moment in UTC; the page's script writes it in the reader's zone and keeps the exact one beside it."""
    if value in MISSING:
        return NOTHING
    try:
        exact = (value if isinstance(value, datetime) else datetime.fromisoformat(str(value))).astimezone(UTC)
    except (ValueError, OverflowError):
        return str(value)  # what an imported folder calls a moment
    return format_html(
        '<time datetime="{}">{} UTC</time>', exact.isoformat(), exact.strftime("%Y-%m-%d %H:%M")
    )


@register.filter
def utc(value: datetime) -> str:
    """A moment in UTC as plain text, where no element may stand."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@register.simple_tag
def asset(name: str) -> str:
    """The address of a style or a script."""
    return assets.address(name)
