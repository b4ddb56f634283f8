"""Every door shows the same of a shadow: the command, the management API and the console."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from flyball.control.accounts.models import Membership
from flyball.control.accounts.services import ensure_team
from flyball.control.shadows import services
from flyball.control.shadows.models import Shadow
from flyball.stores.database import Database
from tests import published
from tests.cli.conftest import Typed
from tests.shadows.conftest import Ask, Record, people, tell, to_the_end, told

pytestmark = pytest.mark.storage
PATH = "/api/endpoints/triage/shadows"


@pytest.fixture
def answered(shadow: Database, record: Record, asking: Ask) -> Database:
    """The shadow has been asked about forty predictions with outcomes; three were dropped before."""
    Shadow.objects.update(dropped={"More than 10 waited.": 3})
    tell(shadow, record(people()), lambda each: "ill")
    to_the_end(asking())
    return shadow


def managing(method: str, path: str, body: Any = None) -> Any:
    """What the management API answers an owner."""
    headers = {"Authorization": f"Bearer {published.key()}"}
    return Client(headers=headers).generic(method, path, body or "", content_type="application/json")


def owner() -> Client:
    """The browser of an owner."""
    user, _ = get_user_model().objects.get_or_create(username="ada")
    Membership.objects.get_or_create(user=user, team=ensure_team(slug="hospital"), defaults={"role": "owner"})
    client = Client()
    client.force_login(user)
    return client


def test_the_command_makes_a_shadow_says_how_it_stands_and_takes_it_out(triage: Database) -> None:
    typed = Typed()
    assert "triage has no shadow." in typed("shadow", "triage").stdout
    assert "triage@2 is a shadow (route revision 2)." in typed("shadow", "triage", "--version", "2").stdout
    assert typed.json("shadow", "triage")[0]["is_answering"] is True
    done = typed.json("shadow", "triage", "--remove", "2")
    assert done == {"version": "triage@2", "is_shadow": False, "revision": 3}
    assert typed.json("shadow", "triage")[0]["is_answering"] is False
    typed("shadow", "triage", "--remove", "2", exits=1)
    typed("shadow", "triage", "--version", "1", exits=5)
    typed("shadow", "triage", "--version", "1", "--remove", "2", exits=2)


def test_the_command_says_what_failed_and_what_outcomes_say(answered: Database) -> None:
    said = Typed()("shadow", "triage")
    assert "triage@2" in said.stdout
    assert "3 dropped: More than 10 waited." in said.stderr
    assert "On 40 rows with an outcome version 2 is wrong on" in said.stderr


def test_the_management_api_makes_shows_and_takes_out(triage: Database) -> None:
    made = managing("POST", PATH, '{"version": 2, "threshold": 0.4}')
    assert (made.status_code, made.json()["threshold"]) == (201, 0.4)
    assert managing("POST", PATH, '{"version": 2}').json()["code"] == "conflict"
    assert [each["version"] for each in managing("GET", PATH).json()["shadows"]] == [2]
    assert managing("DELETE", f"{PATH}/2").status_code == 204
    assert managing("DELETE", f"{PATH}/2").status_code == 404
    assert managing("GET", f"{PATH}/2").json()["ended_at"] is not None
    assert managing("GET", f"{PATH}/9").status_code == 404


def test_its_document_holds_what_every_door_shows(answered: Database) -> None:
    document = managing("GET", f"{PATH}/2").json()
    assert document["beside"] == told()["beside"]
    assert document["dropped"] == [{"reason": "More than 10 waited.", "count": 3}]


def test_the_console_shows_it_and_its_table_of_confusion(answered: Database) -> None:
    client = owner()
    every = client.get("/endpoints/triage/shadows").content.decode()
    assert "/endpoints/triage/shadows/2" in every
    page = client.get("/endpoints/triage/shadows/2").content.decode()
    for text in ("Beside @1, champion", "Which answer met which", "More than 10 waited.", "On 40 rows"):
        assert text in page
    assert "From,Answered,Failed" in client.get("/endpoints/triage/shadows/2?csv=agreement").content.decode()


def test_the_console_makes_one_and_takes_it_out(triage: Database) -> None:
    client = owner()
    client.post("/endpoints/triage/shadows", {"version": "2", "expected": "1"})
    assert told()["is_answering"] is True
    client.post("/endpoints/triage/shadows/2/remove", {"expected": "2"})
    assert told()["is_answering"] is False
    assert client.post("/endpoints/triage/shadows", {"version": "x", "expected": "3"}).status_code == 422


def test_one_that_was_a_shadow_before_goes_on_with_its_sums(
    answered: Database, record: Record, asking: Ask
) -> None:
    services.remove_shadow(endpoint="triage", version=2)
    record(people(5))
    services.add_shadow(endpoint="triage", version=2)
    record(people(3))
    to_the_end(asking())
    assert told()["answered"] == 43
