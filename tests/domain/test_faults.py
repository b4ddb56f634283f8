"""Each rule about declarations, as a table: what is wrong, and the code that says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flyball import (
    AnomalyDetection,
    Ask,
    Candidate,
    Classification,
    Clustering,
    FeatureTable,
    Field,
    Outcome,
    Policy,
    Regression,
    Rows,
    Schedule,
    Search,
    Threshold,
)
from flyball import RequestSource as Sent
from flyball.domain.declaration import UNSUPERVISED, Endpoint
from flyball.domain.faults import ATTRIBUTES, faults
from flyball.domain.reasons.declared import Interventional

ROWS = Rows("loans.Loan", key="id", time="applied_at")

OUTCOME = Outcome("status", positive="defaulted", time="closed_at", matures_after="90d")
NIGHTLY = Schedule("every day at 02:00", "snapshot")
ORDERS = FeatureTable("orders", query="SELECT 1", on="customer_id", event_time="created_at")


def wrong(value: object) -> Any:
    """What mypy would not let through."""
    return value


ANY_ROWS: Any = Rows  # mypy sees a misspelt word too
ANY_OUTCOME: Any = Outcome
ANY_TABLE: Any = FeatureTable


def declare(kind: type[Endpoint] = Classification, **attributes: Any) -> type[Endpoint]:
    """An endpoint that is in order, but for ``attributes``."""
    sound = {} if kind.task in UNSUPERVISED else {"outcome": OUTCOME}
    return type("CreditRisk", (kind,), {"rows": ROWS, **sound, **attributes})


def table(name: str = "orders", **changes: Any) -> FeatureTable:
    """A feature table that is in order, but for ``changes``."""
    return FeatureTable(
        name, **{"query": "SELECT 1", "on": "customer_id", "event_time": "created_at", **changes}
    )


def costing(false_positive: float, false_negative: float) -> Threshold:
    """A decision by cost."""
    return Threshold.by_cost(
        false_positive=false_positive, false_negative=false_negative, at_or_above="refuse", below="accept"
    )


def weighed(weight: str) -> Rows:
    """Rows that weigh by a column."""
    return Rows("loans.Loan", key="id", time="at", weight=weight)


class Splitter:
    """What a splitter of scikit-learn's looks like."""

    def split(self, rows: Any, target: Any = None, groups: Any = None) -> Any:
        """No folds."""


WRONG: list[tuple[str, str, dict[str, Any]]] = [
    ("a manager itself, not its name", "E027", {"rows": ANY_ROWS("loans.Loan", manager=object())}),
    ("a key that is a number", "E027", {"rows": ANY_ROWS("loans.Loan", key=5)}),
    ("a source that is no text", "E027", {"rows": ANY_ROWS(5)}),
    ("a queryset as the source", "E027", {"rows": ANY_ROWS(object())}),
    ("columns that are one text", "E027", {"rows": ANY_ROWS("loans.Loan", columns="amount")}),
    ("missing texts that are one text", "E027", {"rows": ANY_ROWS("loans.csv", missing="NA")}),
    ("a missing text that is a number", "E027", {"rows": ANY_ROWS("loans.csv", missing=[-1])}),
    ("columns that are a number", "E027", {"rows": ANY_ROWS("loans.Loan", columns=5)}),
    ("a table whose name is a number", "E027", {"features": [ANY_TABLE(5, on="a", model="a.B")]}),
    ("a table of writable text", "E027", {"features": [ANY_TABLE("a", on="a", writable="b", model="a.B")]}),
    ("an outcome that is a number", "E027", {"outcome": ANY_OUTCOME(5)}),
    ("a decision that is a number", "E013", {"decide": Threshold(0.5, at_or_above=wrong(1), below="b")}),
    ("a decision that is missing", "E013", {"decide": Threshold(0.5, at_or_above="a", below=wrong(None))}),
    ("a label that is a number", "E014", {"fields": {"amount": Field(label=wrong(5))}}),
    ("a label in languages that are numbers", "E014", {"fields": {"amount": Field(label=wrong({1: "a"}))}}),
    ("a default that is a list", "E014", {"fields": {"amount": Field(default=[1])}}),
    ("a page that is a text", "E036", {"ask": "who?"}),
    ("a page that is open to nobody", "E036", {"ask": Ask(open_to="none")}),
    ("a page with half a question a minute", "E036", {"ask": Ask(per_minute=wrong(0.5))}),
    ("labels that are a list", "E036", {"outcome": Outcome("status", labels=["yes"])}),
    ("a unit that is a number", "E036", {"outcome": Outcome("status", unit=5)}),
    ("categories that are a number", "E014", {"fields": {"amount": Field(categories=wrong(5))}}),
    ("categories that are one text", "E014", {"fields": {"amount": Field(categories=wrong("ab"))}}),
    ("categories that are lists", "E014", {"fields": {"amount": Field(categories=wrong([["a"]]))}}),
    ("a lower end that is a text", "E014", {"fields": {"amount": Field(low=wrong("1"))}}),
    ("an upper end that is no number", "E014", {"fields": {"amount": Field(high=float("nan"))}}),
    ("a nullable that is a text", "E014", {"fields": {"amount": Field(nullable=wrong("no"))}}),
    ("a changeable that is a text", "E014", {"fields": {"amount": Field(changeable=wrong("yes"))}}),
    ("a name in capitals", "E001", {"name": "CreditRisk"}),
    ("a name that is a number", "E001", {"name": 5}),
    ("a team that is a number", "E001", {"team": 5}),
    ("a name that is too long", "E001", {"name": "a" * 64}),
    ("abstract that is a number", "E001", {"abstract": 1}),
    ("a task of its own", "E020", {"task": "regression"}),
    ("no rows", "E002", {"rows": None}),
    ("rows from nowhere", "E002", {"rows": Rows()}),
    ("rows from two places", "E002", {"rows": Rows("loans.csv", query="SELECT 1")}),
    ("a feature that is a plain name", "E003", {"features": ["amount"]}),
    ("features that are one source", "E003", {"features": Sent("amount")}),
    ("columns in a list of their own", "E003", {"features": [Sent(["amount", "term"])]}),  # type: ignore[arg-type] # the fault
    ("no outcome", "E004", {"outcome": None}),
    ("two tables of one name", "E005", {"features": [table(), table()]}),
    ("a table called like the call", "E005", {"features": [table("request")]}),
    ("a table from nowhere", "E006", {"features": [table(query="")]}),
    ("a query that is writable", "E007", {"features": [table(writable=["total"])]}),
    ("static with an event time", "E008", {"features": [table(static=True)]}),
    ("rows with a time, a table without", "E009", {"features": [table(event_time=None)]}),
    ("a feature from two sources", "E010", {"features": [Sent("total"), table(columns=["total"])]}),
    ("the outcome as a feature", "E011", {"features": [Sent("status")]}),
    ("a maturity in weeks", "E012", {"outcome": Outcome("status", matures_after="2w")}),
    ("a maturity that is a number", "E027", {"outcome": Outcome("status", matures_after=90)}),  # type: ignore[arg-type] # the fault
    ("a maturity beyond all time", "E012", {"outcome": Outcome("status", matures_after="9999999999d")}),
    ("maturity without a time", "E012", {"rows": Rows("a.csv"), "outcome": OUTCOME}),
    ("a rule for repeated references that there is not", "E026", {"outcome": Outcome("s", repeated="last")}),
    ("a decision that is a number", "E013", {"decide": 0.5}),
    ("a threshold in per cent", "E013", {"decide": Threshold(30, "yes", "no")}),
    ("an unknown way", "E014", {"fields": {"age": Field(monotonic="up")}}),
    ("an error that costs nothing", "E013", {"decide": costing(0, 5)}),
    ("an error that pays", "E013", {"decide": costing(1, -5)}),
    ("a cost that is no number", "E013", {"decide": costing(float("nan"), 5)}),
    ("a cost in words", "E013", {"decide": costing(wrong("1"), 5)}),
    ("two infinite costs", "E013", {"decide": costing(float("inf"), float("inf"))}),
    ("a threshold in words", "E013", {"decide": Threshold("0.3", "yes", "no")}),  # type: ignore[arg-type] # the fault
    (
        "a threshold on no class",
        "E013",
        {"decide": Threshold(0.5, "yes", "no"), "outcome": Outcome("status")},
    ),
    ("an unknown kind", "E014", {"fields": {"amount": Field(kind="money")}}),
    ("an unknown rule for unseen values", "E014", {"unseen": "ignore"}),
    ("fields that are a list", "E014", {"fields": ["amount"]}),
    ("a kind where a Field belongs", "E014", {"fields": {"depot": "category"}}),
    ("a kind that cannot be hashed", "E014", {"fields": {"depot": Field(kind=["text"])}}),  # type: ignore[arg-type] # the fault
    ("an unknown rule for one field", "E014", {"fields": {"depot": Field(unseen="no")}}),  # type: ignore[arg-type] # the fault
    ("a set of rules for unseen values", "E014", {"unseen": {"warn"}}),
    ("an unknown word of the rows", "E027", {"rows": ANY_ROWS("loans.Loan", tme="applied_at")}),
    ("an unknown word of the outcome", "E027", {"outcome": ANY_OUTCOME("status", positve="bad")}),
    ("an outcome without its column", "E027", {"outcome": ANY_OUTCOME()}),
    ("an unknown word of a table", "E027", {"features": [table(event_tim="created_at")]}),
    ("a table without a key", "E027", {"features": [ANY_TABLE("orders", query="SELECT 1")]}),
    ("a manager of a file", "E028", {"rows": Rows("loans.csv", time="at", manager="closed")}),
    ("a condition on a query", "E028", {"rows": Rows(query="SELECT 1", key="id", time="at", where=object())}),
    ("schedules that are one", "E029", {"schedules": NIGHTLY}),
    ("schedules that are texts", "E029", {"schedules": ["every day at 02:00"]}),
    ("a schedule whose times are a number", "E029", {"schedules": [Schedule(wrong(5), "build")]}),
    ("a schedule whose promote is a text", "E029", {"schedules": [replace(NIGHTLY, promote=wrong("yes"))]}),
    ("a schedule twice", "E029", {"schedules": [NIGHTLY, NIGHTLY]}),
    ("a schedule's name in capitals", "E029", {"schedules": [replace(NIGHTLY, name="Nightly")]}),
    ("a snapshot that is promoted", "E029", {"schedules": [replace(NIGHTLY, promote=True)]}),
    ("a schedule at no time", "E030", {"schedules": [Schedule("at night", "build")]}),
    ("no candidates", "E015", {"candidates": []}),
    ("a candidate twice", "E015", {"candidates": ["linear", Candidate("linear", object())]}),
    ("a candidate in the baseline's place", "E015", {"candidates": ["baseline"]}),
    ("candidates that are one text", "E015", {"candidates": "linear"}),
    ("folds in words", "E016", {"cv": "abc"}),
    ("one fold", "E016", {"cv": 1}),
    ("a splitter's class", "E016", {"cv": Splitter}),
    ("a number where a Search belongs", "E017", {"search": 3}),
    ("a search of nothing", "E017", {"search": Search(trials=0)}),
    ("a build of no time", "E017", {"search": Search(total=0.0)}),
    ("a build's time in words", "E017", {"search": Search(total="10m")}),  # type: ignore[arg-type] # the fault
    ("a number where a Policy belongs", "E017", {"policy": 7}),
    ("a least score in words", "E017", {"policy": Policy(minimum_score="0.7")}),  # type: ignore[arg-type] # the fault
    ("a seed in words", "E017", {"seed": "x"}),
    ("reasons in words", "E017", {"reasons": "interventional"}),
    ("reasons against no row", "E017", {"reasons": Interventional(rows=0)}),
    ("a seed below zero", "E017", {"seed": -1}),
    ("trust in a name", "E018", {"trusted": ["a.B"]}),
    ("feature sets that are a list", "E019", {"feature_sets": ["amount"]}),
    ("a feature set that is one text", "E019", {"feature_sets": {"few": "amount"}}),
    ("a feature set without features", "E019", {"feature_sets": {"few": []}}),
    ("a feature set with the name of all", "E019", {"feature_sets": {"all": ["amount"]}}),
    ("slices of one text", "E037", {"slices": "amount"}),
    ("slices that are no names", "E037", {"slices": [1]}),
    ("a weight without a name", "E041", {"rows": weighed("")}),
    ("a weight that is the time", "E041", {"rows": weighed("at")}),
    ("a weight that is the outcome", "E041", {"rows": weighed("status")}),
    ("a weight that is sent", "E041", {"rows": weighed("amount"), "features": [Sent("amount")]}),
    ("a weight that names the entity", "E041", {"rows": weighed("customer_id"), "features": [table()]}),
    ("a weight among fields", "E041", {"rows": weighed("w"), "fields": {"w": Field(low=0)}}),
    ("a weight in a feature set", "E041", {"rows": weighed("w"), "feature_sets": {"few": ["w"]}}),
    ("a weight among slices", "E041", {"rows": weighed("w"), "slices": ["w"]}),
    ("a weight that is a number", "E027", {"rows": Rows("loans.Loan", time="at", weight=wrong(2))}),
    ("balance in words", "E042", {"balance": "yes"}),
    ("a misspelt attribute", "E020", {"candidate": ["linear"]}),
    ("a method in a name's place", "E020", {"tables": []}),
]


@pytest.mark.parametrize(("code", "attributes"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_with_a_declaration_has_a_code(code: str, attributes: dict[str, Any]) -> None:
    assert [fault.code for fault in faults(declare(**attributes))] == [code]


def test_a_misspelt_attribute_is_told_the_nearest_name() -> None:
    assert faults(declare(candidate=["linear"]))[0].hint == "Did you mean candidates?"


def test_names_of_ones_own_begin_with_an_underscore() -> None:
    assert faults(declare(_note="mine")) == []


def test_a_number_beyond_one_is_a_threshold_of_a_regression() -> None:
    assert faults(declare(Regression, outcome=Outcome("y"), decide=Threshold(30, "far", "near"))) == []


def test_one_of_two_costs_may_be_infinite() -> None:
    assert faults(declare(decide=costing(1, float("inf")))) == []


def test_a_regression_has_no_positive_class_to_cost_anything() -> None:
    decided = declare(Regression, outcome=Outcome("y"), decide=costing(1, 5))
    assert [fault.code for fault in faults(decided)] == ["E013"]


def test_an_outcome_has_no_place_in_anomaly_detection() -> None:
    assert [fault.code for fault in faults(declare(AnomalyDetection, outcome=OUTCOME))] == ["E004"]


@pytest.mark.parametrize("share", ["auto", 0.01, 0.5])
def test_shares_of_anomalies_are_those_of_scikit_learn(share: object) -> None:
    assert faults(declare(AnomalyDetection, contamination=share)) == []


@pytest.mark.parametrize("share", [0, 0.6, -0.1, True, None, "much", float("nan")])
def test_what_is_no_share_of_anomalies_is_told(share: object) -> None:
    assert [fault.code for fault in faults(declare(AnomalyDetection, contamination=share))] == ["E039"]


def test_no_other_task_has_a_share_of_anomalies() -> None:
    assert [fault.code for fault in faults(declare(Classification, contamination=0.01))] == ["E039"]


def test_an_outcome_has_no_place_in_clustering() -> None:
    assert [fault.code for fault in faults(declare(Clustering, outcome=OUTCOME))] == ["E004"]
    decided = declare(Clustering, decide=Threshold(0.5, "yes", "no"))
    assert [fault.code for fault in faults(decided)] == ["E013"]


@pytest.mark.parametrize("kind", [Classification, Regression, Clustering, AnomalyDetection])
def test_the_smallest_declarations_are_in_order(kind: type[Endpoint]) -> None:
    smallest = {} if kind.task in UNSUPERVISED else {"outcome": Outcome("y")}
    assert faults(type("Smallest", (kind,), {"rows": Rows("a.csv"), **smallest})) == []


def test_a_full_declaration_is_in_order() -> None:
    static = FeatureTable("customer", model="shop.Customer", on="customer_id", static=True, writable=["age"])
    full = declare(
        features=[Sent("amount"), static, ORDERS],
        decide=Threshold(0.3, "refuse", "accept"),
        cv=Splitter(),
        trusted=(Splitter,),
        feature_sets={"few": ["amount"]},
        fields={"amount": Field(kind="number")},
    )
    assert faults(full) == []
    assert full.name == "credit_risk"
    assert full.entity_columns() == ("customer_id",)
    assert full.request_columns() == ("amount",)


JUNK: tuple[object, ...] = (
    None,
    True,
    5,
    -1.5,
    "x",
    b"x",
    [],
    ["x"],
    [["x"]],
    {"x"},
    {"x": 1},
    {5: ["x"]},
    object(),
    object,
    len,
)


@pytest.mark.parametrize("kind", [Classification, Regression, Clustering, AnomalyDetection])
@pytest.mark.parametrize("attribute", sorted(ATTRIBUTES))
def test_whatever_an_attribute_holds_is_told_and_ends_no_check(attribute: str, kind: type[Endpoint]) -> None:
    for junk in JUNK:
        for fault in faults(declare(kind, **{attribute: junk})):
            assert fault.message
            assert fault.hint


TOLD: list[tuple[dict[str, Any], str, str]] = [
    ({"rows": ANY_ROWS("x.csv", tme="at")}, "has an unknown word 'tme'", "Did you mean time?"),
    ({"outcome": ANY_OUTCOME(colum="status")}, "has an unknown word 'colum'", "Did you mean column?"),
    ({"outcome": ANY_OUTCOME()}, "lacks column", "Say Outcome(…, column=…)."),
    (
        {"outcome": ANY_OUTCOME("status", zzz=1)},
        "has an unknown word 'zzz'",
        "Outcome has: column, positive, time, matures_after, repeated, observed_when, label, unit, labels.",
    ),
    (
        {"features": [table(colunms=["a"])]},
        "table 'orders' has an unknown word 'colunms'",
        "Did you mean columns?",
    ),
]


@pytest.mark.parametrize(("attributes", "message", "hint"), TOLD)
def test_a_misspelt_word_is_told_with_the_one_that_was_meant(
    attributes: dict[str, Any], message: str, hint: str
) -> None:
    (fault,) = faults(declare(**attributes))
    assert (fault.message, fault.hint) == (message, hint)
