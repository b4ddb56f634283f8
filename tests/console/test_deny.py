"""Every address of the console, every role and every method: what is not opened here is closed."""

from __future__ import annotations

from typing import Any

import pytest

from flyball.console import urls
from flyball.control.registry.models import Version
from tests.addresses import concrete
from tests.console.conftest import Browser

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
JOB = "019a0000-0000-7000-8000-000000000000"
VALUES = (
    ("<str:endpoint>", "purchase"),
    ("<int:number>", "1"),
    ("<uuid:identity>", JOB),
    ("<slug:digest>/<str:name>", "0/nothing.css"),
    ("<str:text>", "unknown"),
    ("<str:name>", "nightly"),
    ("<str:digest>", "latest"),
)
OPEN = {
    # address: the lowest role for each method, and what it then gets
    "": {"GET": ("viewer", 200)},
    "endpoints/purchase": {"GET": ("viewer", 200)},
    "endpoints/purchase/traffic": {"GET": ("viewer", 200), "POST": ("viewer", 422)},
    "endpoints/purchase/drawings/latest.svg": {"GET": ("viewer", 404)},
    "endpoints/purchase/drawings/latest.png": {"GET": ("viewer", 404)},
    "endpoints/purchase/promote/1": {"GET": ("owner", 200), "POST": ("owner", 302)},
    "endpoints/purchase/rollback": {"GET": ("owner", 200), "POST": ("owner", 409)},
    "endpoints/purchase/tests": {"GET": ("viewer", 200)},
    "endpoints/purchase/tests/start": {"GET": ("owner", 200), "POST": ("owner", 422)},
    "endpoints/purchase/tests/1": {"GET": ("viewer", 404), "POST": ("viewer", 404)},
    "endpoints/purchase/tests/1.csv": {"GET": ("viewer", 404)},
    "endpoints/purchase/tests/1.json": {"GET": ("viewer", 404)},
    "endpoints/purchase/tests/1/weights": {"GET": ("owner", 404), "POST": ("owner", 404)},
    "endpoints/purchase/tests/1/stop": {"GET": ("owner", 404), "POST": ("owner", 404)},
    "endpoints/purchase/backtests": {"GET": ("viewer", 200), "POST": ("owner", 422)},
    "endpoints/purchase/backtests/1": {"GET": ("viewer", 404), "POST": ("viewer", 404)},
    "endpoints/purchase/builds": {"GET": ("viewer", 200), "POST": ("owner", 302)},
    "endpoints/purchase/promote/1/effect": {"POST": ("owner", 302)},
    "endpoints/purchase/rollback/effect": {"POST": ("owner", 409)},
    "endpoints/purchase/revisions": {"GET": ("viewer", 200)},
    "endpoints/purchase/builds/1": {"GET": ("viewer", 200), "POST": ("viewer", 422)},
    "endpoints/purchase/tables": {"GET": ("viewer", 200)},
    "endpoints/purchase/entities": {"GET": ("member", 200), "POST": ("member", 422)},
    "endpoints/purchase/snapshots": {"GET": ("viewer", 200), "POST": ("owner", 302)},
    "endpoints/purchase/snapshots/latest": {"GET": ("viewer", 200)},
    "endpoints/purchase/compare": {"GET": ("viewer", 422)},
    "endpoints/purchase/versions": {"GET": ("viewer", 200)},
    "endpoints/purchase/versions/1/archive": {"GET": ("owner", 200), "POST": ("owner", 302)},
    "endpoints/purchase/versions/1/restore": {"POST": ("owner", 302)},
    "endpoints/purchase/versions/1/remove": {"GET": ("owner", 200), "POST": ("owner", 302)},
    "endpoints/purchase/versions/1/diagnostics": {"GET": ("viewer", 200), "POST": ("viewer", 422)},
    "endpoints/purchase/versions/1/card": {"GET": ("viewer", 200), "POST": ("owner", 302)},
    "endpoints/purchase/versions/1/card.md": {"GET": ("viewer", 200)},
    "endpoints/purchase/versions/1/diagnose": {"POST": ("owner", 302)},
    "endpoints/purchase/versions/1": {"GET": ("viewer", 200), "POST": ("viewer", 422)},
    "endpoints/purchase/shadows": {"GET": ("viewer", 200), "POST": ("owner", 422)},
    "endpoints/purchase/shadows/1": {"GET": ("viewer", 404), "POST": ("viewer", 404)},
    "endpoints/purchase/shadows/1/remove": {"POST": ("owner", 404)},
    "endpoints/purchase/schedules/nightly/pause": {"POST": ("owner", 404)},
    "endpoints/purchase/schedules/nightly/resume": {"POST": ("owner", 404)},
    "endpoints/purchase/outcomes": {"GET": ("viewer", 200)},
    "endpoints/purchase/outcomes/1/resolve": {"POST": ("member", 422)},
    "endpoints/purchase/outcomes/1/retract": {"POST": ("member", 404)},
    "predictions": {"GET": ("viewer", 200)},
    "predictions.csv": {"GET": ("viewer", 200)},
    f"predictions/{JOB}": {"GET": ("viewer", 404)},
    f"predictions/{JOB}/outcome": {"POST": ("viewer", 404)},
    f"predictions/{JOB}/replay": {"POST": ("viewer", 404)},
    f"predictions/{JOB}/erase": {"GET": ("viewer", 404), "POST": ("viewer", 404)},
    "builds": {"GET": ("viewer", 200)},
    "search": {"GET": ("viewer", 200)},
    "api/docs": {"GET": ("viewer", 200)},
    "ask": {"GET": ("viewer", 200)},
    "ask/purchase": {"GET": ("member", 503), "POST": ("member", 503)},
    "ask/purchase/rows": {"GET": ("member", 503), "POST": ("member", 503)},
    "ask/purchase/files": {"GET": ("member", 503), "POST": ("member", 503)},
    "ask/purchase/files/1": {"GET": ("member", 503), "POST": ("member", 503)},
    "ask/purchase/files/1/parts": {"POST": ("member", 404)},
    "ask/purchase/files/1/answers.csv": {"GET": ("member", 503)},
    "ask/purchase/files/1/rejects.csv": {"GET": ("member", 503)},
    "ask/purchase/entities": {"GET": ("member", 200)},
    "ask/purchase/links": {"GET": ("owner", 503), "POST": ("owner", 503)},
    "ask/purchase/links/1/revoke": {"POST": ("owner", 503)},
    "ask/purchase/outcome": {"POST": ("member", 503)},
    "people": {"GET": ("viewer", 200)},
    "people/invite": {"GET": ("owner", 200), "POST": ("owner", 422)},
    "people/invitations/1/withdraw": {"GET": ("owner", 404), "POST": ("owner", 404)},
    "people/members/1": {"GET": ("viewer", 404), "POST": ("viewer", 404)},
    "people/members/1/remove": {"POST": ("viewer", 404)},
    "keys": {"GET": ("owner", 200)},
    "keys/new": {"GET": ("owner", 200), "POST": ("owner", 422)},
    "keys/1/revoke": {"GET": ("owner", 404), "POST": ("owner", 404)},
    "schedules": {"GET": ("viewer", 200)},
    "jobs": {"GET": ("viewer", 200)},
    f"jobs/{JOB}": {"GET": ("viewer", 404)},
    f"jobs/{JOB}/cancel": {"POST": ("owner", 404)},
    f"jobs/{JOB}/retry": {"POST": ("owner", 404)},
}
FOR_EVERYBODY = {"assets/0/nothing.css", "asked/unknown", "join/unknown"}
ROLES = ("viewer", "member", "owner")
WHOLE = {
    "", "api/docs", "ask", "builds", "jobs", "keys", "keys/new", "people", "people/invite", "predictions",
    "predictions.csv", "schedules", "search",
}  # fmt: skip
"""Where a stranger sees a page of their own."""


def test_every_address_is_in_the_table() -> None:
    assert set(concrete(urls.urlpatterns, VALUES)) == set(OPEN) | FOR_EVERYBODY


@pytest.mark.django_db
@pytest.mark.parametrize("path", OPEN)
def test_nobody_is_led_to_sign_in(browser: Browser, path: str) -> None:
    nobody = browser(None)
    for method in METHODS:
        answer = nobody.generic(method, f"/{path}")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("path", OPEN)
def test_each_role_may_what_the_table_says(browser: Browser, version: Version, path: str) -> None:
    build = version.candidate.build_id if version.candidate else 0
    address = "/" + path.replace("builds/1", f"builds/{build}")
    cast = {role: browser(role) for role in ROLES}
    for method in METHODS:
        lowest, status = OPEN[path].get("GET" if method == "HEAD" else method, (None, 405))
        for role in ROLES:
            may = lowest is None or ROLES.index(role) >= ROLES.index(lowest)
            answer = cast[role].generic(method, address)
            assert answer.status_code == (status if may else 403), (role, method)
            assert (answer.status_code == 405) == ("Allow" in answer)


@pytest.mark.parametrize("path", [path for path in OPEN if path not in WHOLE])
def test_what_is_another_teams_does_not_exist(browser: Browser, version: Version, path: str) -> None:
    stranger = browser("stranger")
    for method in OPEN[path]:
        answer = stranger.generic(method, f"/{path}")
        assert answer.status_code == 404
        assert "lending" not in answer.content.decode()


def test_a_stranger_sees_nothing_of_it_on_the_first_page(browser: Browser, promoted: Version) -> None:
    assert "purchase" in browser("viewer").get("/").content.decode()
    stranger = browser("stranger")
    for path in WHOLE:
        assert "purchase" not in b"".join(stranger.get(f"/{path}")).decode()


@pytest.mark.django_db
def test_a_project_in_which_nobody_signs_in_has_no_pages(settings: Any, browser: Browser) -> None:
    settings.MIDDLEWARE = []
    assert browser(None).get("/jobs").status_code == 404


def test_a_form_without_its_token_is_refused(browser: Browser, version: Version) -> None:
    client = browser("owner")
    client.handler.enforce_csrf_checks = True
    assert client.post("/endpoints/purchase/promote/1").status_code == 403


@pytest.mark.parametrize("path", ["", "endpoints/purchase", "jobs", "endpoints/nowhere"])
def test_every_page_has_the_strict_policy(browser: Browser, version: Version, path: str) -> None:
    answer = browser("viewer").get(f"/{path}")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["Cache-Control"] == "no-store"
    text = answer.content.decode()
    assert " style=" not in text
    assert " onclick=" not in text
