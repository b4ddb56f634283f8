"""What no browser sends by itself: odd numbers, names and forms are refused in words, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation

from flyball.console.frame.tags import moment, seconds
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Version
from flyball.control.routing import selectors
from flyball.control.routing.models import RouteRevision
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
LONG = "9" * 5000
PATHS = [
    "/endpoints/purchase/versions/99999999999999999999",
    f"/endpoints/purchase/versions/{LONG}",
    "/endpoints/purchase/builds/99999999999999999999",
    "/endpoints/purchase/promote/99999999999999999999",
    "/endpoints/%00",
    "/endpoints/%ff%fe",
    "/endpoints/%ed%a0%80",
    "/endpoints/purchase%2Fversions%2F9",
    f"/endpoints/{LONG}",
    "/jobs?before=%00",
    f"/jobs?before={LONG}",
    "/jobs/ffffffff-ffff-ffff-ffff-ffffffffffff",
    "/assets/0/%00",
    "/assets/0/..%2f..",
]


@pytest.mark.parametrize("path", PATHS)
def test_an_address_of_nothing_is_not_found(browser: Browser, version: Version, path: str) -> None:
    assert browser("owner").get(path).status_code == 404


@pytest.mark.parametrize("name", ["%00", "%ff", LONG])
def test_a_schedule_of_an_odd_name_is_not_found(browser: Browser, version: Version, name: str) -> None:
    assert browser("owner").post(f"/endpoints/purchase/schedules/{name}/pause").status_code == 404


@pytest.mark.parametrize("path", ["/endpoints/purchase/promote/1", "/endpoints/purchase/rollback"])
@pytest.mark.parametrize(
    ("expected", "status"),
    [
        ("abc", 422),
        ("-1", 422),
        ("1,000", 422),
        ("\x00", 422),
        ("٣", 422),
        ("", 422),
        (LONG, 422),
        ("9" * 18, 409),
    ],
)
def test_a_form_with_an_odd_number_changes_nothing(
    browser: Browser, version: Version, path: str, expected: str, status: int
) -> None:
    assert browser("owner").post(path, {"expected": expected}).status_code == status
    assert selectors.route("purchase") is None


@pytest.mark.parametrize(
    "target", ["/sign-in", "/sign-in?next=/sign-in", "//evil.example", "https:evil.example"]
)
def test_signing_in_leads_neither_elsewhere_nor_in_a_circle(
    browser: Browser, version: Version, target: str
) -> None:
    assert browser("owner").get("/sign-in", {"next": target})["Location"] == "/"


def test_a_part_of_a_page_has_the_page_asked_again_once_the_session_is_over(browser: Browser) -> None:
    answer = browser(None).get("/jobs", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer["HX-Refresh"] == "true"
    assert not answer.content  # else it would stand inside the page


def test_a_form_needs_its_token_without_the_projects_middleware_too(
    browser: Browser, version: Version, settings: Any
) -> None:
    name = f"{CsrfViewMiddleware.__module__}.{CsrfViewMiddleware.__qualname__}"
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != name]
    for path in ("/endpoints/purchase/promote/1", "/join/unknown"):
        client = browser("owner")
        client.handler.enforce_csrf_checks = True
        assert client.post(path).status_code == 403
    assert selectors.route("purchase") is None


def test_numbers_in_forms_and_drawings_are_of_no_language(
    browser: Browser, promoted: Version, settings: Any
) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    revision = RouteRevision.objects.get()
    revision.document["number"] = revision.number = 1000
    revision.save()
    Job.objects.create(
        kind="build", queue="build", team=promoted.endpoint.team, attempts=3, status="running", progress=0.5
    )
    with translation.override("de"):
        assert 'value="0.5"' in browser("viewer").get("/jobs").content.decode()
        assert 'value="1000"' in browser("owner").get("/endpoints/purchase/promote/1").content.decode()


def test_what_an_imported_folder_may_say_is_shown(browser: Browser, version: Version) -> None:
    version.facts["parameters"] = {"items": 3}
    version.facts["snapshot"] = {
        "digest": "0" * 64,
        "rows": 1,
        "outcomes": 0,
        "taken_at": "2026-99-99T::::::::",
    }
    version.save()
    page = browser("viewer").get("/endpoints/purchase/versions/1").content.decode()
    assert "<code>items</code>" in page
    assert "2026-99-99T" in page
    assert moment("0001-01-01T00:00:00+23:00") == "0001-01-01T00:00:00+23:00"


def test_what_took_longer_than_is_counted_is_said_so() -> None:
    assert seconds(float("inf")) == "over 1 s"
