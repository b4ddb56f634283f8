"""People's first hour, without the command line: the printed link, the loop and back, and who else comes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Enter
from tests.browser.everywhere import pages
from tests.browser.person import PASSWORD, Person, somebody
from tests.shell import PATIENCE, Server, Shell

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def ada(chromium: Browser, server: Server) -> dict[str, Any]:
    """The first owner, who has followed the printed link: what her browser knows."""
    url = server.url.replace("127.0.0.1", "localhost")
    with somebody(chromium, url) as owner:
        owner.go("/")
        assert "/sign-in" in owner.page.url
        owner.sign_up(json.loads(server.said)["invitation"], "ada")
        assert owner.sees("diagnosis")
        return dict(owner.page.context.storage_state())


def test_the_loop_turns_in_a_browser(enter: Enter, ada: dict[str, Any], server: Server) -> None:
    with enter(storage_state=ada) as owner:
        owner.go("/endpoints/diagnosis/snapshots")
        owner.click("Take a snapshot")
        owner.waits_for("succeeded")
        for number in (1, 2):
            build(owner)
            promote(owner, number)
            server.wait_for_champion("diagnosis", number)
        owner.go("/endpoints/diagnosis/compare?version=1&version=2")
        assert owner.sees("@2")

        predicted = ask_with_a_new_key(owner, server)
        owner.go(f"/predictions?reference={predicted['reference']}")
        owner.click(predicted["id"][:8], role="link")
        owner.page.locator("select[name=value]").select_option("benign")
        owner.click("Save")
        assert owner.sees("counts")
        owner.click("Compute again")
        assert owner.sees("The same comes out again")

        owner.go("/endpoints/diagnosis")
        owner.click("Roll back…", role="link")
        owner.click("Roll back")
        server.wait_for_champion("diagnosis", 1)
        seen = [kind for kind, _ in pages(owner)]
        assert len(seen) > 20

        owner.go("/")
        owner.click("Sign out")
        owner.go("/")
        owner.fill(login="ada", password=PASSWORD)
        owner.click("Sign in")
        assert owner.sees("diagnosis")


def test_a_viewer_reads_and_a_stranger_sees_nothing(
    enter: Enter, ada: dict[str, Any], clinic: Shell, server: Server
) -> None:
    with enter() as owner, enter() as viewer, enter() as stranger:
        owner.go("/")
        owner.fill(login="ada", password=PASSWORD)
        owner.click("Sign in")
        owner.go("/people/invite")
        owner.page.locator("select[name=role]").select_option("viewer")
        owner.click("Make the link")
        viewer.sign_up(owner.page.locator("pre").inner_text(), "vic")
        viewer.go("/endpoints/diagnosis")
        assert not viewer.page.get_by_role("button", name="Build", exact=True).count()
        viewer.go("/keys", 403)
        viewer.go("/endpoints/diagnosis/rollback", 403)

        team = "from flyball.control.accounts.services import ensure_team; ensure_team(slug='sales')"
        clinic.run("python", "manage.py", "shell", "--no-imports", "-c", team)
        stranger.sign_up(
            clinic.flyball("people", "invite", "--role", "owner", "--team", "sales")["link"], "sam"
        )
        assert not stranger.sees("diagnosis")
        stranger.go("/endpoints/diagnosis", 404)
        stranger.go("/predictions")
        assert not stranger.sees("diagnosis")


def test_a_second_factor_is_asked_for(enter: Enter, ada: dict[str, Any], clinic: Shell) -> None:
    link = clinic.flyball("people", "invite", "--role", "member")["link"]
    with enter() as person:
        person.sign_up(link, "tina")
        person.go("/account/protection/totp/activate")
        secret = person.page.locator("#authenticator_secret").input_value()
        person.fill(code=code(secret))
        with person.page.expect_navigation():
            person.page.locator("main form button, main form input[type=submit]").last.click()
        person.go("/")
        person.click("Sign out")
        person.go("/sign-in")
        person.fill(login="tina", password=PASSWORD)
        person.click("Sign in")
        assert not person.sees("diagnosis")
        time.sleep(30 - time.time() % 30)  # a code is good once
        person.fill(code=code(secret))
        person.click("Sign in")
        assert person.sees("diagnosis")


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
    owner.click("Promote", exact=True)
    deadline = time.monotonic() + PATIENCE
    while owner.page.url.endswith(f"/promote/{number}") and time.monotonic() < deadline:
        owner.click("Promote all the same")  # the page says why it asks
    assert owner.sees(f"@{number}")


def ask_with_a_new_key(owner: Person, server: Server) -> dict[str, Any]:
    """A prediction, by a program with a key that was made in the console just now."""
    owner.go("/keys/new")
    owner.fill(label="shop")
    owner.page.locator("select[name=role]").select_option("caller")
    owner.click("Make the key")
    key = owner.page.locator("#key").inner_text()
    asked = {"entity": {"number": 17}, "reference": "visit-1"}
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = httpx.post(
            f"{server.url}/v1/endpoints/diagnosis/predictions",
            json=asked,
            headers={"Authorization": f"Bearer {key}"},
        )
        if answer.status_code != 401 or time.monotonic() > deadline:  # a new key is known within a second
            break
        time.sleep(0.2)
    assert answer.is_success, answer.text
    return {**answer.json(), "reference": "visit-1"}


def code(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238: SHA-1, six digits, 30 seconds)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
