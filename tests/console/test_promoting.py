"""The page before a promotion or a rollback: what changes, and how the last predictions would come out."""

from __future__ import annotations

from typing import Any

import flyball
from flyball.control.jobs import performing, running
from flyball.control.jobs.models import Job
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
from flyball.control.routing import services
from tests.console.conftest import Browser

ROW = {"age": 30, "job": "cook"}


def carried_out() -> Job:
    """The job that was asked for, carried out here."""
    job = Job.objects.get()
    run = running.claim(job.pk)
    assert run is not None
    performing.perform(run)
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    return job


def second(version: Version) -> Version:
    """The same model under the next number."""
    assert version.candidate is not None
    return registry.register(build=version.candidate.build)


def test_the_effect_is_asked_for_once_and_shown_when_it_is_known(browser: Browser, promoted: Version) -> None:
    flyball.predict("purchase", input=ROW)
    client, path = browser("owner"), f"/endpoints/purchase/promote/{second(promoted).number}"
    page = client.get(path).content.decode()
    assert 'hx-trigger="load"' in page  # it is asked for by itself, and by a button without scripts
    assert "Nothing changes" in page
    for _ in range(2):
        assert client.post(f"{path}/effect")["Location"] == path
    waiting = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert waiting.count('hx-trigger="every 1s"') == 1
    assert "<html" not in waiting
    carried_out()
    page = client.get(path).content.decode()
    assert "hx-trigger" not in page
    assert "The last 1 predictions" in page
    services.promote(endpoint="purchase", version=2)
    assert "Of an earlier route" in client.get(path).content.decode()


def test_examples_are_shown_and_the_same_over_the_api(browser: Browser, promoted: Version) -> None:
    made = flyball.predict("purchase", input=ROW)
    number = second(promoted).number
    client, path = browser("owner"), f"/api/endpoints/purchase/versions/{number}/effect"
    assert client.get(path).status_code == 404
    assert client.post(path, {}, "application/json").status_code == 202
    job = carried_out()
    job.result["examples"] = [str(made.id)]
    job.save()
    assert client.get(path).json()["result"]["examples"] == [str(made.id)]
    assert str(made.id) in client.get(f"/endpoints/purchase/promote/{number}").content.decode()


def test_a_rollback_says_what_changes_too(browser: Browser, promoted: Version) -> None:
    services.promote(endpoint="purchase", version=second(promoted).number)
    client = browser("owner")
    assert "@1" in client.get("/endpoints/purchase/rollback").content.decode()
    assert client.post("/endpoints/purchase/rollback/effect").status_code == 302
    carried_out()
    assert "Nothing has been predicted yet" in client.get("/endpoints/purchase/rollback").content.decode()


def test_a_version_that_cannot_follow_is_said_so_before_it_is_tried(
    browser: Browser, promoted: Version, monkeypatch: Any
) -> None:
    made = second(promoted)
    made.manifest["task"] = "regression"
    made.save()
    page = browser("owner").get(f"/endpoints/purchase/promote/{made.number}")
    assert page.status_code == 200
    assert "version 2 is for regression" in page.content.decode()
