"""Flyball as a guest: a stock project with users, admin and a Celery app of its own."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.examples.conftest import copied
from tests.shell import PATIENCE, Shell, with_candidates, with_one_trial

ASK = """
import json
from django.test import Client
from loans.models import Loan
from flyball.control.accounts.services import ensure_team, issue_key

client = Client(SERVER_NAME="localhost")
key = issue_key(team=ensure_team(slug="default"), role="owner", label="a test")[1]
bearer = {"HTTP_AUTHORIZATION": "Bearer " + key}
page = client.post("/loans/", {"customer": 7, "amount": 50000, "purpose": "car"}).json()
stored = client.get("/ml/v1/predictions/" + page["prediction"], **bearer).json()
changed = client.patch("/ml/api/endpoints/credit/entities/7", {"income": 119000},
                       content_type="application/json", **bearer).json()
print(json.dumps({
    "page": page,
    "stored": stored,
    "changed": changed,
    "loan": Loan.objects.get(pk=page["loan"]).decision,
    "unknown": client.get("/ml/v1/predictions/" + page["prediction"]).status_code,
    "admin": client.get("/admin/login/").status_code,
}))
"""
LOOK = """
import json
from django.apps import apps
from django.conf import settings
from celery import current_app
from loans.tasks import undecided

print(json.dumps({
    "user": settings.AUTH_USER_MODEL,
    "ours": sorted(app.label for app in apps.get_app_configs() if app.name.startswith("flyball")),
    "celery": current_app.main,
    "task": undecided.delay().get(),
}))
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bank, migrated and filled, once; each test gets a copy."""
    shell = Shell(copied("guest", tmp_path_factory.mktemp("bank")))
    shell.run("python", "manage.py", "migrate", "--verbosity", "0")
    shell.run("python", "manage.py", "seed")
    return shell.directory


@pytest.fixture
def bank(filled: Path, tmp_path: Path) -> Shell:
    """The bank, migrated and filled."""
    return Shell(shutil.copytree(filled, tmp_path / "guest"))


def shell(bank: Shell, code: str) -> dict[str, Any]:
    printed = bank.run("python", "manage.py", "shell", "--no-imports", "-c", code).stdout
    answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return answer


def test_the_hosts_own_users_apps_and_celery_are_left_alone(bank: Shell) -> None:
    seen = shell(bank, LOOK)
    assert seen["user"] == "accounts.User"
    assert seen["celery"] == "bank"
    assert seen["task"] == 0
    assert all(str(label).startswith("flyball_") for label in seen["ours"])
    assert "No changes" in bank.run("python", "manage.py", "makemigrations", "--check", "--dry-run").stdout


@pytest.mark.journey
def test_a_view_predicts_and_the_doors_are_under_one_prefix(bank: Shell) -> None:
    with_one_trial(bank.directory / "loans" / "endpoints.py")
    bank.run("python", "manage.py", "flyball", "apply")
    bank.run("python", "manage.py", "flyball", "build", "credit", "--promote", "--inline")
    seen = shell(bank, ASK)
    page, stored = seen["page"], seen["stored"]
    assert isinstance(page, dict)
    assert isinstance(stored, dict)
    assert page["decision"] in {"accept", "refuse"}
    assert seen["loan"] == page["decision"] == stored["decision"]
    assert stored["reference"] == str(page["loan"])
    assert stored["entity"] == {"customer_id": 7}
    assert (seen["unknown"], seen["admin"]) == (401, 200)
    assert "119000" in json.dumps(seen["changed"])


def test_the_hosts_tests_predict_without_a_model(bank: Shell) -> None:
    assert "OK" in bank.run("python", "manage.py", "test").stderr


ASK_ASGI = """
import asyncio, json
from bank.asgi import application

async def ask(method, path, *headers, body=b"", more=False):
    sent, arriving = [], [{"type": "http.request", "body": body, "more_body": more}]
    async def receive():
        return arriving.pop() if arriving else await asyncio.Event().wait()
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
             "scheme": "http", "client": ("127.0.0.1", 7), "headers": [(b"host", b"localhost"), *headers]}
    await application(scope, receive, send)
    return sent[0]["status"], sent[1]["body"].decode()

async def main():
    large = (b"content-length", b"2000000")
    return {
        "health": await ask("GET", "/ml/v1/health"),
        "no key": (await ask("GET", "/ml/v1/status"))[0],
        "elsewhere": (await ask("GET", "/v1/health"))[0],
        "management": (await ask("GET", "/ml/api/endpoints"))[0],
        "large for us": (await ask("POST", "/ml/api/endpoints", large))[0],
        "large for the bank": (await ask("POST", "/loans/nowhere", large, body=b"." * 2000000))[0],
    }

from flyball import inprocess
seen = asyncio.run(main())
inprocess.close()
print(json.dumps(seen))
"""


def test_the_doors_stand_beside_the_hosts_django_and_guard_their_own_paths_alone(bank: Shell) -> None:
    seen = shell(bank, ASK_ASGI)
    assert seen == {
        "health": [200, '{"status":"ok"}'],
        "no key": 401,
        "elsewhere": 404,
        "management": 401,
        "large for us": 413,
        "large for the bank": 404,
    }


@pytest.mark.journey
@pytest.mark.parametrize("brought", ["worker", "up"])
def test_a_worker_beside_the_hosts_own_celery_carries_jobs_out(bank: Shell, brought: str) -> None:
    bank.run("python", "manage.py", "flyball", "apply")
    with_candidates(bank.directory / "loans" / "endpoints.py", "linear")
    asked = bank.run("python", "manage.py", "flyball", "build", "credit", "--detach").stdout.strip()
    worker = subprocess.Popen(
        ["python", "manage.py", "flyball", brought], cwd=bank.directory, env=bank.environment
    )
    try:
        followed = bank.run("python", "manage.py", "flyball", "jobs", "follow", asked)
        assert "is succeeded" in followed.stdout
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    assert shell(bank, LOOK)["celery"] == "bank"
