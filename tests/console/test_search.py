"""Search: what one name means leads there, several are listed, and nothing of another team is found."""

from __future__ import annotations

import pytest

import flyball
from flyball.control.declarations.models import Endpoint
from flyball.control.jobs import services as jobs
from flyball.control.jobs.models import Job
from flyball.control.registry.models import Build, Version
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
ROW = {"age": 30, "job": "cook"}


def test_one_thing_that_is_meant_is_gone_to(browser: Browser, promoted: Version) -> None:
    client = browser("viewer")
    job = jobs.ask(kind="build", team=promoted.endpoint.team, endpoint=promoted.endpoint)
    build = Build.objects.get()
    for sought, path in {
        "purchase": "/endpoints/purchase",
        " purch ": "/endpoints/purchase",
        "CHASE": "/endpoints/purchase",
        "purchase@1": "/endpoints/purchase/versions/1",
        "purchase@champion": "/endpoints/purchase/versions/1",
        "purchase@newest": "/endpoints/purchase/versions/1",
        str(build.pk): f"/endpoints/purchase/builds/{build.pk}",
        str(job.pk): f"/jobs/{job.pk}",
    }.items():
        answer = client.get("/search", {"q": sought})
        assert (answer.status_code, answer["Location"]) == (302, path), sought
    assert Job.objects.count() == 1


def test_the_whole_name_is_meant_and_a_part_of_several_is_listed(browser: Browser, promoted: Version) -> None:
    team = promoted.endpoint.team
    for name in ("re-purchase", "purchase-2"):
        Endpoint.objects.create(name=name, team=team, task="classification", description="")
    client = browser("viewer")
    assert client.get("/search?q=purchase")["Location"] == "/endpoints/purchase"
    page = client.get("/search?q=purch").content.decode()
    places = [page.index(f">{name}</a>") for name in ("purchase", "purchase-2", "re-purchase")]
    assert places == sorted(places)  # those that begin so come first


def test_predictions_are_found_by_id_and_reference(browser: Browser, promoted: Version) -> None:
    made = [flyball.predict("purchase", input=ROW, reference="loan-7") for _ in range(2)]
    client = browser("viewer")
    page = client.get("/search?q=loan-7").content.decode()
    assert all(str(each.id) in page for each in made)
    assert "Nothing of your teams" in client.get("/search?q=loan-").content.decode()  # references are whole
    answer = client.get("/search", {"q": str(made[0].id)})
    assert str(made[0].id) in (answer.content.decode() or answer["Location"])


def test_nothing_of_another_team_is_found(browser: Browser, promoted: Version) -> None:
    made = flyball.predict("purchase", input=ROW, reference="loan-7")
    job = jobs.ask(kind="build", team=promoted.endpoint.team, endpoint=promoted.endpoint)
    build = Build.objects.get()
    client = browser("stranger")
    for sought in ("purchase", "purchase@1", "loan-7", str(made.id), str(job.pk), str(build.pk)):
        answer = client.get("/search", {"q": sought})
        assert answer.status_code == 200
        assert "Nothing of your teams is called so" in answer.content.decode()


GARBAGE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "@",
    "@1",
    "purchase@",
    "purchase@x",
    "purchase@99999999999",
    "@champion",
]
GARBAGE += [
    "@champion",
    "9" * 18,
    "9" * 19,
    "9" * 5000,
    "٣",
    "\ud800",
    "<script>alert(1)</script>",
    "' OR 1=1",
    "%",
    "_",
]


@pytest.mark.parametrize("sought", GARBAGE)
def test_garbage_is_looked_for_and_not_found(browser: Browser, version: Version, sought: str) -> None:
    answer = browser("viewer").get("/search", {"q": sought.encode("utf-8", "surrogatepass")})
    assert answer.status_code in {200, 302} if sought == "purchase@" else answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
