"""Through real processes: a worker is killed while its shadow answers what a server is asked meanwhile."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from flyball.control.jobs.models import Job
from flyball.control.routing.models import Prediction
from flyball.control.shadows.models import ShadowAnswer
from flyball.stores.database import Database
from tests import published
from tests.durability.servers import Server
from tests.jobs.workers import kill, start, until, worker
from tests.shadows.conftest import people, told
from tests.shell import PATIENCE

pytestmark = [pytest.mark.storage, pytest.mark.journey]
BUSY = {"FLYBALL_SHADOW_SHARE": "1"}
"""However busy the machine is with other tests."""


@contextmanager
def asked_on_and_on(address: str, key: str) -> Iterator[None]:
    """A caller that asks one prediction after the other until the block ends; a shadow costs it no answer."""
    ends = threading.Event()
    codes: Counter[int] = Counter()

    def ask() -> None:
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=address, headers=headers, timeout=PATIENCE) as client:
            while not ends.is_set():
                for row in people(10):
                    answer = client.post("/v1/endpoints/triage/predictions", json={"input": row})
                    codes[answer.status_code] += 1
                time.sleep(0.1)

    caller = threading.Thread(target=ask)
    caller.start()
    try:
        yield
    finally:
        ends.set()
        caller.join()
        assert set(codes) == {200}


def running() -> bool:
    """Whether a worker asks the shadow."""
    return Job.objects.filter(kind="shadow", status=Job.Status.RUNNING).exists()


def test_each_prediction_has_one_answer_though_a_worker_is_killed(shadow: Database, tmp_path: Path) -> None:
    server, key = (
        Server(shadow.url, tmp_path),
        published.key(),
    )  # a server that is up finds a new key a moment later
    server.start()
    try:
        with asked_on_and_on(f"http://127.0.0.1:{server.port}", key):
            killed = start(shadow, **BUSY)
            until(lambda: running() and ShadowAnswer.objects.count() > 20)
            kill(killed)
            before = ShadowAnswer.objects.count()
            with worker(shadow, **BUSY):
                until(lambda: ShadowAnswer.objects.count() > before + 20)
    except BaseException:
        server.kill()  # or it would go on in the tests that follow
        raise
    server.end()
    with worker(shadow, **BUSY):
        until(lambda: told()["waiting"] == 0 and not running())
    asked = set(Prediction.objects.values_list("id", flat=True))
    answered = list(ShadowAnswer.objects.values_list("prediction", flat=True))
    assert Counter(answered).most_common(1)[0][1] == 1
    assert set(answered) == asked
    found = told()
    assert found["answered"] == len(asked)
    assert (found["failed"], found["not_asked"], found["dropped"]) == ([], [], [])
