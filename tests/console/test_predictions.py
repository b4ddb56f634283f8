"""Predictions in the console: found, looked at, told what happened, erased, taken along."""

from __future__ import annotations

import csv
import io
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

import flyball
from flyball.control.declarations.models import Endpoint
from flyball.control.monitoring import recorded
from flyball.control.monitoring.recorded import Search
from flyball.control.registry.models import Version
from flyball.control.routing.models import Outcome, Prediction
from flyball.domain.records import entity_key, now
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage


@pytest.fixture
def owner(browser: Browser, promoted: Version) -> Client:
    """Somebody who may do all, with a champion to ask."""
    return browser("owner")


def asked(reference: str | None = None, age: float = 50.0) -> UUID:
    return flyball.predict("purchase", input={"age": age, "job": "cook"}, reference=reference).id


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def test_nobody_is_asked_what_happened_to_a_cluster(owner: Client) -> None:
    address = f"/predictions/{asked()}"
    assert f"{address}/outcome" in text(owner, address)
    Endpoint.objects.update(task="clustering")
    assert "/outcome" not in text(owner, address)


def test_a_prediction_is_found_by_its_reference_and_by_its_id(owner: Client) -> None:
    wanted, other = asked("order 1"), asked("order 2")
    page = text(owner, "/predictions?reference=order+1")
    assert f"/predictions/{wanted}" in page
    assert f"/predictions/{other}" not in page
    assert owner.get(f"/predictions?id={wanted}")["Location"] == f"/predictions/{wanted}"


def test_one_prediction_in_full_tells_what_it_was_computed_from(owner: Client) -> None:
    page = text(owner, f"/predictions/{asked('order', age=900.0)}")
    assert ">900<" in page.replace(".0<", "<")
    assert "order" in page
    assert "Nobody has said yet" in page
    stored = Prediction.objects.get()
    assert stored.warnings[0]["message"] in page


def test_an_outcome_is_told_corrected_and_taken_back(owner: Client) -> None:
    identity = asked()
    address = f"/predictions/{identity}"
    for value in ("yes", "no"):
        assert owner.post(f"{address}/outcome", {"value": value})["Location"] == address
    page = text(owner, address)
    assert "counts" in page
    assert "corrected since" in page
    last = Outcome.objects.get(value="no")
    assert owner.post(f"/endpoints/purchase/outcomes/{last.pk}/retract")["Location"] == address
    told = recorded.outcomes(list(Prediction.objects.all()))
    assert told[identity].value == "yes"


@pytest.mark.parametrize("value", ["", "perhaps", "\x00", "yes" * 10_000])
def test_an_outcome_that_does_not_fit_is_a_sentence(owner: Client, value: str) -> None:
    answer = owner.post(f"/predictions/{asked()}/outcome", {"value": value})
    assert answer.status_code == 422
    assert "Not possible" in answer.content.decode()
    assert not Outcome.objects.exists()


def test_what_is_computed_again_is_the_same(owner: Client) -> None:
    answer = owner.post(f"/predictions/{asked()}/replay")
    assert "The same comes out again" in answer.content.decode()


def test_an_erased_prediction_is_a_tombstone(owner: Client) -> None:
    identity = asked("a person")
    assert "Gone for ever" in text(owner, f"/predictions/{identity}/erase")
    assert owner.post(f"/predictions/{identity}/erase").status_code == 302
    page = text(owner, f"/predictions/{identity}")
    assert "was erased" in page
    assert "a person" not in page
    assert owner.post(f"/predictions/{identity}/erase").status_code == 410
    assert "erased" in text(owner, "/predictions")


def test_pages_go_on_where_the_one_before_ended_while_others_come_in(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flyball.console.pages.data.predictions.SHOWN", 2)
    first = [asked() for _ in range(5)]
    page = text(owner, "/predictions")
    asked()
    seen = []
    while True:
        seen += [each for each in reversed(first) if f"/predictions/{each}" in page]
        _, found, rest = page.partition('href="?before=')
        if not found:
            break
        page = text(owner, f"/predictions?before={rest[:36]}")
    assert seen == first[::-1]


def test_what_no_index_knows_is_looked_for_a_window_at_a_time(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = asked(age=20.0)
    for _ in range(7):
        asked(age=60.0)
    label = (Prediction.objects.get(pk=old).output or {})["label"]
    monkeypatch.setattr(recorded, "WINDOW", 3)
    wanted = Search(endpoints=["purchase"], label=label)
    pages = []
    while True:
        found = recorded.search(wanted, 2)
        pages.append([each.id for each in found.predictions])
        if found.following is None:
            break
        wanted = Search(endpoints=["purchase"], label=label, before=found.following)
    assert [each for page in pages for each in page] == [old]
    assert len(pages) > 2
    assert [each.id for each in recorded.every(Search(endpoints=["purchase"], label=label))] == [old]


def test_those_of_one_test_are_found(owner: Client) -> None:
    every = [asked() for _ in range(3)]
    Prediction.objects.filter(pk=every[1]).update(test=7)
    page = text(owner, "/predictions?endpoint=purchase&test=7")
    assert [f"/predictions/{each}" in page for each in every] == [False, True, False]
    assert "No prediction fits" in text(owner, "/predictions?endpoint=purchase&test=8")


def test_an_entity_that_recurs_is_paged(owner: Client) -> None:
    asked()
    model = Prediction.objects.get()
    for number in range(120):
        Prediction.objects.create(
            **{
                **{field.name: getattr(model, field.name) for field in Prediction._meta.fields},
                "id": UUID(int=model.id.int + number + 1),
                "entity": {"customer": "7"},
                "entity_key": entity_key({"customer": "7"}),
            }
        )
    page = text(owner, "/predictions?entity=customer%3D7")
    assert page.count('<td class="id"><a href="/predictions/') == 50
    assert "before=" in page
    assert (
        len(list(recorded.every(Search(endpoints=["purchase"], entity_key=entity_key({"customer": "7"})))))
        == 120
    )


@pytest.mark.parametrize(
    "query",
    [
        "id=nonsense",
        "entity=customer",
        "version=three",
        "test=7",
        "endpoint=purchase&test=spring",
        "since=yesterday",
        "before=x",
        "reference=%00",
        "until=0000",
    ],
)
def test_a_search_that_does_not_fit_says_what_is_wrong(owner: Client, query: str) -> None:
    assert "The search does not fit" in text(owner, f"/predictions?{query}", 422)


@pytest.mark.parametrize(
    "query",
    [
        "reference=" + "x" * 5000,
        "entity=a%3Db%26c%3D%ED%A0%80",
        "label=%F0%9F%90%95",
        "version=999999999",
        "label=" + "[" * 5000,
        "since=9999-12-31T23:59:59",
        "until=0001-01-01T00:00",
    ],
)
def test_what_nobody_has_sent_is_found_nowhere(owner: Client, query: str) -> None:
    asked()
    assert "No prediction fits" in text(owner, f"/predictions?{query}")


def test_another_teams_predictions_do_not_exist(owner: Client, browser: Browser) -> None:
    identity = asked("secret")
    stranger = browser("stranger")
    unknown = text(stranger, f"/predictions/{uuid4()}", 404).partition("<main")[2]
    assert text(stranger, f"/predictions/{identity}", 404).partition("<main")[2] == unknown
    for act in ("outcome", "replay", "erase"):
        assert stranger.post(f"/predictions/{identity}/{act}", {"value": "yes"}).status_code == 404
    assert "No prediction fits" in text(stranger, "/predictions?reference=secret")
    assert text(stranger, "/predictions?endpoint=purchase", 404)
    assert str(identity) not in b"".join(stranger.get("/predictions.csv")).decode()


def test_the_file_holds_all_that_is_looked_for_and_computes_nothing(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flyball.console.pages.data.predictions.WRITTEN", 2)
    ids = [str(asked(f"=1+{number}")) for number in range(5)]
    owner.post(f"/predictions/{ids[0]}/outcome", {"value": "yes"})
    answer = owner.get("/predictions.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [line["id"] for line in lines] == ids[::-1]
    assert {line["reference"][0] for line in lines} == {"'"}
    assert [line["outcome"] for line in lines] == ["", "", "", "", "yes"]


@pytest.fixture
def crowded(owner: Client, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Predictions, oldest first, of one endpoint more than a page looks into."""
    monkeypatch.setattr(recorded, "SEVERAL", 2)
    made = [asked()]
    row, team = Prediction.objects.get(), Endpoint.objects.get().team
    for place, name in enumerate(("second", "third", "second", "third", "purchase"), 1):
        Endpoint.objects.get_or_create(name=name, defaults={"team": team, "task": "classification"})
        row.pk, row.endpoint = UUID(int=made[0].int + (place << 80)), name
        row.save(force_insert=True)
        made.append(row.pk)
    return made


def test_a_file_that_would_leave_endpoints_out_is_refused(owner: Client, crowded: list[UUID]) -> None:
    assert "More than 2 endpoints have some: name one" in text(owner, "/predictions.csv", 422)
    answer = owner.get("/predictions.csv?endpoint=third")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [line["id"] for line in lines] == [str(crowded[4]), str(crowded[2])]


def test_pages_look_into_the_same_endpoints_to_the_end(owner: Client, crowded: list[UUID]) -> None:
    Prediction.objects.filter(pk=crowded[0]).delete()  # now the first of them by name ends before the others
    names = ["purchase", "second", "third"]
    first = recorded.search(Search(endpoints=names), 1)
    later = recorded.search(Search(endpoints=names, before=first.following), 5)
    assert {each.endpoint for each in first.predictions + later.predictions} == {"purchase", "second"}
    assert first.is_cut
    assert later.is_cut


def test_an_outcome_that_found_no_prediction_is_bound_by_hand(owner: Client) -> None:
    identity = asked()
    held = Outcome.objects.create(
        endpoint="purchase", state="held", reference="late", value="no", source="api", received_at=now()
    )
    assert "late" in text(owner, "/endpoints/purchase/outcomes")
    answer = owner.post(f"/endpoints/purchase/outcomes/{held.pk}/resolve", {"prediction": "nonsense"})
    assert answer.status_code == 422
    owner.post(f"/endpoints/purchase/outcomes/{held.pk}/resolve", {"prediction": str(identity)})
    assert "counts" in text(owner, f"/predictions/{identity}")
    assert "No outcome waits" in text(owner, "/endpoints/purchase/outcomes?state=held")
    text(owner, "/endpoints/purchase/outcomes?state=bound", 404)
    text(owner, "/endpoints/purchase/outcomes?before=" + "9" * 30, 404)
    for act in ("resolve", "retract"):
        address = f"/endpoints/purchase/outcomes/{'9' * 30}/{act}"
        assert owner.post(address, {"prediction": str(identity)}).status_code == 404


def test_a_version_that_was_removed_leaves_the_prediction_readable(owner: Client) -> None:
    identity = asked()
    Prediction.objects.update(version=9)
    assert "has been removed since" in text(owner, f"/predictions/{identity}")


def test_who_may_only_read_changes_nothing(owner: Client, browser: Browser) -> None:
    identity = asked()
    address = f"/predictions/{identity}"
    held = Outcome.objects.create(
        endpoint="purchase", state="held", reference="late", value="no", source="api", received_at=now()
    )
    viewer, member = browser("viewer"), browser("member")
    assert viewer.post(f"{address}/outcome", {"value": "yes"}).status_code == 403
    for act in ("resolve", "retract"):
        sent = {"prediction": str(identity)}
        assert viewer.post(f"/endpoints/purchase/outcomes/{held.pk}/{act}", sent).status_code == 403
    for client in (viewer, member):
        assert client.get(f"{address}/erase").status_code == 403
        assert client.post(f"{address}/erase").status_code == 403
    assert "Erase…" not in text(member, address)
    assert 'name="value"' not in text(viewer, address)
    assert Outcome.objects.get().state == "held"
    assert Prediction.objects.get().erased_at is None


@pytest.mark.parametrize("query", ["until=9999-12-31T23:59:59", "since=0001-01-01T00:00"])
def test_the_ends_of_the_calendar_leave_nothing_out(owner: Client, query: str) -> None:
    assert f"/predictions/{asked()}" in text(owner, f"/predictions?{query}")


def test_predictions_of_a_retired_endpoint_stay_readable(owner: Client) -> None:
    identity = asked()
    Endpoint.objects.update(retired_at=now())
    assert f"/predictions/{identity}" in text(owner, "/predictions?endpoint=purchase")
    text(owner, f"/predictions/{identity}")


def test_an_endpoint_shows_its_latest_predictions_in_as_many_queries_for_many_as_for_one(
    owner: Client,
) -> None:
    assert "Latest predictions" not in text(owner, "/endpoints/purchase")
    made = [asked("first")]
    with CaptureQueriesContext(connection) as few:
        page = text(owner, "/endpoints/purchase")
    assert 'href="/predictions?endpoint=purchase"' in page
    made += [asked() for _ in range(11)]
    with CaptureQueriesContext(connection) as many:
        page = text(owner, "/endpoints/purchase")
    assert [each for each in made if f'"/predictions/{each}"' in page] == made[2:]
    assert len(many) == len(few)
