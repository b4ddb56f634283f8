"""Where the time of a prediction goes: each step by itself, from the body's bytes to the whole server."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from benchmarks import lineup, wrk
from benchmarks.goals import spelled
from benchmarks.publishing import apart
from benchmarks.servers import Server, running
from benchmarks.stages.setting import Findings, Rows, Setting
from benchmarks.tables import table
from flyball import config
from flyball.domain.access import Principal
from flyball.domain.schema import Schema
from flyball.inference.compiled import document
from flyball.inference.compiled_runtime import CompiledRuntime
from flyball.serving.app import create, single_threaded_models
from flyball.serving.calls import Call, Row
from flyball.serving.collector import calm_collector
from flyball.serving.engine import Engine
from flyball.serving.http.answers import answer
from flyball.serving.http.messages import json_response
from flyball.serving.http.reading import bodies
from flyball.stores.records import Submission

TOGETHER = 64
"""Predictions that wait for one commit: as many as there are connections."""
PARTS = 5
PRINCIPAL = Principal(team="default", role="member")
Cost = tuple[str, float, float]
"""A step, its CPU time and the time that passed (microseconds a prediction)."""


def measure(setting: Setting) -> Findings:
    """Each step in a process without a server, then the server, then a constant answer of the same one."""
    made, pace = setting.boosting.package, setting.pace
    costs: list[Cost] = []
    for url in [each.url for each in (setting.sqlite, setting.postgres) if each is not None]:
        name = "PostgreSQL" if lineup.is_postgres(url) else "SQLite"
        where = setting.postgres if lineup.is_postgres(url) and setting.postgres else setting.sqlite
        with where.copied() as home:
            recording = apart(record, home.folder, home.url, setting.rows, pace.repetitions, name)
            if not costs:
                costs += apart(compute, home.folder, home.url, made.answering, setting.rows, pace.repetitions)
            costs += recording
    with setting.sqlite.copied() as home:
        for name, server in (
            (f"the whole server, {TOGETHER} connections, SQLite", lineup.flyball(home)),
            ("a constant answer of such a server", lineup.constant(setting.peers)),
        ):
            costs.append((name, *_served(setting, server)))
    rows = [[name, spelled(cpu), spelled(passed)] for name, cpu, passed in costs]
    return Findings({"inside": table(["", "CPU µs", "passed µs"], rows)})


def compute(folder: Path, url: str, data: bytes, rows: Rows, number: int) -> list[Cost]:
    """The steps that store nothing, one row at a time."""
    single_threaded_models()
    plane = create(_config(folder, url))
    engine = plane.start()
    calm_collector()
    try:
        manifest = engine.pool.table.endpoints["boosting"].champion.manifest
        return list(_steps(engine, manifest.schema, data, rows, number))
    finally:
        plane.stop()


def record(folder: Path, url: str, rows: Rows, number: int, database: str) -> list[Cost]:
    """The recorder by itself, and the engine with it."""
    single_threaded_models()
    plane = create(_config(folder, url))
    engine = plane.start()
    calm_collector()
    try:
        alone = (f"recorder alone, {TOGETHER} a commit, {database}", *_recorder(engine, rows, number))
        before = engine.recorder.commits
        both, answered = _engine(engine, rows, number)
        size = answered / (engine.recorder.commits - before)
        name = f"engine and recorder, {TOGETHER} at a time: {size:.0f} a commit, {database}"
        return [alone, (name, *both)]
    finally:
        plane.stop()


def _steps(engine: Engine, schema: Schema, data: bytes, rows: Rows, number: int) -> Iterator[Cost]:
    encoding, solver, found = document.read(data, schema)
    runtime = CompiledRuntime(encoding, solver, "classification", found.classes)
    sent = [json.dumps({"input": row}).encode() for row in rows]
    calls = _calls(rows)
    matrices = [np.array([encoding.row(row)]) for row in rows]
    submission = engine.compute(PRINCIPAL, calls[0])
    assert isinstance(submission, Submission)
    (prediction,) = submission.predictions
    yield "body read and decoded", *_each(bodies.read, sent, number)
    yield "row encoder", *_each(lambda row: np.array([encoding.row(row)]), rows, number)
    yield "trees in ONNX Runtime, summed", *_each(solver, matrices, number)
    yield "runtime: encoder, trees, output", *_each(lambda row: runtime.predict([row]), rows, number)
    yield (
        "engine without storing: checks, runtime, record",
        *_each(lambda call: engine.compute(PRINCIPAL, call), calls, number),
    )
    yield "answer as JSON", *_each(lambda one: json_response(answer(one)), [prediction], number)


def _each(function: Callable[..., object], values: Sequence[object], number: int) -> tuple[float, float]:
    """What one call takes, values in turn: medians of a few parts."""

    def part() -> None:
        for value in islice(cycle(values), number // PARTS):
            function(value)

    return _medians([_timed(part, number // PARTS) for _ in range(PARTS)])


def _recorder(engine: Engine, rows: Rows, number: int) -> tuple[float, float]:
    def part(submissions: Sequence[Submission]) -> None:
        for start in range(0, len(submissions), TOGETHER):
            waiting = [engine.recorder.submit(each) for each in submissions[start : start + TOGETHER]]
            for each in waiting:
                each.result()

    found = []
    for _ in range(PARTS):
        made = [engine.compute(PRINCIPAL, call) for call in islice(cycle(_calls(rows)), number // PARTS)]
        fresh = [each for each in made if isinstance(each, Submission)]
        found.append(_timed(lambda fresh=fresh: part(fresh), len(fresh)))  # type: ignore[misc] # a default
    return _medians(found)


def _engine(engine: Engine, rows: Rows, number: int) -> tuple[tuple[float, float], int]:
    """What a prediction takes, and how many there were."""
    calls = _calls(rows)

    async def one_after_the_other(first: int) -> None:
        for call in islice(cycle(calls), first, first + number // PARTS // TOGETHER):
            await engine.predict(PRINCIPAL, call)

    async def part() -> None:
        await asyncio.gather(*(one_after_the_other(first) for first in range(TOGETHER)))

    answered = number // PARTS // TOGETHER * TOGETHER
    found = [_timed(lambda: asyncio.run(part()), answered) for _ in range(PARTS)]
    return _medians(found), answered * PARTS


def _served(setting: Setting, server: Server) -> tuple[float, float]:
    pace = setting.pace
    with running(server, setting.rows[0]) as each:
        wrk.measure(each, setting.rows, TOGETHER, pace.warm)
        found = wrk.median(
            [wrk.measure(each, setting.rows, TOGETHER, pace.seconds) for _ in range(pace.rounds)]
        )
    return found.cpu, 1e6 / found.rate


def _timed(function: Callable[[], None], number: int) -> tuple[float, float]:
    began, computed = time.perf_counter(), time.process_time()
    function()
    return (time.process_time() - computed) / number * 1e6, (time.perf_counter() - began) / number * 1e6


def _medians(found: Sequence[tuple[float, float]]) -> tuple[float, float]:
    cpu, passed = zip(*found, strict=True)
    return statistics.median(cpu), statistics.median(passed)


def _calls(rows: Rows) -> list[Call]:
    return [Call(endpoint="boosting", rows=(Row(input=dict(row)),)) for row in rows]


def _config(folder: Path, url: str) -> config.Config:
    return config.load({"FLYBALL_HOME": str(folder), "FLYBALL_DATABASE_URL": url})
