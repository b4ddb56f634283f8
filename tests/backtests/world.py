"""A hospital's predictions of a past autumn, with outcomes, and backtests over them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flyball import Classification, Outcome, Rows, Threshold
from flyball.control.backtests import services
from flyball.control.backtests.models import Backtest
from flyball.control.datasets.models import Snapshot
from flyball.control.jobs.performing import perform
from flyball.control.jobs.running import claim
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Build, CandidateResult, Version
from flyball.domain import records
from flyball.domain.records import Prediction
from flyball.stores import outcomes, rows
from flyball.stores.database import Database
from tests import published

START = datetime(2025, 10, 1, tzinfo=UTC)
END = datetime(2025, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
POSITIVE = Outcome("state", positive="ill")
DECIDE = Threshold(0.5, at_or_above="admit", below="send home")


class Triage(Classification):
    """Published by ``tests.published``: only what it says of outcomes, decisions and metric matters."""

    abstract = True
    rows = Rows("triage.csv", time="at")


def declare(**attributes: Any) -> type[Classification]:
    """The endpoint ``triage``."""
    declared = {"outcome": POSITIVE, "decide": DECIDE, "metric": "roc_auc", **attributes}
    body = {"name": "triage", "team": "hospital", "__module__": __name__, **declared}
    return type("Declared", (Triage,), body)


def identity(moment: datetime) -> UUID:
    """An id as servers make them at a moment."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | random.getrandbits(72) & ~(0xF << 72))


def store(database: Database, number: int = 2, *, built: datetime | None = START, **more: Any) -> Version:
    """A version that no route names, built on a snapshot of that moment; of ``None``, elsewhere."""
    published.store(database, version=number, **more)
    version = registry.version("triage", number)
    if built is not None:
        snapshot = Snapshot.objects.create(
            endpoint=version.endpoint,
            digest=f"{number:064x}",
            row_count=9,
            outcome_count=0,
            schema={},
            profile={},
        )
        Snapshot.objects.filter(pk=snapshot.pk).update(created_at=built)
        build = Build.objects.create(endpoint=version.endpoint, snapshot=snapshot, seed=0, metric="roc_auc")
        made = CandidateResult.objects.create(build=build, name="linear")
        facts = {"snapshot": {"digest": snapshot.digest, "taken_at": built.isoformat()}}
        Version.objects.filter(pk=version.pk).update(candidate=made, facts=facts)
    return registry.version("triage", number)


def people(number: int, seed: int = 1) -> list[dict[str, Any]]:
    """Inputs of every age."""
    chance = random.Random(seed)  # noqa: S311 - a test's
    return [
        {"age": round(chance.uniform(0, 100), 3), "ward": chance.choice(["east", "west"])}
        for _ in range(number)
    ]


def record(
    database: Database,
    inputs: Sequence[Mapping[str, Any]],
    *,
    at: datetime = START + DAY,
    apart: timedelta = timedelta(minutes=1),
    version: int = 1,
    each: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> list[Prediction]:
    """Predictions as a version answered them, one after the other; ``each`` has more values of every one."""
    runtime = registry.loaded(registry.version("triage", version))
    known = [{"age": one.get("age", 50.0), "ward": one.get("ward", "east")} for one in inputs]
    made = []
    for place, (values, output) in enumerate(zip(inputs, runtime.predict(known), strict=True)):
        moment = at + place * apart
        given = {
            "id": identity(moment),
            "endpoint": "triage",
            "version": version,
            "arm": "champion",
            "route": 1,
            "input": dict(values),
            "output": output,
            "decision": published.DECISION.decide(output),
            "created_at": moment,
            **more,
            **(each[place] if each else {}),
        }
        made.append(Prediction(**given))
    connection = database.connect()
    rows.insert(database, connection, made)
    connection.close()
    return made


def happen(database: Database, pairs: Sequence[tuple[Prediction, Any]], at: datetime = END + DAY) -> None:
    """What really happened, told at a moment."""
    sent = [
        records.Outcome(endpoint=stored.endpoint, value=value, prediction=stored.id)
        for stored, value in pairs
    ]
    connection = database.connect()
    for start in range(0, len(sent), outcomes.MOST):
        outcomes.record(database, connection, sent[start : start + outcomes.MOST], at)
    connection.close()


def fates(made: Sequence[Prediction], seed: int = 2) -> list[tuple[Prediction, str]]:
    """The older, the iller, but not for certain."""
    chance = random.Random(seed)  # noqa: S311 - a test's
    return [
        (each, "ill" if chance.random() < 0.1 + 0.008 * float(each.input.get("age") or 0) else "well")
        for each in made
    ]


def ask(version: int = 2, start: datetime = START, end: datetime = END, **more: Any) -> Backtest:
    """A backtest, asked for."""
    return services.ask_backtest(endpoint="triage", version=version, start=start, end=end, **more)[0]


def carried_out(backtest: Backtest) -> Backtest:
    """The same after an attempt at its job."""
    assert backtest.job_id is not None
    run = claim(backtest.job_id)
    assert run is not None
    perform(run)
    return Backtest.objects.select_related("job").get(pk=backtest.pk)


def result(version: int = 2, start: datetime = START, end: datetime = END, **more: Any) -> dict[str, Any]:
    """What a backtest finds."""
    done = carried_out(ask(version, start, end, **more))
    assert done.result, done.job and done.job.error
    found: dict[str, Any] = done.result
    return found
