"""What is known of shadows without their numbers: whoever asks for their jobs loads no numpy."""

from __future__ import annotations

from flyball.domain.declaration import Endpoint
from flyball.domain.routing import Arm, Route

KIND = "shadow"
"""Of its jobs."""


def arm_of(route: Route, version: int) -> Arm | None:
    """The arm under which a version is a shadow, or ``None``."""
    return next((arm for arm in route.arms if arm.name == "shadow" and arm.version == version), None)


def unjudged(declaration: type[Endpoint] | None) -> str:
    """Why shadows of an endpoint are not judged on outcomes, in a sentence; empty where they are."""
    outcome = None if declaration is None else declaration.outcome
    if declaration is None or outcome is None:
        return "It is not judged on outcomes: none is declared."
    seen = getattr(outcome, "observed_when", None)
    if seen:
        return (
            f'It is not judged on outcomes: they are seen only after the decision "{seen}", which was not its'
            " own, and rows that it alone would have decided so have none."
        )
    return ""
