"""The members of lines of NDJSON."""

from __future__ import annotations

import json
from typing import Any

import msgspec


def member_values(line: str) -> dict[str, Any] | None:
    """The members of a JSON object; ``None`` for what is none, or names one of them twice."""
    try:
        values: Any = msgspec.json.decode(line)
        if isinstance(values, dict) and line.count(":") > len(values):
            values = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)
