"""What compiling a version has shown, as a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flyball.control.registry.models import Version

NUMBERS = ("rows", "alone", "flips", "largest_error", "microseconds")
"""What a proof consists of."""


def runtime_of(version: Version) -> str:
    """The name of the runtime that answers for a version."""
    return runtime_in(version.manifest.get("artifacts", []))


def runtime_in(artifacts: Iterable[Mapping[str, Any]]) -> str:
    """The name of the runtime of the first of some artifacts that nothing speaks against."""
    return next((str(each["runtime"]) for each in artifacts if not each.get("unused")), "–")


def compiling_text(version: Version) -> str:
    """How a compiled version was proven, or why scikit-learn answers; empty where nothing is known."""
    known = version.facts.get("compiling")
    found = known if isinstance(known, dict) else {}
    if found.get("reason"):
        return f"Answered by scikit-learn. {found['reason']}"
    if not all(isinstance(found.get(name), int | float) for name in NUMBERS):
        return ""  # of another release, or of a folder
    return (
        f"Compiled: {found['rows']} rows answered as by scikit-learn, {found['alone']} of them alone too; "
        f"{found['flips']} labels differ, the largest error is {found['largest_error']:.1e}; "
        f"{found['microseconds']:.0f} µs a row."
    )
