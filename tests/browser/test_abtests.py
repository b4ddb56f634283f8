"""An A/B test from the form to its end, in a browser: planned, started, weighed anew, stopped."""

from __future__ import annotations

import json

import pytest

from tests.browser.conftest import Enter
from tests.browser.person import Person
from tests.shell import Server, Shell

pytestmark = pytest.mark.journey
ASKED = 40


def test_a_test_is_started_weighed_and_stopped(enter: Enter, clinic: Shell, server: Server) -> None:
    clinic.flyball("build", "diagnosis")
    clinic.flyball("promote", "diagnosis@1", "--yes")
    clinic.flyball("build", "diagnosis", "--again")
    server.wait_for_champion("diagnosis", 1)
    with enter() as owner:
        owner.sign_up(json.loads(server.said)["invitation"], "ada")
        start(owner)
        arms = {ask(server, patient)["version"] for patient in range(1, ASKED)}
        assert arms == {1, 2}

        owner.go("/endpoints/diagnosis")
        owner.click("A/B test 1", role="link")
        assert owner.sees("What happens next:")
        owner.click("Change weights…", role="link")
        owner.page.locator("[name='share.2']").fill("120%")
        owner.click("Change the weights")
        assert owner.sees("Challengers have from 0.01 %")
        owner.page.locator("[name='share.2']").fill("10%")
        owner.click("Change the weights")
        assert owner.sees("A/B test 1 has other weights: 2 0.1")

        owner.click("Stop…", role="link")
        owner.fill(reason="was only tried")
        owner.click("Stop the test")
        assert owner.sees("It ended with route revision 4.")
        owner.go("/endpoints/diagnosis/revisions")
        assert owner.sees("A/B test 1 was only tried")


def start(owner: Person) -> None:
    """Fill the form, read the plan, and start what it says."""
    owner.go("/endpoints/diagnosis")
    owner.click("A/B tests", role="link")
    owner.click("Start a test…", role="link")
    owner.click("Plan", exact=True)
    assert owner.sees("A test has 1 to 8 challengers.")
    owner.page.get_by_label("@2", exact=False).first.check()
    owner.fill(share="50%", at_least="0d")
    owner.click("Plan", exact=True)
    assert owner.sees("New units a day")
    owner.click("Start the test")
    assert owner.sees("running")
    assert owner.page.url.endswith("/tests/1")


def ask(server: Server, patient: int) -> dict[str, int]:
    """A prediction for a patient, who keeps their arm."""
    asked = {"entity": {"number": patient}, "reference": f"visit-{patient}"}
    answer: dict[str, int] = server.ask("POST", "/v1/endpoints/diagnosis/predictions", asked)
    return answer
