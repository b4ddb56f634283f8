"""A person is erased by one command, and leaves the files with the next maintenance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from flyball import FeatureTable, Rows
from flyball.control.datasets.models import OnlineRow
from flyball.control.routing.models import IdempotencyKey, Outcome, Prediction
from flyball.domain.records import Outcome as Told
from flyball.stores import outcomes, records
from flyball.stores.database import Database
from flyball.stores.erasing import Person, erase_person
from flyball.stores.records import Submission
from tests.cli.conftest import Typed
from tests.stores.predictions import made

MANY = 3000
SECRET = "SECRET"


def files(database: Database) -> list[Path]:
    file = Path(unquote(urlsplit(database.url).path))
    return [each for each in (file, Path(f"{file}-wal")) if each.exists()]


def holding(database: Database, text: str) -> list[str]:
    """The names of the database's files that hold a text somewhere."""
    return [each.name for each in files(database) if text.encode() in each.read_bytes()]


@pytest.fixture
def lite(database: Database) -> Iterator[Database]:
    if database.is_postgres:
        pytest.skip("PostgreSQL's files are its administrator's.")
    with closing(database.connect()) as connection:  # the files of the next tests begin without gaps again
        yield database
        for table in ("outcome", "idempotency_key", "prediction"):
            connection.execute(f"DELETE FROM flyball_{table}")
        database.rewrite(connection)


def recorded(database: Database, count: int) -> None:
    """Many people with long names, in commits of many, as servers write them; each has a held outcome."""
    with closing(database.connect()) as connection:
        for start in range(0, count, 100):
            some = [
                made(
                    place,
                    endpoint="purchase",
                    reference=f"{SECRET}-{place * 7919 % count:05d}-{'r' * 60}",
                    entity={"id": f"{SECRET}-{place * 104729 % count}"},
                    input={"note": SECRET * 20},
                )
                for place in range(start, start + 100)
            ]
            with database.transaction(connection):
                records.write(database, connection, [Submission(predictions=(each,)) for each in some])
            told = [
                Told(endpoint="purchase", value="yes", reference=f"{SECRET}-held-{each.id}") for each in some
            ]
            outcomes.record(database, connection, told, datetime.now(UTC))


def test_nothing_of_many_erased_people_is_left_in_the_files_after_maintenance(
    typed: Typed, applied: Callable[..., Any], lite: Database
) -> None:
    applied()
    recorded(lite, MANY)
    assert holding(lite, SECRET)
    with closing(lite.connect_read_only()) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM flyball_prediction").fetchone()
        entities = Prediction.objects.values_list("reference", flat=True)
        with closing(lite.connect()) as connection:
            for reference in list(entities):
                person = Person(endpoint="purchase", reference=reference)
                erase_person(lite, connection, person, datetime.now(UTC))
            for held in list(Outcome.objects.exclude(reference=None).values_list("reference", flat=True)):
                person = Person(endpoint="purchase", reference=held)
                erase_person(lite, connection, person, datetime.now(UTC))
        assert typed.json("maintain", exits=1)["is_log_empty"] is False
        assert holding(lite, SECRET)  # or the reader could not go on
        reader.execute("ROLLBACK")
        # It stays connected: only what it reads was in the way.
        assert typed.json("maintain")["is_log_empty"] is True
        assert holding(lite, SECRET) == []


def test_an_erased_person_is_counted_and_what_still_holds_it_is_listed(
    typed: Typed, database: Database, applied: Callable[..., Any], tmp_path: Path
) -> None:
    declare_with_customers(applied, tmp_path)
    typed("build", "purchase", "--promote", "--inline")
    typed("build", "purchase", "--inline")
    answers = [
        typed.json(
            "predict", "purchase", "--entity", f'{{"customer": {number}}}', "--reference", f"r-{number}"
        )
        for number in (4711, 1, 4711)
    ]
    typed("outcomes", "purchase", "--reference", "r-1", "--value", "yes")
    typed("outcomes", "purchase", "--prediction", answers[0]["id"], "--value", "yes")
    typed("outcomes", "purchase", "--reference", "r-4711", "--value", "no")
    erased = typed.json("erase", "purchase", "--entity", "customer=4711")
    assert (erased["predictions"], erased["outcomes"], erased["copies"]) == (2, 2, 1)
    assert len(erased["snapshots"]) == 1
    assert sorted(erased["versions"]) == ["purchase@1", "purchase@2"]
    assert bool(erased["left"]) is not database.is_postgres
    assert Prediction.objects.filter(erased_at=None).count() == 1
    assert Outcome.objects.exclude(reference=None).count() == 1
    assert not OnlineRow.objects.filter(key="4711").exists()
    again = typed.json("erase", "purchase", "--entity", "customer=4711")
    assert (again["predictions"], again["outcomes"]) == (0, 0)
    assert again["snapshots"] == erased["snapshots"]
    assert typed.json("erase", "purchase", "--entity", "customer=471")["snapshots"] == []
    assert typed.json("erase", "purchase", "--reference", "r-1")["predictions"] == 1
    assert "4711" not in typed("erase", "purchase", "--entity", "customer=4711").stdout


def declare_with_customers(applied: Callable[..., Any], folder: Path) -> None:
    """``purchase`` over rows of customers, whose ages come from a file."""
    numbers = [4711 if row == 0 else row for row in range(200)]
    lines = [f"{number},{number},{'yes' if number % 3 else 'no'}" for number in numbers]
    (folder / "asked.csv").write_text("\n".join(["id,customer,bought", *lines]) + "\n")
    ages = [f"{number},{20 + number % 50}" for number in numbers]
    (folder / "ages.csv").write_text("\n".join(["customer,age", *ages]) + "\n")
    table = FeatureTable("ages", file=str(folder / "ages.csv"), on="customer", columns=["age"], static=True)
    applied(rows=Rows(str(folder / "asked.csv"), key="id"), features=[table])


def test_what_is_old_is_taken_out(typed: Typed, applied: Callable[..., Any], database: Database) -> None:
    applied()
    now = datetime.now(UTC)
    with closing(database.connect()) as connection:
        for days, reference in ((91, "old"), (1, "new")):
            told = [Told(endpoint="purchase", value="yes", reference=reference)]
            key = outcomes.Key(digest=reference * 8, request="r")
            outcomes.record(database, connection, told, now - timedelta(days=days), key=key)
    done = typed.json("maintain")
    assert (done["held"], done["keys"], done["is_rewritten"]) == (1, 1, True)
    assert list(Outcome.objects.values_list("reference", flat=True)) == ["new"]
    assert IdempotencyKey.objects.count() == 1
    assert typed.json("maintain", "--quick")["is_rewritten"] is False


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "Give --entity"),
        (("--entity", "a=1", "--reference", "r"), "Give --entity"),
        (("--entity", "4711"), "NAME=VALUE"),
    ],
)
def test_erasing_needs_one_name(
    typed: Typed, applied: Callable[..., Any], words: tuple[str, ...], why: str
) -> None:
    applied()
    assert why in typed("erase", "purchase", *words, exits=2).stderr
