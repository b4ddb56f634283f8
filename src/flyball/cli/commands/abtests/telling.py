"""A test as people read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.abtests.services import Started


def tell_started(output: Output, started: Started) -> None:
    """Say that a test is in force, and what is to be expected of it."""
    from flyball.control.abtests.judging.standing import standing
    from flyball.control.abtests.wording.expecting import expected

    document = standing(started.test)
    expectation = expected(document["metrics"][0]["name"], started.plan)
    said = f"{title(document)} has started (route revision {started.revision.number}): {shares(document)}."
    output.result({**document, "expectation": expectation}, f"{said}\n{expectation['sentence']}")
    output.note(f"flyball worker looks at it; so do you: flyball abtest status {document['endpoint']}")


def title(document: dict[str, Any]) -> str:
    """Which test it is."""
    kind = {"ab": "A/B test", "canary": "Canary", "bandit": "Bandit"}[document["kind"]]
    return f"{kind} {document['number']} of {document['endpoint']}"


def shares(document: dict[str, Any]) -> str:
    """Who has which part of the units now."""
    return ", ".join(f"{arm['name']} {percent(arm['share'])}" for arm in document["arms"])


def percent(share: float | None) -> str | None:
    """A share as people write it."""
    return None if share is None else f"{100 * share:.4g} %"
