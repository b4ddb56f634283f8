"""Choices and foreign keys of a model are categories with labels: in snapshots, in lookups, in requests."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flyball import Classification, Clustering, FeatureTable, Field, Outcome, Rows
from flyball.control.datasets import selectors
from flyball.control.datasets.lookups.compiler import lookups
from flyball.domain import schema as schemas
from flyball.domain.errors import DataError
from flyball.domain.schema import Kind, check
from flyball.stores import lookups as online
from flyball.stores.database import Database
from tests.applied import take_snapshot
from tests.datasets import cast
from tests.shop.models import City, Visit

pytestmark = pytest.mark.storage

COLUMNS = ["channel", "stars", "grouped", "city_id", "paid"]


def visits(rows_: Rows, **attributes: Any) -> Any:
    """A clustering of visits."""
    return type("Groups", (Clustering,), {"rows": rows_, "__module__": __name__, **attributes})


def fields_of(declaration: Any) -> dict[str, schemas.Field]:
    """The fields of a snapshot's schema, by name."""
    return {field.name: field for field in selectors.snapshot_schema(take_snapshot(declaration)).fields}


@pytest.fixture
def cities(project: Path, db: None) -> tuple[City, City, City]:
    """Three cities, of which two are visited."""
    north, south, west = (City.objects.create(region=name) for name in ("north", "south", "west"))
    Visit.objects.create(channel="w", stars=1, city=north, paid=True)
    Visit.objects.create(channel="w", stars=None, city=south, grouped="m")
    Visit.objects.create(channel=None, stars=3, city=north)
    return north, south, west


def test_choices_are_categories_with_their_labels_in_the_declared_order(cities: Any) -> None:
    fields = fields_of(visits(Rows("shop.Visit", columns=COLUMNS)))
    found = {name: (fields[name].kind, fields[name].categories, fields[name].labels) for name in COLUMNS[:3]}
    assert found == {
        "channel": (Kind.CATEGORY, ("w", "s"), ("Web site", "In the shop")),
        "stars": (Kind.CATEGORY, (1, 2, 3), ("poor", "fair", "good")),
        "grouped": (Kind.CATEGORY, ("n", "m"), ("Kiel", "Mainz")),
    }
    assert fields["stars"].nullable


def test_a_foreign_key_is_a_category_of_the_keys_that_are_there(cities: tuple[City, City, City]) -> None:
    north, south, _ = cities
    for name in ("city_id", "city"):
        field = fields_of(visits(Rows("shop.Visit", columns=[name])))[name]
        assert (field.kind, field.categories) == (Kind.CATEGORY, (north.pk, south.pk))
        assert field.labels == ("city in the north", "city in the south")


def test_a_foreign_key_across_another_is_a_category_too(shop: cast.Shop) -> None:
    field = fields_of(visits(Rows("shop.Loan", columns=["customer__city_id"])))["customer__city_id"]
    assert (field.kind, len(field.categories)) == (Kind.CATEGORY, 2)


def test_booleans_stay_what_they_are(cities: Any) -> None:
    assert fields_of(visits(Rows("shop.Visit", columns=["paid"])))["paid"].kind is Kind.BOOLEAN


def test_the_stored_value_stays_the_value(cities: tuple[City, City, City], taken: Any) -> None:
    rows = taken(visits(Rows("shop.Visit", columns=COLUMNS)))
    north, south, _ = cities
    assert [(row["channel"], row["stars"], row["city_id"]) for row in rows] == [
        ("w", 1, north.pk),
        ("w", None, south.pk),
        (None, 3, north.pk),
    ]


def test_a_value_outside_the_choices_comes_after_them_under_its_own_name(cities: Any) -> None:
    Visit.objects.filter(stars=3).update(stars=9)
    field = fields_of(visits(Rows("shop.Visit", columns=["stars"])))["stars"]
    assert (field.categories, field.labels) == ((1, 2, 3, 9), ("poor", "fair", "good", "9"))


def test_a_stated_kind_counts_more_than_choices(cities: Any) -> None:
    rows_ = Rows("shop.Visit", columns=["stars"])
    field = fields_of(visits(rows_, fields={"stars": Field(kind="integer")}))["stars"]
    assert (field.kind, field.categories, field.labels) == (Kind.INTEGER, (), ())


def test_more_keys_than_a_form_could_show_have_no_labels(cities: Any) -> None:
    for each in range(101):
        Visit.objects.create(city=City.objects.create(region=str(each)))
    field = fields_of(visits(Rows("shop.Visit", columns=["city_id"])))["city_id"]
    assert (len(field.categories), field.labels) == (103, ())


def test_a_model_that_cannot_name_its_rows_is_named(cities: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(City, "__str__", lambda self: None)
    with pytest.raises(DataError, match=r"City\.__str__.*TypeError"):
        take_snapshot(visits(Rows("shop.Visit", columns=["city"])))


def test_snapshot_lookup_and_request_agree(database: Database, project: Path) -> None:
    shop = cast.open_shop()
    for customer in shop.customers:
        Visit.objects.create(city=customer.city, stars=2, channel="s", pk=customer.pk)

    class Risk(Classification):
        rows = Rows("shop.Loan", key="id", time="applied_at")
        features = [
            FeatureTable(
                "visit", model="shop.Visit", on="customer_id", columns=COLUMNS, static=True, key="id"
            )
        ]
        outcome = Outcome("status")

    schema = selectors.snapshot_schema(take_snapshot(Risk))
    (lookup,) = lookups(Risk, schema)
    with closing(database.connect()) as own:
        found = online.read(database, own, lookup, shop.ann.pk)
    assert found == {
        "channel": "s",
        "stars": 2,
        "grouped": "n",
        "city_id": shop.ann.city_id,
        "paid": False,
    }
    checked = check(schema, found or {})
    assert (checked.problems, checked.warnings, checked.values) == ([], [], found)
    outside = check(schema, {**(found or {}), "stars": 7, "city_id": 0})
    assert [problem.code for problem in outside.warnings] == ["unseen_category"] * 2
