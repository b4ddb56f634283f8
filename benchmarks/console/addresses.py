"""An example for every address of the console that shows something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.urls import URLPattern

ENDPOINT = "endpoints/{endpoint}"
TEST = f"{ENDPOINT}/tests/{{test}}"
VERSION = f"{ENDPOINT}/versions/{{version}}"
DIAGNOSED = f"{ENDPOINT}/versions/{{diagnosed}}"
PREDICTION = "predictions/{prediction}"
OWN = "predictions?endpoint={endpoint}"
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    # the name of an address: where it is asked
    "flyball-home": ("", "?after={middle}"),
    "flyball-search": ("search?q=endpoint", "search?q=nothing"),
    "flyball-endpoint": (ENDPOINT,),
    "flyball-traffic": (f"{ENDPOINT}/traffic?over=day", f"{ENDPOINT}/traffic?over=month"),
    "flyball-drawing": (f"{ENDPOINT}/drawings/{{drawing}}.svg",),
    "flyball-drawing-pixels": (f"{ENDPOINT}/drawings/{{drawing}}.png",),
    "flyball-revisions": (f"{ENDPOINT}/revisions", f"{ENDPOINT}/revisions?before=50"),
    "flyball-promote": (f"{ENDPOINT}/promote/{{version}}",),
    "flyball-rollback": (f"{ENDPOINT}/rollback",),
    "flyball-abtests": (f"{ENDPOINT}/tests",),
    "flyball-start-abtest": (f"{ENDPOINT}/tests/start",),
    "flyball-abtest": (TEST,),
    "flyball-abtest-csv": (f"{TEST}.csv",),
    "flyball-abtest-json": (f"{TEST}.json",),
    "flyball-reweigh-abtest": (f"{TEST}/weights",),
    "flyball-stop-abtest": (f"{TEST}/stop",),
    "flyball-backtests": (f"{ENDPOINT}/backtests",),
    "flyball-backtest": (f"{ENDPOINT}/backtests/{{backtest}}",),
    "flyball-all-builds": ("builds",),
    "flyball-builds": (f"{ENDPOINT}/builds",),
    "flyball-build": (f"{ENDPOINT}/builds/{{build}}",),
    "flyball-versions": (f"{ENDPOINT}/versions", f"{ENDPOINT}/versions?order=oldest"),
    "flyball-version": (VERSION,),
    "flyball-card": (f"{DIAGNOSED}/card",),
    "flyball-card-file": (f"{DIAGNOSED}/card.md",),
    "flyball-diagnostics": (f"{DIAGNOSED}/diagnostics", f"{DIAGNOSED}/diagnostics?of=inputs"),
    "flyball-archive-version": (f"{VERSION}/archive",),
    "flyball-remove-version": (f"{VERSION}/remove",),
    "flyball-compare": (f"{ENDPOINT}/compare?version={{version}}&version=50",),
    "flyball-snapshots": (f"{ENDPOINT}/snapshots",),
    "flyball-snapshot": (f"{ENDPOINT}/snapshots/{{digest}}",),
    "flyball-shadows": (f"{ENDPOINT}/shadows",),
    "flyball-shadow": (f"{ENDPOINT}/shadows/{{shadow}}",),
    "flyball-tables": (f"{ENDPOINT}/tables",),
    "flyball-entity": (f"{ENDPOINT}/entities",),
    "flyball-outcomes": (f"{ENDPOINT}/outcomes", f"{ENDPOINT}/outcomes?state=unmatched"),
    "flyball-predictions": (
        "predictions",
        "predictions?reference={reference}",
        "predictions?label=maybe",
        f"{OWN}&entity=person%3D17",
        f"{OWN}&version=1",
        f"{OWN}&decision=nothing",
    ),
    "flyball-predictions-file": ("predictions.csv?endpoint={endpoint}",),
    "flyball-prediction": (PREDICTION,),
    "flyball-erase": (f"{PREDICTION}/erase",),
    "flyball-api": ("api/docs",),
    "flyball-asks": ("ask",),
    "flyball-ask": ("ask/{endpoint}", "ask/{endpoint}?typical"),
    "flyball-ask-rows": ("ask/{endpoint}/rows",),
    "flyball-ask-entities": ("ask/{endpoint}/entities?on=person&entity.person=1",),
    "flyball-ask-links": ("ask/{endpoint}/links",),
    "flyball-ask-files": ("ask/{endpoint}/files",),
    "flyball-ask-file": ("ask/{endpoint}/files/{upload}",),
    "flyball-ask-file-answers": ("ask/{endpoint}/files/{upload}/answers.csv",),
    "flyball-ask-file-rejects": ("ask/{endpoint}/files/{upload}/rejects.csv",),
    "flyball-schedules": ("schedules",),
    "flyball-jobs": ("jobs", "jobs?before={job}"),
    "flyball-job": ("jobs/{job}",),
    "flyball-people": ("people",),
    "flyball-invite": ("people/invite",),
    "flyball-withdraw": ("people/invitations/{withdrawn}/withdraw",),
    "flyball-member": ("people/members/{member}",),
    "flyball-keys": ("keys",),
    "flyball-new-key": ("keys/new",),
    "flyball-revoke-key": ("keys/{key}/revoke",),
    "flyball-join": ("join/{invitation}",),
    "flyball-asset": ("{asset}",),
}
"""Where an address takes a search, also one that finds nothing: that one reads most."""


def shown(patterns: Sequence[Any]) -> Iterator[URLPattern]:
    """The addresses that show something; what only a form is sent to leads to one of them."""
    for each in patterns:
        view = getattr(each.callback, "view_class", None)
        if view is None or "GET" in getattr(view, "roles", ()):
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
