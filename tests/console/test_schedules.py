"""Schedules in the console: in words, with the next runs, the last one, and why there is none."""

from __future__ import annotations

import re

import pytest

from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import services as jobs
from flyball.control.registry.models import Version
from flyball.control.schedules import services
from flyball.control.schedules.models import Schedule, ScheduledRun
from flyball.domain.records import now
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage


def add(name: str = "nightly", times: str = "0 2 * * *", timezone: str = "Europe/Berlin") -> Schedule:
    return services.add(
        endpoint=Endpoint.objects.get(name="purchase"),
        name=name,
        times=times,
        kind="snapshot",
        timezone=timezone,
    )


def test_schedules_are_shown_with_their_times_their_next_runs_and_their_last_one(
    browser: Browser, version: Version
) -> None:
    client = browser("viewer")
    assert "flyball schedules add" in client.get("/schedules").content.decode()
    made = add()
    job = jobs.ask(kind="snapshot", team=made.endpoint.team, endpoint=made.endpoint)
    ScheduledRun.objects.create(schedule=made, due_at=now(), job=job, skipped=3)
    page = client.get("/schedules").content.decode()
    assert "every day at 02:00" in page
    assert "Europe/Berlin" in page
    assert len(re.findall(r"<time", page)) == 6  # five to come, one that has been
    assert f'<a href="/jobs/{job.pk}" class="state queued">queued</a>' in page
    assert "also for 3 missed before" in page
    assert "Pause" not in page  # a viewer reads


def test_a_schedule_is_paused_resumed_and_tried_again_from_the_list(
    browser: Browser, version: Version
) -> None:
    client, made = browser("owner"), add()
    for verb, word in (("pause", "paused"), ("resume", "active")):
        address = f"/endpoints/purchase/schedules/nightly/{verb}"
        assert address in client.get("/schedules").content.decode()
        assert client.post(address, {"page": "schedules"})["Location"] == "/schedules"
        assert word in client.get("/schedules").content.decode()
    Schedule.objects.filter(pk=made.pk).update(fault="It is <b>broken</b>.", next_due_at=None)
    page = client.get("/schedules").content.decode()
    assert "failing" in page
    assert "It is &lt;b&gt;broken&lt;/b&gt;." in page
    assert "Try again" in page
    client.post("/endpoints/purchase/schedules/nightly/resume")
    assert "Try again" not in client.get("/schedules").content.decode()


def test_schedules_of_another_team_are_in_no_list_of_ones_own(browser: Browser, version: Version) -> None:
    add("nightly-secret")
    assert "nightly-secret" in browser("viewer").get("/schedules").content.decode()
    assert "secret" not in browser("stranger").get("/schedules").content.decode()


def test_schedules_come_in_pages(browser: Browser, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flyball.console.frame.paging.SHOWN", 2)
    for number in range(3):
        add(f"number-{number}")
    client = browser("viewer")
    page = client.get("/schedules").content.decode()
    assert "number-2" not in page
    (more,) = re.findall(r"/schedules\?before=\d+", page)
    assert "number-2" in client.get(more).content.decode()
    assert "There is none after that." in client.get("/schedules?before=999999999").content.decode()
    for wrong in ("x", "\x00", "-1", "9" * 30):
        assert client.get("/schedules", {"before": wrong}).status_code == 404


def test_a_zone_that_this_machine_does_not_know_breaks_no_page(browser: Browser, version: Version) -> None:
    made = add()
    Schedule.objects.filter(pk=made.pk).update(timezone="Mars/Olympus")
    assert "Mars/Olympus" in browser("viewer").get("/schedules").content.decode()
    assert browser("owner").post("/endpoints/purchase/schedules/nightly/pause").status_code == 302
    assert browser("owner").post("/endpoints/purchase/schedules/nightly/resume").status_code == 422
