"""The first owner's first hour, without the command line: from the printed link to a way back."""

from __future__ import annotations

import json
import time

import pytest

from tests.browser.conftest import Enter
from tests.browser.person import PASSWORD, Person
from tests.shell import PATIENCE, Server

pytestmark = pytest.mark.journey


def test_the_loop_turns_in_a_browser(enter: Enter, server: Server) -> None:
    with enter() as owner:
        owner.go("/")
        assert "/sign-in" in owner.page.url
        owner.sign_up(json.loads(server.said)["invitation"], "ada")
        assert owner.sees("diagnosis")

        build(owner)
        promote(owner, 1)
        server.wait_for_champion("diagnosis", 1)

        build(owner)
        promote(owner, 2)
        server.wait_for_champion("diagnosis", 2)

        owner.go("/endpoints/diagnosis")
        owner.click("Roll back…", role="link")
        owner.click("Roll back")
        server.wait_for_champion("diagnosis", 1)

        owner.click("Sign out")
        owner.go("/")
        owner.fill(login="ada", password=PASSWORD)
        owner.click("Sign in")
        assert owner.sees("diagnosis")


def build(owner: Person) -> None:
    """Ask for a build, and wait on the job's page, which goes on by itself."""
    owner.go("/endpoints/diagnosis")
    owner.click("Build", exact=True)
    owner.waits_for("succeeded")
    owner.look()


def promote(owner: Person, number: int) -> None:
    """See what changes, and promote."""
    owner.go(f"/endpoints/diagnosis/versions/{number}")
    owner.click("Promote…", role="link")
    owner.click("Promote")
    deadline = time.monotonic() + PATIENCE
    while owner.page.url.endswith(f"/promote/{number}") and time.monotonic() < deadline:
        owner.click("Promote all the same")  # the page says why it asks
    assert owner.sees(f"@{number}")
