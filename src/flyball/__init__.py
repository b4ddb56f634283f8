"""Flyball: a model management system inside Django."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyball.control.registry.fitted import register
    from flyball.control.routing.building import build
    from flyball.domain.abtests.declared.abtest import ABTest
    from flyball.domain.abtests.metrics import Metric
    from flyball.domain.asking.words import Ask
    from flyball.domain.batches.declared import Batch
    from flyball.domain.declaration import (
        AnomalyDetection,
        Candidate,
        Classification,
        Clustering,
        FeatureTable,
        Field,
        Outcome,
        Policy,
        Regression,
        RequestSource,
        Rows,
        Search,
    )
    from flyball.domain.finishing.declared import Threshold
    from flyball.domain.reasons.declared import Interventional
    from flyball.domain.schedules import Schedule
    from flyball.inprocess import apredict, explain, predict

APPS = [
    "flyball.control.accounts",
    "flyball.control.declarations",
    "flyball.control.jobs",
    "flyball.control.schedules",
    "flyball.control.drawings",
    "flyball.control.asking",
    "flyball.control.datasets",
    "flyball.control.registry",
    "flyball.control.diagnostics",
    "flyball.control.cards",
    "flyball.control.routing",
    "flyball.control.abtests",
    "flyball.control.shadows",
    "flyball.control.backtests",
    "flyball.batches",
    "flyball.api",
    "flyball.console",
    "flyball.cli",
]
"""What a project adds to its ``INSTALLED_APPS``."""

__version__ = "0.1.0"

__all__ = [
    "APPS",
    "ABTest",
    "AnomalyDetection",
    "Ask",
    "Batch",
    "Candidate",
    "Classification",
    "Clustering",
    "FeatureTable",
    "Field",
    "Interventional",
    "Metric",
    "Outcome",
    "Policy",
    "Regression",
    "RequestSource",
    "Rows",
    "Schedule",
    "Search",
    "Threshold",
    "apredict",
    "build",
    "explain",
    "predict",
    "register",
]


def __getattr__(name: str) -> Any:
    """Each is looked up on first use: declarations import no Django, and a server no declarations."""
    if name in {"predict", "apredict", "explain"}:
        from flyball import inprocess

        return getattr(inprocess, name)
    if name == "build":
        from flyball.control.routing.building import build

        return build
    if name == "register":
        from flyball.control.registry.fitted import register

        return register
    if name in __all__:
        from flyball.domain import declaration

        return getattr(declaration, name)
    raise AttributeError(f"module 'flyball' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
