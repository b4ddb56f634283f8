"""An example for every address of the console that shows something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.urls import URLPattern

ENDPOINT = "endpoints/{endpoint}"
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    # the name of an address: where it is asked
    "flyball-home": ("", "?after={middle}"),
    "flyball-endpoint": (ENDPOINT,),
    "flyball-promote": (f"{ENDPOINT}/promote/{{version}}",),
    "flyball-rollback": (f"{ENDPOINT}/rollback",),
    "flyball-build": (f"{ENDPOINT}/builds/{{build}}",),
    "flyball-version": (f"{ENDPOINT}/versions/{{version}}",),
    "flyball-jobs": ("jobs", "jobs?before={job}"),
    "flyball-job": ("jobs/{job}",),
    "flyball-join": ("join/{invitation}",),
    "flyball-asset": ("{asset}",),
}


def shown(patterns: Sequence[Any]) -> Iterator[URLPattern]:
    """The addresses that show something; what only a form is sent to leads to one of them."""
    for each in patterns:
        view = getattr(each.callback, "view_class", None)
        if view is None or "GET" in view.roles:
            yield each


def examples(patterns: Sequence[Any]) -> dict[str, tuple[str, ...]]:
    """By the names of the addresses. Raises ``SystemExit`` for one that has no example."""
    named = {str(each.name): str(each.pattern) for each in shown(patterns)}
    missing = [f"{name} ({route})" for name, route in named.items() if name not in EXAMPLES]
    if missing:
        raise SystemExit(
            f"These addresses have no example in benchmarks/console/addresses.py: {', '.join(missing)}."
        )
    return {name: EXAMPLES[name] for name in named}
