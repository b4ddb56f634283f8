"""What a process answers and refuses is counted, by the minute, once a second, and exactly."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flyball.config import Config
from flyball.domain.abtests.assignment import SLOTS
from flyball.domain.errors import ModelFailed
from flyball.domain.records import now
from flyball.domain.routing import ABTest, Arm
from flyball.serving.app import DataPlane, create
from flyball.serving.calls import Call, Row
from flyball.serving.http.door import Door, Request, Response
from flyball.stores import minutes
from flyball.stores.database import Database
from flyball.stores.minutes import Count
from tests import published
from tests.engine.conftest import OWNER
from tests.engine.test_abtests import UNITS, is_challenged
from tests.fakes import Acting

pytestmark = pytest.mark.storage
NOTHING = ("refusals", "failures", "fallbacks")
PATH = "/v1/endpoints/triage/predictions"


def totals(database: Database) -> dict[tuple[str, str], int]:
    """How often, by name and label, over all versions and arms; without latencies."""
    found: dict[tuple[str, str], int] = {}
    with closing(database.connect_read_only()) as connection:
        for each, count in minutes.totals(database, connection, ["triage"]).items():
            if not each.name.startswith("latency"):
                found[each.name, each.label] = found.get((each.name, each.label), 0) + count
    return found


def ask(plane: DataPlane, row: dict[str, Any], key: str, **headers: str) -> Response:
    door = Door(plane.engine, plane.config)
    sent = {"authorization": f"Bearer {key}", **headers}
    body = json.dumps({"input": row}).encode()
    return asyncio.run(door.handle(Request(method="POST", path=PATH, headers=sent, body=body)))


def test_answers_decisions_refusals_and_failures_are_counted(config: Config, database: Database) -> None:
    published.publish(database)
    key, plane = published.key(), create(config, database)
    plane.start()
    for _ in range(3):
        assert ask(plane, published.ROW, key).status == 200
    once = {"idempotency-key": "once"}
    assert [ask(plane, published.ROW, key, **once).status for _ in range(2)] == [200, 200]
    assert ask(plane, published.ROW | {"age": "old"}, key).status == 422
    assert ask(plane, {"nothing": 1}, "fb_wrong").status == 401  # nobody's, so it is counted nowhere
    plane.stop()
    found = totals(database)
    assert found.pop(("answers", "")) == 4
    assert found.pop(("refused", "invalid_input")) == 1
    assert {name for name, _ in found} == {"decisions"}
    assert sum(found.values()) == 4


def test_what_goes_wrong_is_counted_under_the_version_and_arm_it_happened_to(
    config: Config, database: Database
) -> None:
    route = published.publish(database)
    published.store(database, version=2)
    test = ABTest(number=5, salt="beds", runs=((0, SLOTS // 2), (1, SLOTS // 2)))
    published.put(replace(route, number=2, arms=(*route.arms, Arm("challenger", 2)), test=test))
    key, plane = published.key(), create(config, database)
    plane.start()
    served = plane.engine.pool.table.endpoints["triage"]

    def fail() -> None:
        raise ModelFailed

    acting = Acting(served.versions[2].runtime, fail, direct=True)
    plane.engine.pool.keep({("triage", 2): (served.versions[2].manifest, acting)})
    champions = {"reference": next(name for name in UNITS if not is_challenged(name))}
    challengers = {"reference": next(name for name in UNITS if is_challenged(name))}
    door = Door(plane.engine, plane.config)

    def status(*rows: dict[str, Any]) -> int:
        body = json.dumps({"rows": rows}).encode()
        sent = {"authorization": f"Bearer {key}"}
        return asyncio.run(door.handle(Request(method="POST", path=PATH, headers=sent, body=body))).status

    fits, odd = {"input": published.ROW}, {"input": {**published.ROW, "age": "old"}}
    assert status(fits | challengers) == 500
    assert status(fits | champions, fits | challengers) == 500
    assert status(*[fits | {"reference": name} for name in UNITS]) == 500
    assert status(fits | champions, odd | challengers) == 422
    assert status(odd | champions) == 422
    assert status(fits | champions) == 200
    plane.stop()
    with closing(database.connect_read_only()) as connection:
        every = minutes.totals(database, connection, ["triage"])
    told = {each[2:]: count for each, count in every.items() if each.name in {"failed", "refused", "answers"}}
    assert told == {
        (1, "champion", "answers", ""): 1,
        (2, "challenger", "failed", "model_failed"): 3,
        (2, "challenger", "refused", "invalid_input"): 1,
        (1, "champion", "refused", "invalid_input"): 1,
    }


def test_latencies_add_up_to_the_answers(config: Config, database: Database) -> None:
    published.publish(database)
    plane = create(config, database)
    plane.start()
    predictions = plane.engine.predict_now(
        OWNER, Call(endpoint="triage", rows=(Row(input=published.ROW),) * 7)
    )
    plane.stop()
    with closing(database.connect_read_only()) as connection:
        counts = minutes.totals(database, connection, ["triage"])
    buckets = {each.label: count for each, count in counts.items() if each.name == "latency"}
    assert sum(buckets.values()) == 7
    whole = [count for each, count in counts.items() if each.name == "latency_sum"]
    assert whole == [sum(each.latency or 0 for each in predictions)]


def test_counts_are_written_within_a_moment_also_where_nothing_more_comes(
    plane: DataPlane, database: Database
) -> None:
    published.publish(database)
    plane.refresher.refresh()
    plane.engine.predict_now(OWNER, Call(endpoint="triage", rows=(Row(input=published.ROW),)))
    plane.engine.count_refusal(OWNER, "triage", "invalid_input")
    wait_for(lambda: totals(database).get(("answers", "")) == 1)
    wait_for(lambda: totals(database).get(("refused", "invalid_input")) == 1)


def test_several_processes_add_up(config: Config, database: Database) -> None:
    published.publish(database)
    planes = [create(config, database) for _ in range(2)]
    for each in planes:
        each.start()
        each.engine.predict_now(OWNER, Call(endpoint="triage", rows=(Row(input=published.ROW),) * 3))
    for each in planes:
        each.stop()
    assert totals(database)["answers", ""] == 6


def test_a_commit_that_fails_neither_loses_nor_doubles_counts(
    plane: DataPlane, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.publish(database)
    plane.refresher.refresh()
    add, failures = minutes.add, iter([True, True, False, True])

    def failing(database: Database, connection: Any, counts: dict[Count, int]) -> None:
        add(database, connection, counts)
        is_next = next(failures, False) if counts else False
        if is_next:
            raise database.driver.OperationalError("gone")

    monkeypatch.setattr(minutes, "add", failing)
    for _ in range(5):
        plane.engine.predict_now(OWNER, Call(endpoint="triage", rows=(Row(input=published.ROW),)))
        time.sleep(1.1)
    wait_for(lambda: totals(database).get(("answers", "")) == 5)
    time.sleep(1.5)
    assert totals(database)["answers", ""] == 5


def test_counts_that_went_with_a_commit_that_did_not_say_so_are_not_written_again(
    plane: DataPlane, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.publish(database)
    plane.refresher.refresh()
    transaction, is_lost = Database.transaction, iter([True])

    @contextmanager
    def lost(self: Database, connection: Any) -> Iterator[Any]:
        with transaction(self, connection):
            yield connection
        if next(is_lost, False):
            raise self.driver.OperationalError("gone")

    ask = Call(endpoint="triage", rows=(Row(input=published.ROW),))
    plane.engine.count_refusal(OWNER, "triage", "invalid_input")
    monkeypatch.setattr(Database, "transaction", lost)
    plane.recorder._counted_at = 0.0  # the next commit takes them along
    plane.engine.predict_now(OWNER, ask)
    wait_for(lambda: totals(database).get(("answers", "")) == 1)
    assert totals(database)["refused", "invalid_input"] == 1


def test_counts_of_a_strangers_endpoint_are_not_counted(plane: DataPlane, database: Database) -> None:
    published.publish(database, team="harbour")
    plane.refresher.refresh()
    plane.engine.count_refusal(OWNER, "triage", "invalid_input")
    plane.engine.count_refusal(OWNER, "nowhere", "unknown_endpoint")
    assert plane.recorder.meter.take() == {}


def test_metrics_are_prometheus_text_and_the_last_hour_is_told(config: Config, database: Database) -> None:
    published.publish(database)
    key, plane = published.key(), create(config, database)
    plane.start()
    with closing(database.connect()) as connection, database.transaction(connection):
        minute = minutes.minute_of(now())
        of = Count(minute, "triage", 3, "champion", "answers")
        odd = of._replace(name="decisions", label='say "no"\n\\')
        old = of._replace(minute=minute - 61)
        slow, slower = of._replace(name="latency", label="250"), of._replace(name="latency", label="inf")
        took = of._replace(name="latency_sum")
        other = of._replace(endpoint="beds")
        counts = {of: 2, old: 5, odd: 1, slow: 4, slower: 3, took: 9_000_000, other: 1}
        minutes.add(database, connection, counts)
    door, headers = Door(plane.engine, plane.config), {"authorization": f"Bearer {key}"}

    def get(path: str) -> Response:
        return asyncio.run(door.handle(Request(method="GET", path=path, headers=headers)))

    text = get("/v1/metrics")
    status = json.loads(get("/v1/status").body)
    refused = asyncio.run(door.handle(Request(method="GET", path="/v1/metrics")))
    plane.stop()
    assert refused.status == 401
    samples = {
        (
            sample.name,
            *(value for name, value in sorted(sample.labels.items()) if name in {"decision", "le"}),
        ): sample
        for family in text_string_to_metric_families(text.body.decode())
        for sample in family.samples
    }
    assert samples["flyball_answers_total",].value == 7
    assert samples["flyball_answers_total",].labels == {
        "endpoint": "triage",
        "version": "3",
        "arm": "champion",
    }
    assert samples["flyball_decisions_total", 'say "no"\n\\'].value == 1
    buckets = [
        samples["flyball_latency_seconds_bucket", le].value for le in ("0.0001", "0.00025", "1.0", "+Inf")
    ]
    assert buckets == [0, 4, 4, 7]
    assert samples["flyball_latency_seconds_sum",].value == 9
    assert status["last_hour"] == {
        "triage": {"answers": 2, "decisions": {'say "no"\n\\': 1}, **{name: {} for name in NOTHING}}
    }


def test_the_status_is_told_where_the_counts_cannot_be_read(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.publish(database)
    key, plane = published.key(), create(config, database)
    plane.start()

    def gone(*_: object) -> None:
        raise database.driver.OperationalError("gone")

    monkeypatch.setattr(minutes, "since", gone)
    door = Door(plane.engine, plane.config)
    asked = Request(method="GET", path="/v1/status", headers={"authorization": f"Bearer {key}"})
    response = asyncio.run(door.handle(asked))
    plane.stop()
    assert (response.status, json.loads(response.body)["last_hour"]) == (200, None)


def wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
