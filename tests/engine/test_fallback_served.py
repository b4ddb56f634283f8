"""A fallback through a real server, behind a model that sleeps for some rows and raises for others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flyball.client import Client
from flyball.domain.errors import ModelFailed
from flyball.domain.routing import ABTest, Arm
from flyball.stores import records
from flyball.stores.database import Database
from tests import published
from tests.durability.servers import Server
from tests.engine import moody
from tests.engine.test_abtests import HALF, is_challenged
from tests.shell import HTTP

pytestmark = pytest.mark.storage
SOUND, SPARE, MOODY = 2, 3, 4
PATH = "/v1/endpoints/triage/predictions"
TRUSTED = f"{moody.Moody.__module__}.{moody.Moody.__name__}"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of a champion with moods, before which nothing is published."""
    monkeypatch.setenv("FLYBALL_TRUSTED_TYPES", TRUSTED)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    running = Server(database.url, tmp_path)
    yield running
    running.kill()


def publish(database: Database, test: ABTest | None = None) -> None:
    """The champion with moods; a fallback after 2 s; in a test, another version beside it."""
    route = published.publish(database)
    published.store(database, version=SPARE)
    published.store(database, version=SOUND)
    published.store(database, version=MOODY, first=moody.Moody)
    champion = replace(route.champion, version=MOODY)
    beside = () if test is None else (Arm("challenger", SOUND, decision=published.DECISION),)
    spare = Arm("fallback", SPARE, decision=published.DECISION, deadline=2.0)
    published.put(replace(route, number=2, arms=(champion, *beside, spare), test=test))


def row(age: float, reference: str) -> dict[str, Any]:
    return {"input": {"age": age, "ward": "east"}, "reference": reference}


def stored(database: Database) -> Counter[tuple[str | None, int, str | None, str | None]]:
    """Every prediction: reference, version, arm, and which arm answered."""
    with closing(database.connect_read_only()) as connection:
        found = records.find(database, connection, endpoints=["triage"], limit=10_000)
    return Counter((each.reference, each.version, each.arm, each.answered) for each in found)


def test_rows_that_make_a_model_sleep_or_raise_are_the_fallbacks(server: Server, database: Database) -> None:
    publish(database)
    key = published.key()
    server.start()
    with Client(f"http://127.0.0.1:{server.port}", key) as client:
        sound = client.predict("triage", **row(80.0, "sound"))
        assert (sound["version"], sound["arm"], "answered" in sound) == (4, "champion", False)
        broken = client.predict("triage", **row(moody.BREAKING, "broken"))
        slow = client.predict("triage", **row(moody.SLOW, "slow"))
        for answer, did in ((broken, "failed"), (slow, "was too late")):
            assert (answer["version"], answer["arm"], answer["answered"]) == (SPARE, "champion", "fallback")
            said = {each["code"]: each["detail"] for each in answer["warnings"]}
            assert said["fallback_answered"] == f"Version 4, the champion, {did}; version 3 answered."
            assert client.prediction(answer["id"])["answered"] == "fallback"
        with pytest.raises(ModelFailed):
            client.predict("triage", version=MOODY, **row(moody.BREAKING, "named"))
        time.sleep(moody.SECONDS)  # what comes late comes now
        assert stored(database) == Counter(
            [
                ("sound", 4, "champion", None),
                ("broken", SPARE, "champion", "fallback"),
                ("slow", SPARE, "champion", "fallback"),
            ]
        )
        (arms,) = [client._json("GET", "v1/status")["routes"]["triage"]["arms"]]
        assert [(arm["name"], arm["version"], arm["share"]) for arm in arms] == [
            ("champion", 4, 1.0),
            ("fallback", SPARE, 0.0),
        ]
        found = counted(server, key)
    assert found["flyball_failures_total", "4", "", "model_failed"] == 1
    assert found["flyball_fallbacks_total", "4", "champion", "model_failed"] == 1
    assert found["flyball_fallbacks_total", "4", "champion", "too_late"] == 1
    assert found["flyball_answers_total", "4", "champion", ""] == 1
    assert found["flyball_answers_total", "3", "champion", ""] == 2


def counted(server: Server, key: str) -> dict[tuple[str, str, str, str], float]:
    """What the server tells Prometheus: by name, version, arm and code."""
    headers = {"Authorization": f"Bearer {key}"}
    text = HTTP.get(f"http://127.0.0.1:{server.port}/v1/metrics", headers=headers).text
    return {
        (each.name, each.labels["version"], each.labels["arm"], each.labels.get("code", "")): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
        if "arm" in each.labels
    }


def test_many_callers_at_once_each_get_one_answer_while_a_test_runs(
    server: Server, database: Database
) -> None:
    publish(database, HALF)
    key = published.key()
    server.start()
    ages = [80.0, moody.SLOW, moody.BREAKING]
    sent = [row(ages[place % 3], f"patient {place}") for place in range(60)]

    def ask(one: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": one["reference"].replace(" ", "-")}
        url = f"http://127.0.0.1:{server.port}{PATH}"
        first, again = (HTTP.post(url, json=one, headers=headers, timeout=60).json() for _ in range(2))
        assert first == again
        found: dict[str, Any] = first
        return found

    with ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(ask, sent))
    assert sum(stored(database).values()) == len(sent)
    assert set(stored(database).values()) == {1}
    for one, answer in zip(sent, answers, strict=True):
        challenged = is_challenged(one["reference"])
        assert answer["arm"] == ("challenger" if challenged else "champion")
        if challenged:
            assert (answer["version"], answer.get("answered")) == (SOUND, None)
        elif one["input"]["age"] == moody.BREAKING:
            assert (answer["version"], answer["answered"]) == (SPARE, "fallback")


def test_a_server_ends_while_late_answers_are_under_way(server: Server, database: Database) -> None:
    publish(database)
    key = published.key()
    server.start()
    with Client(f"http://127.0.0.1:{server.port}", key) as client:
        answer = client.predict("triage", **row(moody.SLOW, "slow"))
    assert server.end() == 0
    assert stored(database) == Counter([("slow", answer["version"], "champion", "fallback")])
