"""Declarations as Django system checks: what reading them alone shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from flyball.control.declarations import discovery
from flyball.control.declarations.names import CATALOGUE, ENSEMBLES, METRICS
from flyball.domain.declaration import UNSUPERVISED, Candidate, Endpoint, Fault, declared
from flyball.domain.faults import faults

PARTS = 2
"""Candidates that an ensemble is made of at least."""
ZONES = Error(
    "USE_TZ is off: SQLite refuses Flyball's moments then, PostgreSQL returns them without their zone.",
    hint="Set USE_TZ = True.",
    id="flyball.E033",
)


def check_declarations(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """Every fault of every declared endpoint; each message names class, attribute and fix."""
    discovery.load()
    found = [message for endpoint in declared() for message in check(endpoint)]
    return found if settings.USE_TZ or not declared() else [*found, ZONES]


def check(endpoint: type[Endpoint]) -> list[CheckMessage]:
    """The faults of one declaration that are seen by reading it."""
    found = [*faults(endpoint), *_candidates(endpoint), *_metric(endpoint)]
    return [message_of(endpoint, fault) for fault in found]


def message_of(endpoint: type[Endpoint], fault: Fault) -> CheckMessage:
    """A fault as Django shows it."""
    said = f"{endpoint.__name__}.{fault.attribute} {fault.message}."
    return Error(said, hint=fault.hint, obj=endpoint, id=f"flyball.{fault.code}")


def _candidates(endpoint: type[Endpoint]) -> Iterator[Fault]:
    """Names that the catalogue does not have, and ensembles without parts."""
    if isinstance(endpoint.candidates, str) or not isinstance(endpoint.candidates, Sequence):
        return
    ensembles = ENSEMBLES[endpoint.task]
    names = (*CATALOGUE[endpoint.task], *ensembles)
    for name in (entry for entry in endpoint.candidates if not isinstance(entry, Candidate)):
        if name not in (*names, "baseline"):
            hint = f"Use Candidate(…) or one of {', '.join(names)}."
            yield Fault("E015", "candidates", f"has an unknown {name!r}", hint)
    joining = [each for each in endpoint.candidates if each in ensembles]
    if joining and len(endpoint.candidates) - len(joining) < PARTS:
        hint = f"Name {PARTS} candidates or more beside it."
        yield Fault("E015", "candidates", f"has a {joining[0]!r} of fewer than {PARTS} others", hint)


def _metric(endpoint: type[Endpoint]) -> Iterator[Fault]:
    own, metric = METRICS[endpoint.task], endpoint.metric
    if metric not in own and (endpoint.task in UNSUPERVISED or not _is_scorer(metric)):
        near = get_close_matches(str(metric), own, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Use one of {', '.join(own)}."
        yield Fault("E025", "metric", f"is not a metric of {endpoint.task}", hint)


def _is_scorer(metric: Any) -> bool:
    """Whether scikit-learn has it and no task of ours. Asked last: loading it takes a second or two."""
    if any(metric in names for names in METRICS.values()):
        return False
    try:
        from sklearn.metrics import get_scorer_names
    except ModuleNotFoundError:
        return False
    return metric in get_scorer_names()
