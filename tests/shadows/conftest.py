"""An endpoint with a champion, a version that becomes its shadow, and a job that asks it without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from flyball import Classification, Outcome, Rows, Threshold
from flyball.control.registry import selectors as registry
from flyball.control.shadows import resting, selectors, services
from flyball.control.shadows.answering import Asking
from flyball.control.shadows.keeping import Kept
from flyball.domain.records import Outcome as Sent
from flyball.domain.records import Prediction, now
from flyball.inference.runtime import Runtime
from flyball.stores import outcomes, rows
from flyball.stores.database import Database
from tests import published

LATER = timedelta(minutes=1)
"""By then nothing may still be committed before others."""
Record = Callable[..., list[Prediction]]
Ask = Callable[..., Asking]


class Triage(Classification):
    """Published by ``tests.published``: only its threshold, its outcome and its name matter."""

    abstract = True
    rows = Rows("triage.csv")
    outcome = Outcome("state", positive="ill")
    decide = Threshold(0.5, at_or_above="admit", below="send home")


def declare(**attributes: Any) -> None:
    """The endpoint ``triage``."""
    type("Declared", (Triage,), {"name": "triage", "team": "hospital", "__module__": __name__, **attributes})


@pytest.fixture
def triage(database: Database) -> Database:
    """``triage@1`` as champion, which decides; ``triage@2`` without an arm, and of the other opinion."""
    declare()
    published.publish(database)
    published.store(database, version=2, labels=("well", "ill"))
    return database


@pytest.fixture
def shadow(triage: Database) -> Database:
    """``triage@2`` as a shadow."""
    services.add_shadow(endpoint="triage", version=2)
    return triage


@pytest.fixture
def record(database: Database) -> Record:
    """Predictions as the champion answered them."""

    def recorded(inputs: Sequence[dict[str, Any]], **more: Any) -> list[Prediction]:
        runtime = registry.loaded(registry.version("triage", 1))
        known = [{"age": each.get("age", 50.0), "ward": each.get("ward", "east")} for each in inputs]
        made = [
            Prediction(
                id=uuid7(),
                **{
                    "endpoint": "triage",
                    "version": 1,
                    "arm": "champion",
                    "route": 1,
                    "input": values,
                    "output": output,
                    "decision": published.DECISION.decide(output),
                    "latency": 900,
                    "created_at": now(),
                    **more,
                },
            )
            for values, output in zip(inputs, runtime.predict(known), strict=True)
        ]
        with closing(database.connect()) as connection:
            rows.insert(database, connection, made)
        return made

    return recorded


@pytest.fixture
def asking(database: Database) -> Iterator[Ask]:
    """A job of a shadow that has begun; where a runtime is given, that one answers in place of its own."""
    with closing(database.connect()) as connection:

        def begun(version: int = 2, runtime: Runtime | None = None) -> Asking:
            chosen = registry.version("triage", version)
            kept = Kept(selectors.shadow("triage", version), connection)
            asked = Asking(kept, registry.manifest(chosen), runtime or registry.loaded(chosen))
            asked.begin()
            return asked

        yield begun


@pytest.fixture(autouse=True)
def pressure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Say for how many percent of the time somebody waits for a processor; unless a test does, nobody."""
    file = tmp_path / "cpu"
    monkeypatch.setattr(resting, "PRESSURE", file)

    def wait(percent: float) -> None:
        file.write_text(f"some avg10={percent:.2f} avg60=0.00 avg300=0.00 total=12345\n")

    wait(0.0)
    return wait


def to_the_end(asked: Asking) -> Asking:
    """All that waits is answered, and the job has ended."""
    while asked.step(now() + LATER):
        pass
    asked.end()
    return asked


def tell(database: Database, made: Sequence[Prediction], value: Callable[[Prediction], Any]) -> None:
    """An outcome of each prediction."""
    with closing(database.connect()) as connection:
        sent = [Sent(endpoint="triage", value=value(each), prediction=each.id) for each in made]
        outcomes.record(database, connection, sent, now())


def people(number: int = 40) -> list[dict[str, Any]]:
    """Inputs of every age."""
    return [{"age": 20.0 + place, "ward": ("east", "west")[place % 2]} for place in range(number)]


def told(version: int = 2) -> dict[str, Any]:
    """What every door shows of the shadow."""
    return next(each for each in selectors.documents("triage") if each["version"] == version)
