"""A test to its promotion in real processes, while servers and workers are killed; and its A/A twin."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from sklearn.datasets import load_breast_cancer

from flyball.domain.abtests.assignment import slot
from flyball.domain.records import entity_key
from flyball.stores.database import Database
from tests.shell import HTTP, PATIENCE, Server, Shell, workers_of
from tests.test_journey import EXAMPLE, own_database

pytestmark = [pytest.mark.storage, pytest.mark.journey]
SOON = {"FLYBALL_ABTEST_SECONDS": "1", "FLYBALL_ABTEST_LAG_SECONDS": "2", "FLYBALL_JOB_LEASE_SECONDS": "2"}
MALIGNANT = load_breast_cancer().target == 0
FACTS = """
import json
from flyball.control.abtests import selectors
from flyball.control.abtests.judging import standing
from flyball.control.abtests.models import Exposure
from flyball.control.abtests.strata import history
from flyball.control.routing.models import Prediction
test = selectors.newest("diagnosis")
print(json.dumps({
    **standing.standing(test),
    "runs": {each.revision: each.allocation.runs for each in history(test).strata},
    "kept": Exposure.objects.filter(test=test).count(),
    "routes": {str(each.id): each.route for each in Prediction.objects.filter(test=test.number)},
}))
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Shell]:
    """The clinic with a version that says the same of everybody, and one that has learned, twice."""
    project = tmp_path / "clinic"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".flyball", "__pycache__"))
    endpoints = project / "clinic" / "endpoints.py"
    text, changed = re.subn(
        r"candidates = \[[^]]*\]",
        'candidates = ["linear", Candidate("same", DummyClassifier(strategy="prior"))]',
        endpoints.read_text(),
    )
    assert changed == 1
    imports = "from sklearn.dummy import DummyClassifier\n\nfrom flyball import Candidate, "
    text = text.replace("from flyball import ", imports, 1).replace("trials=4", "trials=1")
    endpoints.write_text(text)
    with own_database(os.environ.get("FLYBALL_DATABASE_URL", "")) as settings:
        shell = Shell(project, {**settings, **SOON})
        shell.run("python", "manage.py", "migrate", "--verbosity", "0")
        shell.run("python", "manage.py", "seed")
        shell.flyball("apply")
        shell.flyball("build", "diagnosis", "--candidate", "same", "--promote", "--inline")
        for _ in range(2):
            shell.flyball("versions", "diagnosis", "--add", "linear")
        yield shell


@dataclass
class Crowd:
    """Patients who come again and again; what happened to each is told late. They try until ``patience``."""

    server: Server
    seed: int
    stopped: threading.Event = field(default_factory=threading.Event)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    told: list[threading.Timer] = field(default_factory=list)
    patience: float = field(default_factory=lambda: time.monotonic() + 3 * PATIENCE)

    def ask(self) -> None:
        """Come until it is enough: each visit once, however often it has to be sent."""
        drawn = random.Random(self.seed)  # noqa: S311 - patients, not secrets
        while not self.stopped.is_set():
            number = drawn.randrange(len(MALIGNANT)) + 1
            answer = self._send(
                "/v1/endpoints/diagnosis/predictions", {"entity": {"number": number}}, uuid4().hex
            )
            self.answers.append((number, answer))
            value = "malignant" if MALIGNANT[number - 1] else "benign"
            path = f"/v1/predictions/{answer['id']}/outcome"
            teller = threading.Timer(
                drawn.uniform(0.2, 2.0), self._send, (path, {"value": value}, uuid4().hex)
            )
            teller.start()
            self.told.append(teller)
            time.sleep(0.1)

    def _send(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.server.key}", "Idempotency-Key": key}
        while time.monotonic() < self.patience:
            try:
                answer = HTTP.post(self.server.url + path, json=body, headers=headers, timeout=10)
            except httpx.TransportError:  # its server was killed
                time.sleep(0.1)
                continue
            if answer.is_success:
                found: dict[str, Any] = answer.json()
                return found
            if answer.status_code not in {409, 503}:  # 409: the first of the same is still under way
                self.refused.append(answer.text)
                raise AssertionError(answer.text)
            time.sleep(0.1)
        raise AssertionError("The server answers no more.")


@contextmanager
def crowd(server: Server, seed: int) -> Iterator[list[Crowd]]:
    """Four of them, until the block ends, and all that they had to tell has been told."""
    everybody = [Crowd(server, seed * 100 + each) for each in range(4)]
    threads = [threading.Thread(target=each.ask) for each in everybody]
    for thread in threads:
        thread.start()
    try:
        yield everybody
    finally:
        for each in everybody:
            each.stopped.set()
            each.patience = min(each.patience, time.monotonic() + PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)
        for teller in [teller for each in everybody for teller in each.told]:
            teller.join(PATIENCE)


@contextmanager
def killed(clinic: Shell, server: Server) -> Iterator[None]:
    """One that answers, and the one that works, every eight seconds; others come after them."""
    over = threading.Event()

    def work() -> subprocess.Popen[bytes]:
        return subprocess.Popen(["flyball", "worker"], cwd=clinic.directory, env=clinic.environment)

    worker = work()

    def kill() -> None:
        nonlocal worker
        for _ in range(3):  # a server whose processes keep ending gives up, as it should
            if over.wait(8):
                return
            for process in workers_of(server.process)[:1]:
                os.kill(process, signal.SIGKILL)
            worker.kill()
            worker.wait(PATIENCE)
            worker = work()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join(PATIENCE)
        worker.kill()
        worker.wait(PATIENCE)


def facts(clinic: Shell) -> dict[str, Any]:
    said = clinic.run("python", "manage.py", "shell", "--no-imports", "-c", FACTS).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def until_it_ends(clinic: Shell) -> dict[str, Any]:
    """What is known of the newest test once it has ended and was looked at for the last time."""
    deadline = time.monotonic() + 2 * PATIENCE
    while not has_ended(clinic) and time.monotonic() < deadline:
        time.sleep(0.2)
    found = facts(clinic)
    assert (found["state"], found["next_look_at"]) == ("ended", None)
    return found


def has_ended(clinic: Shell) -> bool:
    """Whether that is so, by the row itself: each command is a process."""
    own = quote(str(clinic.directory / ".flyball" / "flyball.sqlite3"))
    database = Database(clinic.settings.get("FLYBALL_DATABASE_URL", f"sqlite:///{own}"))
    newest = "SELECT ended_at, next_look_at FROM flyball_abtest ORDER BY number DESC LIMIT 1"
    with closing(database.connect_read_only()) as connection:
        ((ended_at, next_look_at),) = connection.execute(newest).fetchall()
    return ended_at is not None and next_look_at is None


def check_assignments(everybody: list[Crowd], found: dict[str, Any], versions: dict[str, int]) -> set[int]:
    """Each answer came from the arm to which its unit's slot belonged under that route; whose they are."""
    number, exposed = found["number"], set()
    strata = sorted((int(revision), runs) for revision, runs in found["runs"].items())
    of_patient: dict[int, set[tuple[int, str]]] = defaultdict(set)
    for patient, answer in [each for one in everybody for each in one.answers]:
        route = found["routes"].get(answer["id"])
        if route is None:  # before the test, or after it
            continue
        revision, runs = [each for each in strata if each[0] <= route][-1]
        at = slot(f"diagnosis {number}", str(entity_key({"number": patient})))
        arm = next(name for name, end in ends(runs) if at < end)
        assert answer["version"] == versions[arm]
        of_patient[patient].add((revision, arm))
        exposed.add(patient)
    for seen in of_patient.values():
        assert len(dict(seen)) == len(seen)
    return exposed


def ends(runs: list[list[Any]]) -> Iterator[tuple[str, int]]:
    end = 0
    for name, length in runs:
        end += length
        yield name, end


def test_the_right_arm_wins_while_servers_and_workers_are_killed(clinic: Shell) -> None:
    judged = ["--metric", "accuracy", "--within", "4s", "--action", "promote", "--share", "30%"]
    start = ["abtest", "start", "diagnosis", *judged]
    with clinic.up() as server:
        with killed(clinic, server), crowd(server, 1) as everybody:
            # Commands take a busy machine long.
            clinic.flyball(*start, "--challenger", "2", "--at-least", "45s")
            time.sleep(5)
            clinic.flyball("abtest", "weights", "diagnosis", "2=50%")
            found = until_it_ends(clinic)
        assert not [text for each in everybody for text in each.refused]
        exposed = check_assignments(everybody, found, {"champion": 1, "2": 2})
        assert len(found["strata"]) == 2
        assert found["kept"] == found["exposed"] == len(exposed)
        assert sum(arm["predictions"] for arm in found["arms"]) == len(found["routes"])
        assert found["verdict"]["state"] == "winner"
        route = server.ask("GET", "/api/endpoints/diagnosis/routes")["routes"][0]
        assert (route["number"], route["arms"][0]["version"]) == (found["ended_by"], 2)
        assert route["reason"].startswith("A/B test 1 is won: accuracy of 2: +")

        with killed(clinic, server), crowd(server, 2) as everybody:
            clinic.flyball(*start, "--challenger", "3", "--at-least", "0s", "--at-most", "12s")
            found = until_it_ends(clinic)
        assert not [text for each in everybody for text in each.refused]
        exposed = check_assignments(everybody, found, {"champion": 2, "3": 3})
        assert found["verdict"]["state"] == "time_over"
        assert found["kept"] == found["exposed"] == len(exposed)
        assert server.ask("GET", "/api/endpoints/diagnosis/routes")["routes"][0]["arms"][0]["version"] == 2
