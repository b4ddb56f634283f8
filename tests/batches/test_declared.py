"""Declared batches: rows of the project's own tables, answered by name, by hand or when a schedule is due."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.core.management import call_command
from django.db.models import Q

from flyball import Batch, Classification, FeatureTable, Outcome, RequestSource, Rows, Schedule
from flyball.batches.checks import check
from flyball.batches.models import Batch as Asked
from flyball.batches.models import BatchChunk
from flyball.batches.services import ask_declared
from flyball.batches.work.doing import Doing
from flyball.control.datasets.lookups.compiler import lookups
from flyball.control.jobs.models import Job
from flyball.control.schedules import services as schedules
from flyball.control.schedules.declaring import steps
from flyball.control.schedules.making import make_due
from flyball.control.schedules.models import Schedule as Applied
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import InvalidInput, NotFound
from flyball.domain.schema import Field, Kind, Schema
from flyball.stores.database import Database
from tests.batches.world import done, rows
from tests.datasets import cast
from tests.jobs.workers import carried_out
from tests.published import AGE, publish
from tests.shop.models import Customer

ADULTS = Batch("adults", rows=Rows("shop.Customer", where=Q(age__gte=30)), out="answers-{date}.csv")
NIGHTLY = Schedule("every day at 01:00", "batch", batch="adults", timezone="Europe/Berlin")


@pytest.fixture(autouse=True)
def project(settings: Any, tmp_path: Path) -> Path:
    """The project's directory."""
    settings.BASE_DIR = tmp_path
    settings.FLYBALL = msgspec.structs.replace(settings.FLYBALL, home=tmp_path / "home")
    return tmp_path


def declare(*batches: Batch, **attributes: Any) -> type[Endpoint]:
    """``triage``, which is asked with an age."""
    body: dict[str, Any] = {
        "name": "triage",
        "rows": Rows("shop.Customer"),
        "features": [RequestSource("age")],
        "outcome": Outcome("vip"),
        "batches": list(batches),
        "__module__": __name__,
    }
    return type("Triage", (Classification,), body | attributes)


def published(database: Database) -> None:
    """A version that takes the age alone."""
    publish(database, schema=Schema((AGE,)))


@pytest.mark.storage
def test_rows_of_a_model_are_answered_in_the_order_of_their_key(database: Database, project: Path) -> None:
    shop = cast.open_shop()
    old = Customer.objects.create(pk=9_000_000, age=99, city=shop.ann.city)
    young = Customer.objects.create(pk=10, age=30, city=shop.ann.city)
    published(database)
    made = ask_declared(declaration=declare(ADULTS), name="adults")
    job = done(made)
    assert job.status == "succeeded", job.error
    found = rows(Path(made.out))
    assert list(found[0]) == [
        "id",
        "row",
        "version",
        "label",
        "probability ill",
        "probability well",
        "decision",
        "warnings",
    ], "nothing of a customer but who it is"
    expected = Customer.objects.filter(age__gte=30).order_by("pk").values_list("pk", "age")
    assert [int(row["id"]) for row in found] == [pk for pk, _ in expected]
    assert {int(row["id"]): row["label"] for row in found}[old.pk] == "ill"
    assert {int(row["id"]): row["label"] for row in found}[young.pk] == "well"
    assert Path(made.out) == project / f"answers-{datetime.now(UTC):%Y-%m-%d}.csv"


@pytest.mark.storage
def test_a_query_keeps_what_is_named_and_rows_that_do_not_fit_are_told(
    database: Database, project: Path
) -> None:
    shop = cast.open_shop()
    age = f"CASE WHEN id <> {shop.bob.pk} THEN age END AS age"
    query = f"SELECT id AS \"Id\", {age}, 'x' AS mark FROM shop_customer"
    batch = Batch("all", rows=Rows(query=query, key="Id"), out="all.parquet", keep=["mark", "Id"])
    published(database)
    made = ask_declared(declaration=declare(batch), name="all", out=str(project / "all.csv"))
    job = done(made)
    assert job.status == "succeeded", job.error
    found = rows(project / "all.csv")
    assert [(row["mark"], int(row["Id"])) for row in found] == [("x", shop.ann.pk), ("x", shop.cem.pk)]
    told = rows(project / "all.rejects.csv")
    assert [(row["row"], row["field"], row["code"]) for row in told] == [("2", "age", "missing")]


def test_no_rows_are_no_answers_and_no_failure(database: Database) -> None:
    published(database)
    made = ask_declared(declaration=declare(ADULTS), name="adults")
    assert done(made).status == "succeeded"
    assert rows(Path(made.out)) == []


def dated(database: Database) -> type[Endpoint]:
    """``triage`` again, which looks up the total of the last order as the age."""
    totals = "SELECT customer_id, created_at, total AS age FROM shop_order"
    orders = FeatureTable("orders", query=totals, on="customer_id", event_time="created_at")
    rows_ = Rows(query="SELECT id AS customer_id FROM shop_customer", key="customer_id")
    declaration = declare(
        Batch("adults", rows=rows_, out="answers-{date}-{time}.csv"),
        rows=Rows("shop.Loan", key="id", time="applied_at"),
        outcome=Outcome("status"),
        features=[orders],
        schedules=[NIGHTLY],
    )
    schema = Schema((Field(name="age", kind=Kind.NUMBER, low=0, high=1000, source="orders"),))
    publish(database, schema=schema, lookups=lookups(declaration, schema))
    for step in steps(declaration):
        step.act()
    return declaration


def test_of_an_hour_that_comes_twice_each_has_its_own_file() -> None:
    zone = ZoneInfo("Europe/Berlin")
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC).astimezone(zone) for hour in (0, 1)]
    batch = Batch("hourly", rows=Rows("shop.Customer"), out="{date}/{time}.csv")
    assert [batch.out_at(each) for each in moments] == [
        "2026-10-25/0230+0200.csv",
        "2026-10-25/0230+0100.csv",
    ]


@pytest.mark.storage
def test_a_due_moment_is_answered_as_of_itself_once_whatever_happens(
    database: Database, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = cast.open_shop()
    cast.order(shop.ann, 10, Decimal("80.00"))
    cast.order(shop.ann, 11, Decimal("10.00"))
    dated(database)
    due = datetime(2026, 1, 11, 0, 0, tzinfo=UTC)  # 01:00 in Berlin, and day 10 of the shop
    Applied.objects.update(next_due_at=due)
    make_due(datetime(2026, 1, 11, 5, tzinfo=UTC))
    make_due(datetime(2026, 1, 11, 5, tzinfo=UTC))
    (job,) = Job.objects.filter(kind="batch")
    assert job.arguments == {"batch": "adults", "due_at": "2026-01-11T01:00:00+01:00"}
    undisturbed = Doing.do

    def do(self: Doing, chunk: BatchChunk) -> object:
        undisturbed(self, chunk)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Doing, "do", do)
        with pytest.raises(Killed):
            carried_out(job)
    Job.objects.filter(pk=job.pk).update(lease_until=job.asked_at)
    again = carried_out(job)
    assert again.status == "succeeded", again.error
    (made,) = Asked.objects.all()
    assert (made.source, made.job_id) == ("adults", job.pk)
    assert [
        (int(row["customer_id"]), row["label"]) for row in rows(project / "answers-2026-01-11-0100+0100.csv")
    ] == [
        (shop.ann.pk, "ill"),
        (shop.bob.pk, "well"),
    ]
    told = rows(project / "answers-2026-01-11-0100+0100.rejects.csv")
    assert [(row["field"], row["code"]) for row in told] == [("customer_id", "unknown_entity")]


class Killed(BaseException):
    """The process ends here."""


def test_one_that_is_declared_no_more_fails_with_a_sentence(database: Database) -> None:
    cast.open_shop()
    declaration = dated(database)
    Applied.objects.update(next_due_at=datetime(2026, 1, 11, tzinfo=UTC))
    make_due(datetime(2026, 1, 11, 5, tzinfo=UTC))
    declaration.batches = ()
    (job,) = Job.objects.filter(kind="batch")
    ended = carried_out(job)
    assert (ended.status, ended.error_code) == ("failed", "not_found")
    assert "declares no batch of that name. Declared: none." in ended.error


def test_the_command_asks_for_one_by_its_name(database: Database, capsys: Any) -> None:
    published(database)
    declare(ADULTS)
    call_command("flyball", "score", "triage", "adults", "--detach")
    (made,) = Asked.objects.all()
    assert made.source == "adults"
    with pytest.raises(NotFound, match="Declared: adults"):
        ask_declared(declaration=declare(ADULTS), name="others")


def test_a_schedule_by_hand_names_a_declared_batch(database: Database) -> None:
    published(database)
    declare(ADULTS)
    from flyball.control.declarations import selectors as endpoints

    own: dict[str, Any] = {"endpoint": endpoints.endpoint("triage"), "times": "every hour"}
    made = schedules.add(name="often", kind="batch", batch="adults", **own)
    assert made.arguments == {"batch": "adults"}
    for kind, batch in (("batch", ""), ("batch", "others"), ("snapshot", "adults")):
        with pytest.raises(InvalidInput):
            schedules.add(name="wrong", kind=kind, batch=batch, **own)


OUT = "answers.parquet"
PEOPLE = Rows("shop.Customer")
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"batches": "adults"}, "E043"),
    ({"batches": [Batch("a", rows=PEOPLE, out=OUT), Batch("a", rows=PEOPLE, out="b.csv")]}, "E043"),
    ({"batches": [Batch("a", rows=PEOPLE, out=OUT), Batch("b", rows=PEOPLE, out=OUT)]}, "E043"),
    ({"batches": [Batch("No Name", rows=PEOPLE, out=OUT)]}, "E043"),
    ({"batches": [Batch("a", out=OUT)]}, "E043"),  # type: ignore[call-arg] # rows are missing
    ({"batches": [Batch("a", rows="shop.Customer", out=OUT)]}, "E043"),
    ({"batches": [Batch("a", rows=Rows(), out=OUT)]}, "E043"),
    ({"batches": [Batch("a", rows=Rows(query="SELECT 1"), out=OUT)]}, "E043"),
    ({"batches": [Batch("a", rows=Rows("shop.Customer", columns=["age"]), out=OUT)]}, "E043"),
    ({"batches": [Batch("a", rows=Rows("in.csv", where=Q(age=3)), out=OUT)]}, "E043"),
    ({"batches": [Batch("a", rows=PEOPLE, out="{day}.csv")]}, "E043"),
    ({"batches": [Batch("a", rows=PEOPLE, out="{date.csv")]}, "E043"),
    ({"batches": [Batch("a", rows=PEOPLE, out="answers.xlsx")]}, "E043"),
    ({"batches": [Batch("a", rows=PEOPLE, out="s3://us:password@data/answers.csv")]}, "E043"),
    ({"batches": [Batch("a", rows=PEOPLE, out=OUT, max_rejects=-1)]}, "E043"),
    ({"batches": [Batch("a", rows=Rows("shop.Nobody"), out=OUT)]}, "E043"),
    ({"batches": [Batch("a", rows=Rows("shop.City"), out=OUT)]}, "E043"),
    ({"batches": [Batch("a", rows=PEOPLE, out=OUT, keep=["nothing"])]}, "E043"),
    ({"batches": [Batch("a", rows=Rows("shop.Customer", where=Q(nothing=1)), out=OUT)]}, "E043"),
    ({"schedules": [Schedule("every hour", "batch")]}, "E029"),
    ({"schedules": [Schedule("every hour", "batch", batch="others")]}, "E029"),
    ({"schedules": [Schedule("every hour", "snapshot", batch="adults")]}, "E029"),
]


@pytest.mark.parametrize(("attributes", "code"), WRONG)
@pytest.mark.django_db
def test_what_cannot_be_answered_is_a_fault(attributes: dict[str, Any], code: str) -> None:
    from flyball.control.declarations.checks import check as alone

    declaration = declare(**{"batches": [ADULTS], **attributes})
    assert [each.id for each in alone(declaration) or check(declaration)] == [f"flyball.{code}"]


@pytest.mark.django_db
def test_sound_batches_have_no_faults() -> None:
    sound = [
        ADULTS,
        Batch("b", rows=Rows("shop.Loan", key="id", time="applied_at"), out="{date}-{time}.csv.gz"),
    ]
    assert check(declare(*sound[:1], schedules=[NIGHTLY])) == []
    assert [each.id for each in check(declare(*sound))] == ["flyball.E043"], "loans have no age"
