"""Features as they were at each row's moment: the values that a snapshot of the same rows has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest.mock import sentinel

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from flyball import Classification, FeatureTable, Outcome, RequestSource, Rows
from flyball.batches.answering.asof import Joined
from flyball.batches.answering.moments import moments
from flyball.batches.answering.pinned import Pinned
from flyball.batches.options import Options
from flyball.batches.reading.rows import Plan, planned
from flyball.batches.reading.rows import Rows as PlannedRows
from flyball.batches.services import ask_batch
from flyball.batches.work.history import History
from flyball.control.datasets import selectors
from flyball.control.datasets.lookups.compiler import lookups
from flyball.domain.declaration import Endpoint, forget
from flyball.domain.routing import Arm, Manifest, Route
from flyball.domain.schema import Schema
from flyball.domain.values import canonical, timestamp_text
from flyball.stores.database import Database
from tests.applied import take_snapshot
from tests.batches.world import done, rows
from tests.datasets import cast
from tests.datasets.test_lookups import customers_table, orders_table
from tests.published import AGE, WARD, publish

LATEST = datetime.now(UTC)
EAST = timezone(timedelta(hours=14))


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Path:
    """The project's directory: files that declarations name are looked for here."""
    settings.BASE_DIR = tmp_path
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, home=tmp_path / "home")
    return tmp_path


def version_of(declaration: type[Endpoint], schema: Schema) -> Pinned:
    """A version of a schema that never answers."""
    found = lookups(declaration, schema)
    route = Route(
        endpoint=declaration.name,
        team="default",
        task="classification",
        number=1,
        arms=(Arm("champion", 1),),
        lookups=found,
    )
    manifest = Manifest(
        endpoint=declaration.name, number=1, task="classification", artifacts=(), schema=schema
    )
    return Pinned(route, manifest, sentinel.runtime, None, None, False, found, {}, None)


def features(version: Pinned, plan: Plan) -> list[dict[str, Any]]:
    """What is joined to each row."""
    assert plan.features is not None
    piece = PlannedRows(plan).piece(0, plan.rows)
    joined = Joined(PlannedRows(plan.features).piece(0, plan.rows).columns, {})
    found = []
    for place in range(piece.length):
        values: dict[str, Any] = dict.fromkeys(version.manifest.schema.names)
        for lookup in version.needed:
            values |= joined.of(place)(lookup, None) or {}
        found.append({name: values[name] for name in version.manifest.schema.names})
    return found


def written(folder: Path, ending: str, entries: list[tuple[int, datetime]]) -> Path:
    """Customers and moments as a file: in UTC without a word, or far in the east."""
    path = folder / f"in.{ending}"
    if ending == "csv":
        lines = [f"{customer},{moment.replace(tzinfo=None).isoformat()}" for customer, moment in entries]
        path.write_text("\n".join(["customer_id,at", *lines]) + "\n")
    elif ending == "ndjson":
        members = [
            {"customer_id": customer, "at": moment.astimezone(EAST).isoformat()}
            for customer, moment in entries
        ]
        path.write_text("".join(f"{json.dumps(each)}\n" for each in members))
    else:
        keys, times = zip(*entries, strict=True)
        zoned = pa.array([moment.astimezone(EAST) for moment in times], pa.timestamp("ns", "Europe/Berlin"))
        pq.write_table(pa.table({"customer_id": pa.array(keys, pa.int32()), "at": zoned}), path)
    return path


@pytest.mark.storage
@pytest.mark.parametrize(
    ("source", "ending"), [("model", "parquet"), ("query", "csv"), ("csv", "ndjson"), ("parquet", "csv")]
)
def test_a_file_sees_what_a_snapshot_of_the_same_rows_sees(
    source: str, ending: str, project: Path, database: Database, rows_of: Any
) -> None:
    shop = cast.open_shop()
    for customer in shop.customers:
        for number in (0.5, 1, 4.999, 5, 5.000001, 2.5, 20, 40):  # before all orders, at one, and between
            cast.loan(customer, number)
    tables = [customers_table(source, project), orders_table(source, project)]
    body = {
        "rows": Rows("shop.Loan", key="id", time="applied_at"),
        "features": tables,
        "outcome": Outcome("status"),
        "__module__": __name__,
    }
    declaration: type[Endpoint] = type("Risk", (Classification,), body)
    snapshot = take_snapshot(declaration)
    expected = rows_of(snapshot)
    version = version_of(declaration, selectors.snapshot_schema(snapshot))
    entries = [(int(json.loads(row["_entity"])["customer_id"]), row["_time"]) for row in expected]
    path = written(project, ending, [(key, moment.replace(tzinfo=UTC)) for key, moment in entries])
    plan = planned(str(path), project / "copy.parquet", lambda _: None)
    history = History(version, declaration, Options(as_of="at"), LATEST, lambda _: None)
    plan = history.joined(plan, project / "features.parquet")
    names = version.manifest.schema.names
    assert features(version, plan) == [{name: canonical(row[name]) for name in names} for row in expected]


@pytest.fixture
def rows_of() -> Any:
    """A snapshot's rows as they stand in its file."""
    return lambda snapshot: pq.read_table(selectors.snapshot_path(snapshot)).to_pylist()


PERSON = "CREATE TABLE person (id bigint, at timestamp, age double precision)"


class Triage(Classification):
    """Persons whose age is written down from time to time."""

    rows = Rows(query="SELECT 1", key="id", time="at")
    features = [
        RequestSource("ward"),
        FeatureTable("person", query="SELECT * FROM person", on="person_id", key="id", event_time="at"),
    ]
    outcome = Outcome("label")


class Overwritten(Classification):
    """The same, of a table that keeps nothing."""

    name = "triage"
    rows = Rows(query="SELECT 1", key="id")
    features = [
        RequestSource("ward"),
        FeatureTable("person", query="SELECT id, age FROM person", on="person_id", key="id"),
    ]
    outcome = Outcome("label")


for each in (Triage, Overwritten):
    forget(each)  # one of them is declared where it is wanted


@pytest.fixture
def person(database: Database) -> Iterator[None]:
    """Two persons who grow old in a night."""
    with connection.cursor() as cursor:
        cursor.execute(PERSON)
        cursor.execute(
            "INSERT INTO person VALUES (1, '2026-01-01 00:00:00', 20), (1, '2026-03-29 01:00:00', 90),"
            " (2, '2026-01-01 12:00:00', 80)"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE person")


def published(database: Database, declaration: type[Endpoint]) -> None:
    """A version that takes the age from the persons, of an endpoint that is declared so."""
    body = dict(vars(declaration)) | {"__module__": __name__}
    own: type[Endpoint] = type(declaration.__name__, (Classification,), body)
    schema = Schema((replace(AGE, source="person"), WARD))
    publish(database, schema=schema, lookups=lookups(own, schema))


ROWS = """person_id,ward,at
1,east,2025-12-31T23:59:59Z
1,east,2026-01-01
1,east,2026-03-29T01:59:59+01:00
1,west,2026-03-29T03:00:00+02:00
2,west,2026-01-01 12:00:00
2,west,
2,west,yesterday
2,west,2999-01-01
9,west,2026-02-01
"""


@pytest.mark.storage
@pytest.mark.parametrize("record", [False, True])
@pytest.mark.usefixtures("person", "project")
def test_each_row_is_answered_as_of_its_moment(database: Database, tmp_path: Path, record: bool) -> None:
    published(database, Triage)
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(ROWS)
    options = Options(as_of="at", chunk_rows=2, record=record)
    job = done(ask_batch(endpoint="triage", source=str(source), out=str(out), options=options))
    assert job.status == "succeeded", job.error
    assert [(row["row"], row["label"]) for row in rows(out)] == [
        ("2", "well"),
        ("3", "well"),
        ("4", "ill"),
        ("5", "ill"),
    ]
    told = [(row["row"], row["field"], row["code"]) for row in rows(tmp_path / "out.rejects.csv")]
    assert told == [
        ("1", "person_id", "unknown_entity"),
        ("6", "at", "missing"),
        ("7", "at", "wrong_type"),
        ("8", "at", "out_of_range"),
        ("9", "person_id", "unknown_entity"),
    ]


@pytest.mark.usefixtures("person", "project")
def test_no_rows_have_no_moments(database: Database, tmp_path: Path) -> None:
    published(database, Triage)
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(ROWS.partition("\n")[0] + "\n")
    job = done(ask_batch(endpoint="triage", source=str(source), out=str(out), options=Options(as_of="at")))
    assert job.status == "succeeded", job.error
    assert rows(out) == []


@pytest.mark.parametrize(
    ("declaration", "as_of", "said"),
    [(Overwritten, "at", "has no history"), (Triage, "when", "have no column 'when'")],
)
@pytest.mark.usefixtures("person", "project")
def test_what_cannot_be_known_is_refused(
    database: Database, tmp_path: Path, declaration: type[Endpoint], as_of: str, said: str
) -> None:
    published(database, declaration)
    (tmp_path / "in.csv").write_text(ROWS)
    made = ask_batch(
        endpoint="triage",
        source=str(tmp_path / "in.csv"),
        out=str(tmp_path / "out.csv"),
        options=Options(as_of=as_of),
    )
    job = done(made)
    assert (job.status, job.error_code) == ("failed", "data")
    assert said in job.error


def test_moments_are_read_as_snapshots_read_them(tmp_path: Path) -> None:
    texts = [
        "2026-01-31",
        "2026-01-31T10:00",
        "2026-01-31 10:00:00.5+02",
        "20260131",
        "2026-W05-1",
        "10:00",
        "?",
    ]
    path = tmp_path / "in.csv"
    path.write_text("\n".join(["at", *texts]) + "\n")
    plan = planned(str(path), tmp_path / "copy.parquet", lambda _: None)
    found, problems = moments(PlannedRows(plan).piece(0, plan.rows), "at", LATEST)
    assert [None if each is None else timestamp_text(each) for each in found] == [
        "2026-01-31T00:00:00.000000Z",
        "2026-01-31T10:00:00.000000Z",
        "2026-01-31T08:00:00.500000Z",
        *[None] * 4,
    ]
    assert [problems[place].code for place in sorted(problems)] == [*["wrong_type"] * 3, "missing"]
