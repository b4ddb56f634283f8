"""From the names of metrics to what measures them, as the declaration is now."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from flyball.control.abtests.counting.measures.answers import Latency, Output
from flyball.control.abtests.counting.measures.business import Business
from flyball.control.abtests.counting.measures.outcomes import LOSSES, Classes, Outcomes, Ranked
from flyball.control.abtests.counting.measures.units import Measure
from flyball.control.abtests.spec import Judged, Spec
from flyball.domain.abtests.claims import Role
from flyball.domain.abtests.metrics import KNOWN, Better, Known, Metric
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import DeclarationError, InvalidInput, Problem
from flyball.domain.records import digest
from flyball.domain.routing import Manifest
from flyball.domain.values import label_of, label_text

OFFLINE = {
    "roc_auc": "roc_auc",
    "accuracy": "accuracy",
    "balanced_accuracy": "accuracy",
    "neg_log_loss": "log_loss",
    "neg_brier_score": "brier",
    "r2": "squared_error",
    "neg_mean_squared_error": "squared_error",
    "neg_root_mean_squared_error": "squared_error",
    "neg_mean_absolute_error": "absolute_error",
    "neg_median_absolute_error": "absolute_error",
}
"""Which metric of a test says what a scorer of model selection says."""


BETTER: Mapping[str, Better] = {"lower": "lower", "same": "same"}


def judged(
    declaration: type[Endpoint],
    champion: Manifest,
    name: str,
    role: Role,
    *,
    within: float,
    margin: float | None = None,
    one_sided: bool = False,
    better: str = "",
) -> Judged:
    """A metric as a test keeps it. ``within`` is for those of outcomes (seconds); ``better`` is ``higher`` or
    ``lower`` where that is not as it is known to be. Raises ``InvalidInput``."""
    declared = {metric.name: metric for metric in declaration.metrics}
    if (metric := declared.get(name)) is not None:
        return Judged(
            name=name,
            role=role,
            better=_better(better or metric.better),
            shape=metric.shape,
            within=metric.period.total_seconds(),
            outcomes=True,
            margin=margin,
            one_sided=one_sided,
            declared=_digest(metric),
        )
    known = KNOWN.get(name)
    if known is None or not _has(declaration, champion, known):
        there = f"There are: {', '.join(available(declaration, champion))}."
        problem = Problem("/metric", "unknown_metric", f"The endpoint has no such metric. {there}")
        raise InvalidInput("The test does not fit the endpoint.", problems=[problem])
    return Judged(
        name=name,
        role=role,
        better=_better(better or known.better),
        shape=known.shape,
        within=within if known.outcomes else 0.0,
        outcomes=known.outcomes,
        margin=margin,
        one_sided=one_sided,
        reads=_reads(_classes(declaration, champion)) if known.outcomes else "",
    )


def available(declaration: type[Endpoint], champion: Manifest) -> dict[str, Better]:
    """The metrics that a test of the endpoint may have, and which direction of each is better."""
    own = {each.name: each.better for each in KNOWN.values() if _has(declaration, champion, each)}
    return own | {each.name: _better(each.better) for each in declaration.metrics}


def _better(word: str) -> Better:
    return BETTER.get(word, "higher")


def default_metric(declaration: type[Endpoint], champion: Manifest) -> str:
    """The metric that decides where none is asked for: the endpoint's own, as tests know it."""
    first = "squared_error" if declaration.task == "regression" else "accuracy"
    for name in (OFFLINE.get(declaration.metric, first), first):
        if _has(declaration, champion, KNOWN[name]):
            return name
    raise InvalidInput(
        "The test does not fit the endpoint.",
        problems=[
            Problem("/metric", "missing", "Without outcomes no metric decides by itself: name one that does.")
        ],
    )


def measures(spec: Spec, declaration: type[Endpoint], champion: Manifest) -> list[Measure]:
    """What measures units for the metrics of a test.

    Raises ``DeclarationError`` where one was changed since.
    """
    of_units = (each for each in spec.metrics if each.shape != "errors")
    return [measure(spec, each, declaration, champion) for each in of_units]


def measure(spec: Spec, judged: Judged, declaration: type[Endpoint], champion: Manifest) -> Measure:
    """What measures one metric. Raises as ``measures``."""
    if judged.declared:
        return Business(_declared(declaration, judged), spec.unit)
    if judged.shape == "latency":
        return Latency(judged.name)
    classes = _classes(declaration, champion)
    if judged.reads and judged.reads != _reads(classes):  # tests of earlier releases have none
        raise _declared_otherwise(declaration, f"the positive class or the decision that {judged.name} reads")
    if judged.name == "output":
        return Output(judged.name, classes.positive)
    if judged.shape == "auc":
        return Ranked(judged.name, classes, judged.within, spec.maturity)
    return Outcomes(judged.name, LOSSES[judged.name], classes, judged.within, spec.maturity)


def positive(declaration: type[Endpoint], champion: Manifest) -> str | None:
    """The class that counts, as text: the declared one, else the last of two, else ``None``."""
    declared = None if declaration.outcome is None else declaration.outcome.positive
    if declared is not None:
        meant = label_of(declared, champion.classes)
        return label_text(declared if meant is None else meant)
    return label_text(champion.classes[-1]) if len(champion.classes) == 2 else None


def _declared(declaration: type[Endpoint], judged: Judged) -> Metric:
    for metric in declaration.metrics:
        if metric.name == judged.name and _digest(metric) == judged.declared:
            return metric
    raise _declared_otherwise(declaration, f"metric {judged.name}")


def _declared_otherwise(declaration: type[Endpoint], what: str) -> DeclarationError:
    return DeclarationError(
        f"{declaration.name}: {what} is not declared any more as it was when the test began. "
        "Declare it so again, or stop the test."
    )


def _reads(classes: Classes) -> str:
    return digest([classes.positive, classes.at_or_above])


def _digest(metric: Metric) -> str:
    names: Sequence[str] = list(inspect.signature(Metric).parameters)
    return digest({name: getattr(metric, name) for name in names})


def _has(declaration: type[Endpoint], champion: Manifest, known: Known) -> bool:
    if declaration.task not in known.tasks or (known.outcomes and declaration.outcome is None):
        return False
    is_positive = declaration.task == "regression" or positive(declaration, champion) is not None
    return is_positive or not known.positive


def _classes(declaration: type[Endpoint], champion: Manifest) -> Classes:
    if declaration.task != "classification":
        return Classes(None)
    above = None if declaration.decide is None else declaration.decide.at_or_above
    return Classes(positive(declaration, champion), above)
