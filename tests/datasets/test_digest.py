"""A snapshot is named by its content: not by its file, nor by the order or the pages it came in."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flyball import Classification, Clustering, FeatureTable, Field, Outcome, Rows
from flyball.control.datasets import selectors
from flyball.control.datasets.models import Snapshot
from flyball.domain.declaration import Search
from flyball.domain.errors import DataError
from flyball.domain.schema import Schema
from flyball.learning.dataset import read
from flyball.learning.selection import Plan, select
from flyball.snapshots.digest import ContentDigest, of_file
from tests.applied import build as applied_build
from tests.applied import take_snapshot
from tests.datasets import cast

pytestmark = pytest.mark.django_db

LINES = [f"{i},{i % 7},{'abc'[i % 3]},{i / 8 if i % 5 else ''}" for i in range(200)]


def write(path: Path, lines: list[str]) -> None:
    """A file of lines, under the usual header."""
    path.write_text("\n".join(["id,a,b,c", *lines]) + "\n")


def shuffled(lines: list[str]) -> list[str]:
    """The same lines in another order."""
    return random.Random(7).sample(lines, len(lines))  # noqa: S311 - no secret


def declared(**options: Any) -> Any:
    """A clustering of a file."""
    body = {"rows": Rows("x.csv", **options), "__module__": __name__}
    return type("Groups", (Clustering,), body)


@pytest.mark.parametrize("options", [{"key": "id"}, {}], ids=["by key", "by row number"])
def test_a_shuffled_file_is_the_same_snapshot(options: dict[str, Any], project: Path, rows_of: Any) -> None:
    lines = LINES if options else [line.replace(line.partition(",")[0], "1", 1) for line in LINES]
    write(project / "x.csv", lines)
    first = take_snapshot(declared(**options))
    content = [{**row, "_key": 0, "_entity": 0} for row in rows_of(first)]
    selectors.snapshot_path(first).unlink()
    write(project / "x.csv", shuffled(lines))
    second = take_snapshot(declared(**options))
    assert second == first
    assert [{**row, "_key": 0, "_entity": 0} for row in rows_of(second)] == content
    assert Snapshot.objects.count() == 1


def test_a_shuffled_file_without_a_key_is_split_and_scored_alike(project: Path) -> None:
    class Risk(Classification):
        rows = Rows("x.csv", time="id")
        outcome = Outcome("b")

    plan = Plan(task="classification", metric="roc_auc", candidates=["linear"], search=Search(trials=1))
    days = [f"2026-01-{1 + i // 40:02},{i % 13},{'yn'[i * i % 7 % 2]},{i * 31 % 97}" for i in range(400)]
    found = []
    for lines in (days, shuffled(days)):
        write(project / "x.csv", lines)
        snapshot = take_snapshot(Risk)
        path, schema = selectors.snapshot_path(snapshot), selectors.snapshot_schema(snapshot)
        fits = select(read(path, schema, "classification"), plan)
        found.append((snapshot.digest, [(fit.fold_scores, fit.held_out_score) for fit in fits]))
        path.unlink()
    assert found[0] == found[1]


def test_a_shuffled_table_is_the_same_snapshot(project: Path) -> None:
    class Risk(Classification):
        rows = Rows("x.csv", key="id")
        features = [FeatureTable("more", file="more.csv", on="id", static=True)]
        outcome = Outcome("b")

    write(project / "x.csv", LINES)
    digests = set()
    for lines in (LINES, shuffled(LINES)):
        (project / "more.csv").write_text("\n".join(["id,d,e,f", *lines]) + "\n")
        digests.add(take_snapshot(Risk).digest)
    assert len(digests) == 1


def test_the_source_does_not_matter(project: Path) -> None:
    class FromCsv(Clustering):
        rows = Rows("x.csv", key="id")

    class FromParquet(Clustering):
        rows = Rows("x.parquet", key="id")

    rows = [{"id": i, "a": i / 8, "b": "x" if i % 2 else None} for i in range(20)]
    cast.write_csv(project / "x.csv", rows)
    cast.write_parquet(project / "x.parquet", rows)
    assert take_snapshot(FromCsv).digest == take_snapshot(FromParquet).digest


CHANGES: list[tuple[str, str, str]] = [
    ("8,1,c,1.0", "8,2,c,1.0", "a value"),
    ("8,1,c,1.0", "8,1,c,", "a value that is missing"),
    ("8,1,c,1.0", "", "a row less"),
    ("8,1,c,1.0", "888,1,c,1.0", "a key"),
]


@pytest.mark.parametrize(("old", "new"), [row[:2] for row in CHANGES], ids=[row[2] for row in CHANGES])
def test_other_content_is_another_snapshot(old: str, new: str, project: Path) -> None:
    write(project / "x.csv", LINES)
    first = take_snapshot(declared(key="id"))
    assert old in LINES
    write(project / "x.csv", [line for line in (new if line == old else line for line in LINES) if line])
    assert take_snapshot(declared(key="id")).digest != first.digest


def test_another_schema_is_another_snapshot(project: Path) -> None:
    write(project / "x.csv", LINES)
    first = take_snapshot(declared(key="id"))
    other = declared(key="id")
    other.fields = {"a": Field(low=-1)}
    assert take_snapshot(other).digest != first.digest


def test_the_digest_can_be_found_again_from_the_file(project: Path) -> None:
    write(project / "x.csv", LINES)
    snapshot = take_snapshot(declared(key="id"))
    path, schema = selectors.snapshot_path(snapshot), selectors.snapshot_schema(snapshot)
    assert path.stem == snapshot.digest == of_file(path, schema)
    pq.write_table(pq.read_table(path), project / "again.parquet", row_group_size=7, compression="none")
    assert of_file(project / "again.parquet", schema) == snapshot.digest


def changed(path: Path) -> None:
    """Another value in the same columns."""
    table = pq.read_table(path)
    place = table.column_names.index("a")
    pq.write_table(table.set_column(place, "a", pa.array([0] * len(table))), path)


def known_later(path: Path) -> None:
    """Another moment at which the outcomes were known."""
    table = pq.read_table(path)
    place = table.column_names.index("_known_at")
    later = pa.array([0] * len(table), table.schema.field(place).type)
    pq.write_table(table.set_column(place, "_known_at", later), path)


def without(path: Path, column: str) -> None:
    """A column less."""
    pq.write_table(pq.read_table(path).drop_columns([column]), path)


DAMAGE: list[tuple[str, Callable[[Path], object]]] = [
    ("a value is another", changed),
    ("a row is missing", lambda path: pq.write_table(pq.read_table(path)[1:], path)),
    ("a feature is missing", lambda path: without(path, "a")),
    ("when rows were known is missing", lambda path: without(path, "_known_at")),
    ("when rows were known is another", known_later),
    ("where rows come from is missing", lambda path: without(path, "_origin")),
    ("the end is missing", lambda path: path.write_bytes(path.read_bytes()[:-9])),
    ("a part is missing", lambda path: path.write_bytes(path.read_bytes()[:400] + path.read_bytes()[500:])),
    ("it is empty", lambda path: path.write_bytes(b"")),
    ("it is something else", lambda path: path.write_text("id,a,b,c")),
]


@pytest.mark.parametrize("options", [{"key": "id"}, {}], ids=["by key", "by row number"])
@pytest.mark.parametrize("damage", [row[1] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
def test_nothing_is_learned_from_a_damaged_file_until_the_snapshot_is_taken_again(
    damage: Callable[[Path], object], options: dict[str, Any], project: Path
) -> None:
    write(project / "x.csv", LINES)
    groups = declared(**options)
    snapshot = take_snapshot(groups)
    path = selectors.verified_path(snapshot)
    before = path.read_bytes()
    damage(path)
    with pytest.raises(DataError, match=r"is damaged\. Take the snapshot again"):
        applied_build(groups, snapshot)
    assert take_snapshot(groups) == snapshot
    assert selectors.verified_path(snapshot).read_bytes() == before


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_where_a_chunk_ends_leaves_no_trace(size: int) -> None:
    table = pa.table(
        {
            "_key": ["a", "bc", "", None, "ä"],
            "_origin": ["rows"] * 5,
            "number": [1.5, None, 0.0, 2.0, -1.0],
            "flag": [True, None, False, True, None],
            "text": ["ab", "c", None, "", "abc"],
        }
    )
    assert _digest(table, size) == _digest(table, 5)


@pytest.mark.parametrize(
    ("one", "other"),
    [(["ab", "c"], ["a", "bc"]), ([None, "a"], ["", "a"]), ([None, "a"], ["a", None]), ([""], ["", ""])],
)
def test_texts_that_run_together_are_told_apart(one: list[Any], other: list[Any]) -> None:
    tables = [
        pa.table({"_key": pa.array(texts, pa.string()), "_origin": ["rows"] * len(texts)})
        for texts in (one, other)
    ]
    assert _digest(tables[0], 10) != _digest(tables[1], 10)


def _digest(table: pa.Table, size: int) -> str:
    content = ContentDigest(Schema(()), table.column_names, numbered=False)
    for batch in table.to_batches(max_chunksize=size):
        content.update(batch)
    return content.hexdigest()
