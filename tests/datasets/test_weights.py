"""What rows weigh comes with them from every source, and is no feature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flyball import Classification, FeatureTable, Field, Outcome, RequestSource, Rows
from flyball.control.datasets import checks, selectors
from flyball.domain.errors import DataError
from flyball.domain.weighing.declared import STORED
from flyball.learning import dataset
from flyball.snapshots.digest import of_file
from tests.applied import take_snapshot
from tests.datasets import cast
from tests.shop.models import Loan

Taken = Callable[..., list[dict[str, Any]]]
QUERY = "SELECT id, applied_at, closed_at, status, purpose, amount, customer_id FROM shop_loan"
WEIGHTS = [3100.0, 4700.0, 2200.0]


def endpoint(source: str = "model", project: Path | None = None, **body: Any) -> Any:
    """The shop's loans, each of the weight of its amount, from one of the four kinds of source."""
    words: dict[str, Any] = {"key": "id", "time": "applied_at", "weight": body.pop("weight", "amount")}
    if source == "model":
        rows = Rows("shop.Loan", **words)
    elif source == "query":
        rows = Rows(query=QUERY, **words)
    else:
        write = cast.write_csv if source == "csv" else cast.write_parquet
        names = ("id", "applied_at", "closed_at", "status", "purpose", "amount", "customer_id")
        assert project is not None
        write(project / f"loans.{source}", list(Loan.objects.order_by("id").values(*names)))
        rows = Rows(f"loans.{source}", **words)
    common = {"rows": rows, "outcome": Outcome("status", time="closed_at"), "__module__": __name__}
    return type("Weighed", (Classification,), common | body)


def csv(project: Path, weights: list[Any], **body: Any) -> Any:
    """Rows of a file with these weights."""
    labels = ["yes", "no"] * len(weights)
    rows = [{"x": place, "label": labels[place], "exposure": weight} for place, weight in enumerate(weights)]
    cast.write_csv(project / "rows.csv", rows)
    words = {"rows": Rows("rows.csv", weight="exposure"), "outcome": Outcome("label"), "__module__": __name__}
    return type("Weighed", (Classification,), words | body)


@pytest.mark.storage
@pytest.mark.parametrize("source", ["model", "query", "csv", "parquet"])
def test_the_same_weights_come_from_every_source(
    source: str, shop: cast.Shop, project: Path, taken: Taken
) -> None:
    rows = taken(endpoint(source, project))
    assert [row["_weight"] for row in rows] == WEIGHTS
    assert all(type(row["_weight"]) is float for row in rows)


@pytest.mark.storage
def test_a_weight_stands_beside_features_of_tables(shop: cast.Shop, project: Path, taken: Taken) -> None:
    orders = FeatureTable("orders", model="shop.Order", on="customer_id", event_time="created_at")
    rows = taken(endpoint(features=[RequestSource("purpose"), orders]))
    assert [row["_weight"] for row in rows] == WEIGHTS
    assert [row["total"] for row in rows] == [5.25, 2.1, None]


@pytest.mark.parametrize("columns", [None, ["purpose", "amount"]])
def test_a_weight_is_no_feature(columns: list[str] | None, shop: cast.Shop, project: Path) -> None:
    weighed = endpoint()
    weighed.rows = Rows("shop.Loan", key="id", time="applied_at", weight="amount", columns=columns)
    names = selectors.snapshot_schema(take_snapshot(weighed)).names
    assert "purpose" in names
    assert not {"amount", "_weight"} & set(names)


def test_other_weights_are_another_snapshot(project: Path, db: None) -> None:
    one, same = take_snapshot(csv(project, [1, 2, 3])), take_snapshot(csv(project, [1.0, 2.0, 3.0]))
    other = take_snapshot(csv(project, [1, 2, 4]))
    assert one.digest == same.digest != other.digest
    assert of_file(selectors.snapshot_path(other), selectors.snapshot_schema(other)) == other.digest


def test_the_same_numbers_of_another_column_are_other_weights(project: Path, db: None) -> None:
    cast.write_csv(project / "rows.csv", [{"label": "a", "x": 1, "y": 1}, {"label": "b", "x": 2, "y": 2}])

    def of(weight: str | None) -> Any:
        words = {"rows": Rows("rows.csv", weight=weight, columns=[]), "outcome": Outcome("label")}
        return type("Weighed", (Classification,), {**words, "__module__": __name__})

    digests = {take_snapshot(of(weight)).digest for weight in ("x", "y", None)}
    assert len(digests) == 3


def test_a_file_without_weights_says_nothing_of_them(project: Path, db: None) -> None:
    import pyarrow.parquet as pq

    unweighed = csv(project, [1, 2, 3])
    unweighed.rows = Rows("rows.csv", columns=["x"])
    schema = pq.read_schema(selectors.snapshot_path(take_snapshot(unweighed)))
    assert "_weight" not in schema.names
    assert STORED not in schema.metadata


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1, None, 3, None], "2 of 4 rows to learn from have no weight 'exposure'"),
        ([1.5, "NaN", 3], "1 of 3 rows to learn from have no weight 'exposure'"),
        ([1, -1, 3], "1 of 3 rows to learn from have a negative weight 'exposure'"),
        ([1, -1e-320, 3], "1 of 3 rows to learn from have a negative weight 'exposure'"),
        ([1, "inf", 3], "the weight 'exposure' is a text"),
        ([1, 1e101, 3], "a weight 'exposure' beyond 1e+100"),
        ([0, 0, 0], "every row to learn from has the weight 'exposure' 0"),
        ([0, "-0.0", 0], "every row to learn from has the weight 'exposure' 0"),
        (["much", "little", "1"], "the weight 'exposure' is a text"),
        ([True, False, True], "the weight 'exposure' is a boolean"),
    ],
)
def test_what_is_no_weight_is_refused_with_how_many_rows(
    weights: list[Any], said: str, project: Path, db: None
) -> None:
    with pytest.raises(DataError) as refused:
        take_snapshot(csv(project, weights))
    assert said in str(refused.value)
    assert "Weighed.rows (rows.csv)" in str(refused.value)


def test_a_column_that_is_not_there_is_told(project: Path, db: None) -> None:
    weighed = csv(project, [1, 2, 3])
    weighed.rows = Rows("rows.csv", weight="exposures")
    with pytest.raises(DataError, match="has no column 'exposures'"):
        take_snapshot(weighed)
    assert "has no column 'exposures'" in checks.check(weighed)[0].msg


def test_a_row_that_is_not_learned_from_yet_needs_no_weight(project: Path, db: None, taken: Taken) -> None:
    weighed, labels = csv(project, [1]), ("yes", None, "no")
    rows = [{"x": 1, "label": label, "exposure": label and 2} for label in labels]
    cast.write_csv(project / "rows.csv", rows)
    assert [row["_weight"] for row in taken(weighed)] == [2, 2]
    cast.write_csv(project / "rows.csv", [*rows, {"x": 1, "label": "no", "exposure": None}])
    with pytest.raises(DataError, match="1 of 3 rows to learn from have no weight 'exposure'"):
        take_snapshot(weighed)


def test_rows_of_weight_0_are_not_learned_from(project: Path, db: None) -> None:
    snapshot = take_snapshot(csv(project, [0, 2, 0.5, 1e12, 1e-300]))
    schema = selectors.snapshot_schema(snapshot)
    path = selectors.snapshot_path(snapshot)
    assert snapshot.row_count == len(dataset.read(path, schema, "classification")) == 5
    read = dataset.read(path, schema, "classification", "exposure")
    assert read.weights is not None
    assert sorted(zip(read.frame["x"], read.weights, strict=True)) == [
        (1, 2.0),
        (2, 0.5),
        (3, 1e12),
        (4, 1e-300),
    ]
    with pytest.raises(DataError, match="no weights of the column 'importance'"):
        dataset.read(path, schema, "classification", "importance")


def test_a_snapshot_without_weights_is_not_taken_for_one_with_them(project: Path, db: None) -> None:
    unweighed = csv(project, [1, 2, 3])
    unweighed.rows = Rows("rows.csv")
    snapshot = take_snapshot(unweighed)
    path, schema = selectors.snapshot_path(snapshot), selectors.snapshot_schema(snapshot)
    with pytest.raises(DataError, match="Take a new snapshot"):
        dataset.read(path, schema, "classification", "exposure")


def test_one_label_alone_has_weight(project: Path, db: None) -> None:
    snapshot = take_snapshot(csv(project, [1, 0, 1, 0]))
    path, schema = selectors.snapshot_path(snapshot), selectors.snapshot_schema(snapshot)
    with pytest.raises(DataError, match="Every row has the same outcome"):
        dataset.read(path, schema, "classification", "exposure")


def test_fields_cannot_name_the_weight(project: Path, db: None) -> None:
    weighed = csv(project, [1, 2, 3], fields={"exposure": Field(low=0)})
    (message,) = checks.check(weighed)
    assert message.id == "flyball.E041"
