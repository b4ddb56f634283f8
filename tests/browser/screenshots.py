"""Pictures of every page, light, dark, on a phone: ``python -m tests.browser.screenshots DIRECTORY``."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.conftest import chromium_browser, example
from tests.browser.everywhere import pages
from tests.browser.filling import begin_test, fill
from tests.browser.person import PASSWORD, Person
from tests.shell import Server

LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


BY_FORMS = {
    "compare": "/endpoints/diagnosis/compare?version=1&version=2",
    "outcomes-ambiguous": "/endpoints/diagnosis/outcomes?state=ambiguous",
    "revisions": "/endpoints/diagnosis/revisions",
    "search": "/search?q=dia",
    "traffic": "/endpoints/diagnosis/traffic?over=day",
    "refusal": "/endpoints/nowhere",
    "nothing": "/nothing",
    "abtest-plan": "/endpoints/diagnosis/tests/start?version=1&role.outcome=primary&effect=0.05&at_least=7d",
    "abtest-faults": "/endpoints/diagnosis/tests/start?share=many&at_least=soon",
}
"""Pages that forms lead to, and what is refused."""
TESTED = {
    "abtest": "/endpoints/diagnosis/tests/1",
    "abtests": "/endpoints/diagnosis/tests",
    "abtest-weights": "/endpoints/diagnosis/tests/1/weights",
    "abtest-stop": "/endpoints/diagnosis/tests/1/stop",
    "endpoint": "/endpoints/diagnosis",
    "version": "/endpoints/diagnosis/versions/1",
    "home": "/",
}
"""Pages that say more while an A/B test runs."""
DRAWN = 700
"""How long the drawing of a chart is waited for (milliseconds)."""


def main(directory: Path) -> None:
    """Pictures of an empty project, then of one in which everything happened once."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium_browser() as browser:
        shell = example(Path(scratch))
        with shell.up(worker=True) as server:
            _first_owner(browser, server)
            _all(browser, server, directory, "empty")
            fill(shell, server)
            _all(browser, server, directory, "full")
            begin_test(shell)
            _all(browser, server, directory, "tested", only=TESTED)


def _first_owner(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    Person(context.new_page(), _url(server)).sign_up(json.loads(server.said)["invitation"], "ada")
    context.close()


def _all(
    browser: Browser, server: Server, directory: Path, state: str, only: Mapping[str, str] | None = None
) -> None:
    for look, options in LOOKS.items():
        context = browser.new_context(**options)  # type: ignore[arg-type]  # a mapping of mixed values
        person = Person(context.new_page(), _url(server))
        person.go("/")
        _picture(person, directory, "sign-in", f"{state}-{look}")
        person.fill(login="ada", password=PASSWORD)
        person.click("Sign in")
        for kind, _ in () if only else pages(person):
            _picture(person, directory, kind, f"{state}-{look}")
        for kind, address in (only or BY_FORMS).items():
            person.go(address, None)
            _picture(person, directory, kind, f"{state}-{look}")
        context.close()
        for fault in person.faults:
            print(f"{state}, {look}: {fault}")  # noqa: T201 - a command


def _picture(person: Person, directory: Path, kind: str, look: str) -> None:
    """The whole page, in a window that is as high: what stays in sight while one scrolls is drawn once."""
    page = person.page
    page.wait_for_timeout(DRAWN)
    window = page.viewport_size or {"width": 1280, "height": 900}
    whole = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": window["width"], "height": max(window["height"], whole)})
    name = re.sub(r"\W+", "-", kind.replace("*", "each")).strip("-") or "home"
    page.screenshot(path=directory / f"{name}-{look}.png", full_page=True)
    page.set_viewport_size(window)


def _url(server: Server) -> str:
    return server.url.replace("127.0.0.1", "localhost")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
