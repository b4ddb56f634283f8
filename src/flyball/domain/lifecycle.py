"""The stage of a version follows from its arms."""

from __future__ import annotations

from collections.abc import Iterable

STAGES = (
    ("champion", "production"),
    ("challenger", "ab_testing"),
    ("canary", "ab_testing"),
    ("shadow", "staging"),
)


def stage(arms: Iterable[str], *, archived: bool = False) -> str:
    """The stage for the names of the arms a version has now: its most exposed arm decides."""
    held = set(arms)
    for arm, name in STAGES:
        if arm in held:
            return name
    return "archived" if archived else "testing"
