"""What is wrong with a declaration is found by Django's system checks, with class, attribute and fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.db.models import Q
from sklearn.metrics import get_scorer_names

from flyball import Classification, FeatureTable, Field, Outcome, RequestSource, Rows
from flyball.control.datasets.checks import check
from flyball.control.declarations.names import METRICS
from flyball.domain.declaration import Endpoint
from flyball.learning.anomalies.masses import ANOMALY_METRICS
from flyball.learning.scoring import CLUSTER_METRICS

OUTCOME = Outcome("status")


def declared(rows: Rows | None, *features: Any, outcome: Outcome = OUTCOME, **more: Any) -> type[Endpoint]:
    """An endpoint called Risk."""
    body = {"rows": rows, "features": list(features) or None, "outcome": outcome, "__module__": __name__}
    return type("Risk", (Classification,), {**body, **more})


def table(**values: Any) -> FeatureTable:
    """A static table called about."""
    return FeatureTable("about", on="customer_id", static=True, **values)


LOANS = Rows("shop.Loan", columns=["amount"])

FAULTS: list[tuple[str, Callable[[], type[Endpoint]], str, str]] = [
    ("reading the declaration", lambda: declared(None), "E002", "Risk.rows is missing."),
    ("no such model", lambda: declared(Rows("shop.Lone")), "E021", "Risk.rows (shop.Lone): is not the name"),
    ("no such app", lambda: declared(Rows("stop.Loan")), "E021", "Risk.rows (stop.Loan): is not the name"),
    (
        "no such field",
        lambda: declared(Rows("shop.Loan", columns=["amounts"])),
        "E021",
        "Risk.rows (shop.Loan): has no column 'amounts'. Loan has: amount, applied_at,",
    ),
    (
        "no such outcome",
        lambda: declared(LOANS, outcome=Outcome("state")),
        "E021",
        "Risk.outcome (shop.Loan): has no column 'state'. Loan has: amount,",
    ),
    (
        "a lookup that goes nowhere",
        lambda: declared(LOANS, table(model="shop.Customer", columns=["city__name"])),
        "E021",
        "Risk.features, table 'about' (shop.Customer): has no column 'city__name'. City has: id, region.",
    ),
    (
        "a lookup beyond a plain field",
        lambda: declared(LOANS, table(model="shop.Customer", columns=["age__year"])),
        "E021",
        "has no column 'age__year'. A lookup goes on only across a foreign key.",
    ),
    (
        "a lookup to many",
        lambda: declared(LOANS, table(model="shop.Customer", columns=["order__total"])),
        "E021",
        "the lookup 'order__total' leads to many rows. Follow foreign keys forward only.",
    ),
    (
        "no such column in a file",
        lambda: declared(LOANS, table(file="about.csv")),
        "E022",
        "Risk.features, table 'about' (about.csv): has no column 'customer_id'. It has: age, id.",
    ),
    (
        "no Parquet",
        lambda: declared(Rows("x.parquet")),
        "E022",
        "Risk.rows (x.parquet): is not a Parquet file.",
    ),
    (
        "a field that is no feature",
        lambda: declared(LOANS, RequestSource("amount"), fields={"amuont": Field(kind="number")}),
        "E014",
        "Risk.fields names 'amuont', which is not a feature.",
    ),
    (
        "a feature set with what is no feature",
        lambda: declared(LOANS, table(file="about.csv", key="id"), feature_sets={"few": ["age", "amount"]}),
        "E019",
        "Risk.feature_sets names 'amount', which is not a feature.",
    ),
    (
        "a slice of what is no feature",
        lambda: declared(LOANS, table(file="about.csv", key="id"), slices=["amount"]),
        "E037",
        "Risk.slices names 'amount', which is not a feature.",
    ),
    (
        "a misspelt metric",
        lambda: declared(LOANS, metric="roc_auck"),
        "E025",
        "Risk.metric is not a metric of classification.",
    ),
    (
        "a metric of another kind of endpoint",
        lambda: declared(LOANS, metric="r2"),
        "E025",
        "Risk.metric is not a metric of classification.",
    ),
    ("a metric that is no name", lambda: declared(LOANS, metric=["f1"]), "E025", "is not a metric of"),
    (
        "no such outcome in a file",
        lambda: declared(Rows("about.csv"), outcome=Outcome("aeg")),
        "E022",
        "Risk.outcome (about.csv): has no column 'aeg'. It has: age, id.",
    ),
    (
        "no such moment of the outcome",
        lambda: declared(Rows("about.csv"), outcome=Outcome("age", time="closed")),
        "E022",
        "Risk.outcome (about.csv): has no column 'closed'.",
    ),
    (
        "no such key of a table among the rows",
        lambda: declared(Rows("about.csv"), table(file="about.csv", key="id"), outcome=Outcome("age")),
        "E022",
        "Risk.features, table 'about' (about.csv): has no column 'customer_id'.",
    ),
    (
        "no such field in a condition",
        lambda: declared(Rows("shop.Loan", columns=["amount"], where=Q(amuont__gt=1))),
        "E028",
        "Risk.rows (shop.Loan): where= does not fit the model: Cannot resolve keyword 'amuont' into field.",
    ),
    (
        "no such lookup in a condition",
        lambda: declared(Rows("shop.Loan", columns=["amount"], where=Q(amount__above=1))),
        "E028",
        "Risk.rows (shop.Loan): where= does not fit the model: Unsupported lookup 'above'",
    ),
    (
        "a value that its field cannot hold in a condition",
        lambda: declared(Rows("shop.Loan", columns=["amount"], where=Q(id="secret"))),
        "E028",
        "Risk.rows (shop.Loan): where= does not fit the model. Write it as where=Q(field=value).",
    ),
    (
        "a condition that is none",
        lambda: declared(Rows("shop.Loan", columns=["amount"], where={"amount": 1})),
        "E028",
        "Risk.rows (shop.Loan): where= does not fit the model. Write it as where=Q(field=value).",
    ),
    (
        "no such manager",
        lambda: declared(Rows("shop.Loan", columns=["amount"], manager="paid")),
        "E028",
        "Risk.rows (shop.Loan): has no manager 'paid'. Loan has: few, objects, odd, repaid.",
    ),
    (
        "a regular expression that cannot be read",
        lambda: declared(Rows("shop.Loan", columns=["amount"], where=~Q(amount=1) | Q(purpose__regex="("))),
        "E028",
        "Risk.rows (shop.Loan): a regular expression that chooses the rows cannot be read: missing ), "
        "unterminated subpattern. Correct it in where=, or in the manager.",
    ),
    (
        "a regular expression of a manager",
        lambda: declared(Rows("shop.Loan", columns=["amount"], manager="odd")),
        "E028",
        "Risk.rows (shop.Loan): a regular expression that chooses the rows cannot be read: unterminated",
    ),
    (
        "a manager that slices",
        lambda: declared(Rows("shop.Loan", columns=["amount"], manager="few", where=Q(amount=1))),
        "E028",
        "Risk.rows (shop.Loan): the manager 'few' gives a slice, such as [:10], which cannot be read page",
    ),
    (
        "a candidate that is not in the catalogue",
        lambda: declared(LOANS, candidates=["linear", "lineer"]),
        "E015",
        "Risk.candidates has an unknown 'lineer'.",
    ),
    (
        "an ensemble of one",
        lambda: declared(LOANS, candidates=["linear", "blend", "stacking"]),
        "E015",
        "Risk.candidates has a 'blend' of fewer than 2 others.",
    ),
    (
        "a candidate that is an estimator",
        lambda: declared(LOANS, candidates=[{"C": 1}]),
        "E015",
        "Risk.candidates has an unknown",
    ),
    (
        "a query without a key",
        lambda: declared(Rows(query="SELECT 1")),
        "E023",
        """Risk.rows (query): has no key. Name the column that identifies a row: key="id".""",
    ),
    (
        "a lookup cannot be written",
        lambda: declared(LOANS, table(model="shop.Customer", writable=["city__region"])),
        "E024",
        "Risk.features, table 'about' (shop.Customer): writable names 'city__region'",
    ),
]


@pytest.mark.parametrize(
    ("declare", "code", "message"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_fault_is_found(
    declare: Callable[[], type[Endpoint]], code: str, message: str, project: Path
) -> None:
    (project / "about.csv").write_text("id,age\n1,2\n")
    (project / "x.parquet").write_text("id,age\n1,2\n")
    (found,) = check(declare())
    assert found.id == f"flyball.{code}"
    assert message in found.msg


def test_a_sound_declaration_has_no_fault(project: Path) -> None:
    (project / "about.csv").write_text("customer_id,age\n1,2\n")
    assert not check(declared(LOANS, table(file="about.csv")))


def test_a_file_that_is_not_there_is_a_warning_since_servers_need_none(project: Path) -> None:
    (found,) = check(declared(Rows("loans.csv")))
    assert (found.id, found.level) == ("flyball.W002", checks.WARNING)
    assert "Risk.rows (loans.csv): there is no such file here." in found.msg


def test_django_runs_the_checks(project: Path) -> None:
    declared(Rows("shop.Lone"))
    assert "flyball.E021" in {message.id for message in checks.run_checks(tags=["flyball"])}


def test_a_project_without_zones_is_refused(project: Path, settings: Any) -> None:
    declared(LOANS)
    settings.USE_TZ = False
    levels = {message.id: message.level for message in checks.run_checks(tags=["flyball"])}
    assert levels["flyball.E033"] == checks.ERROR


def test_the_metrics_that_a_check_knows_are_those_that_a_build_finds() -> None:
    every = {name for task in ("classification", "regression") for name in METRICS[task]}
    assert every <= set(get_scorer_names())
    assert set(METRICS["clustering"]) == set(CLUSTER_METRICS)
    assert set(METRICS["anomaly_detection"]) == set(ANOMALY_METRICS)


def test_a_scorer_that_no_table_names_is_asked_of_scikit_learn(project: Path) -> None:
    assert not check(declared(LOANS, metric="rand_score"))
