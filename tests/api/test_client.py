"""The Python client against a real server: doors and management on one port."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flyball.client import OUTCOMES, Client
from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.registry.models import Version
from flyball.control.routing.models import Outcome
from flyball.domain.errors import (
    Conflict,
    Erased,
    FlyballError,
    Forbidden,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    NotReady,
    Unauthenticated,
    UnknownEndpoint,
    UnknownPrediction,
    UnknownVersion,
)
from flyball.stores.database import Database
from tests.api import served
from tests.ids import uuid7

pytestmark = pytest.mark.storage


@pytest.fixture(params=["granian", "uvicorn"])
def url(
    request: Any, version: Version, keys: dict[str, str], tmp_path: Path, database: Database
) -> Iterator[str]:
    """A server on which ``purchase@1`` is registered and not promoted; it knows the keys from the start."""
    folder = served.project(tmp_path, tmp_path / "rows.csv")
    with served.serve(request.param, folder, database) as running:
        yield running


def once_ready(ask: Callable[[], Any]) -> Any:
    """The answer, once the data plane has noticed the promotion."""
    for _ in range(100):
        try:
            return ask()
        except NotReady:
            time.sleep(0.1)
    raise AssertionError("the data plane does not notice")


def test_a_client_asks_for_the_answers_to_a_file(url: str, keys: dict[str, str]) -> None:
    with Client(url, keys["owner"]) as client, pytest.raises(InvalidInput) as caught:
        client.batch("purchase", "/etc/passwd.csv", "/etc/out.csv", keep=["id"], record=True)
    assert [each.pointer for each in caught.value.problems] == ["/source"]
    with Client(url, keys["viewer"]) as client, pytest.raises(NotFound, match="no batch 1"):
        client.one_batch("purchase", 1)


def test_a_client_gets_the_tables_of_a_version(url: str, keys: dict[str, str], version: Version) -> None:
    diagnose_here(version=version)
    with Client(url, keys["viewer"]) as client:
        tables = client.diagnostics("purchase", 1)
        (score,) = tables["score"]
        assert score["score"] == pytest.approx(version.facts["held_out_score"])
        assert tables["roc"][0].keys() == {"class", "threshold", "false_positive_rate", "true_positive_rate"}
        with pytest.raises(UnknownVersion):
            client.diagnostics("purchase", 1, on=7)
        assert client.card("purchase", 1)["importance"][0]["field"] == "age"


def test_a_client_promotes_predicts_and_tells_the_outcome(url: str, keys: dict[str, str]) -> None:
    with Client(url, keys["owner"]) as client:
        assert client.promote("purchase", 1)["number"] == 1
        row = {"age": 60, "job": "cook"}
        answer = once_ready(lambda: client.predict("purchase", input=row, reference="a", idempotency_key="k"))
        assert answer["output"]["label"] == "yes"
        assert client.predict("purchase", input=row, reference="a", idempotency_key="k")["id"] == answer["id"]
        assert client.prediction(answer["id"])["input"] == row
        page = client.predictions(reference="a", limit=1)
        assert ([each["id"] for each in page["predictions"]], page["next"]) == ([answer["id"]], answer["id"])
        assert client.predictions(endpoint="purchase", test=1)["predictions"] == []
        assert client.predictions(entity={"job": "a&b"}, before=answer["id"])["predictions"] == []
        assert client.schema("purchase")["properties"]["age"]["type"][0] == "integer"
        with pytest.raises(UnknownEndpoint):
            client.schema("nowhere")
        assert client.outcome(answer["id"], "no")["bound"] == 1
        sent = [{"reference": "a", "value": "yes"}, {"reference": "later", "value": "no"}]
        counts = client.outcomes("purchase", sent)
        assert (counts["bound"], counts["held"]) == (1, 1)
        told = client.reasons(answer["id"], 1, counterfactuals=1)
        assert [each["value"] for each in told["parts"]] == [row[told["parts"][0]["field"]]]
        assert told["counterfactuals"]["none"].startswith("No field")
        explained = client.predict("purchase", input=row, reasons=1)
        assert explained["reasons"]["parts"] == told["parts"]
        many = client.predict("purchase", rows=[{"input": row}, {"input": {**row, "age": 21}}])
        assert [one["output"]["label"] for one in many["predictions"]] == ["yes", "no"]
        assert [one["stage"] for one in client.versions("purchase")] == ["production"]
        assert len(client.snapshot("purchase").to_pandas()) == 60


def test_a_client_erases_a_person(url: str, keys: dict[str, str]) -> None:
    with Client(url, keys["owner"]) as client:
        client.promote("purchase", 1)
        row = {"age": 60, "job": "cook"}
        answer = once_ready(lambda: client.predict("purchase", input=row, reference="a", idempotency_key="k"))
        client.outcomes("purchase", [{"reference": "a", "value": "yes"}])
        erased = client.erase_person("purchase", reference="a")
        assert erased == {"predictions": 1, "outcomes": 1, "keys": 1, "copies": 0}
        for again in (
            lambda: client.prediction(answer["id"]),
            lambda: client.predict("purchase", input=row, reference="a", idempotency_key="k"),
        ):
            with pytest.raises(Erased):
                again()


def test_any_number_of_outcomes_is_sent_and_under_a_key_only_once(url: str, keys: dict[str, str]) -> None:
    with Client(url, keys["owner"]) as client:
        client.promote("purchase", 1)
        once_ready(lambda: client.predict("purchase", input={"age": 60, "job": "cook"}))
        told = [{"reference": f"r-{number}", "value": "no"} for number in range(OUTCOMES + 1)]
        counts = [client.outcomes("purchase", told, idempotency_key="today") for _ in range(2)]
        assert [each["held"] for each in counts] == [OUTCOMES + 1] * 2
        assert Outcome.objects.count() == OUTCOMES + 1
        with pytest.raises(IdempotencyKeyReused):
            client.outcomes("purchase", told[1:], idempotency_key="today")


def test_what_the_server_refuses_is_raised_as_what_it_is(url: str, keys: dict[str, str]) -> None:
    with Client(url, keys["owner"]) as client:
        client.promote("purchase", 1)
        once_ready(lambda: client.predict("purchase", input={"age": 60, "job": "cook"}))
        with pytest.raises(InvalidInput) as caught:
            client.predict("purchase", input={"age": "old", "job": 3, "hat": "red"})
        pointers = {problem.pointer for problem in caught.value.problems}
        assert {"/input/age", "/input/hat"} <= pointers
        refused: list[tuple[type[FlyballError], Callable[[], Any]]] = [
            (UnknownVersion, lambda: client.promote("purchase", 9)),
            (Conflict, lambda: client.promote("purchase", 1, expected=0)),
            (Conflict, lambda: client.rollback("purchase")),
            (UnknownEndpoint, lambda: client.versions("nothing")),
            (UnknownEndpoint, lambda: client.predict("nothing", input={})),
            (UnknownPrediction, lambda: client.prediction(uuid7())),
        ]
        for error, ask in refused:
            with pytest.raises(error):
                ask()
    for key, error in (("fb_wrong", Unauthenticated), (keys["viewer"], Forbidden)):
        with Client(url, key) as client, pytest.raises(error):
            client.promote("purchase", 1)


def test_one_port_serves_the_doors_the_api_and_the_admin(url: str) -> None:
    paths = {"/v1/health": 200, "/v1/status": 401, "/api/endpoints": 401, "/admin/": 302, "/elsewhere": 404}
    found = {path: httpx.get(url + path, trust_env=False).status_code for path in paths}
    assert found == paths
