"""Somebody with a browser of their own: every page they see is held to what all pages promise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

PATIENCE = 60_000
"""How long a page may take on a machine that does much else (milliseconds)."""
PASSWORD = "a-long-enough-secret"
SERIOUS = {"serious", "critical"}
REFUSED = "Failed to load resource: the server responded with a status of 4"
"""What the browser itself writes to its console of a page that refuses: its status is looked at instead."""


class Person:
    """A tab of a browser that shares nothing with others. ``faults`` gathers what no page may do."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.faults: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", self._asked)

    def go(self, address: str, status: int | None = 200) -> None:
        """Open an address of the server, and look at the page; with any status, where ``None`` is given."""
        answer = self.page.goto(address if address.startswith("http") else self.url + address)
        assert answer is not None
        assert status in {None, answer.status}, f"{address}: {answer.status}"
        self.look()

    def click(self, name: str, role: str = "button", **options: Any) -> None:
        """Press what has that name and leads to another page, and look at that page."""
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name, **options).first.click()  # type: ignore[arg-type]  # a literal
        self.look()

    def fill(self, **fields: str) -> None:
        """Write into fields of a form, by their names."""
        for name, value in fields.items():
            self.page.locator(f"[name={name}]").fill(value)

    def sees(self, text: str) -> bool:
        """Whether the page's words say so, now."""
        return text in self.page.locator("body").inner_text()

    def waits_for(self, text: str) -> None:
        """Return once the page says so, by itself."""
        self.page.get_by_text(text).first.wait_for(timeout=PATIENCE)

    def look(self) -> None:
        """Hold the page that is open to what all pages promise: everybody can use it."""
        self.page.wait_for_load_state("networkidle")  # what a script draws is looked at too
        found = Axe().run(self.page)
        for each in found.response["violations"]:
            if each["impact"] in SERIOUS:
                where = json.dumps([node["html"][:200] for node in each["nodes"][:3]])
                self.faults.append(f"{self.page.url}: {each['id']}: {each['help']}: {where}")

    def links(self) -> list[str]:
        """The addresses on this page that lead to other pages of the server."""
        found = self.page.eval_on_selector_all("a[href]:not([download])", "all => all.map(each => each.href)")
        own = urlsplit(self.page.url).netloc
        parts = [urlsplit(each) for each in found]
        return [f"{each.path}?{each.query}".rstrip("?") for each in parts if each.netloc == own]

    def sign_up(self, link: str, name: str) -> None:
        """Follow an invitation, and choose a name."""
        self.go(link)
        self.fill(username=name, password1=PASSWORD, password2=PASSWORD)
        self.click("Join")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSED):
            self.faults.append(f"{self.page.url}: {message.text}")

    def _asked(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme not in {"data", "blob"} and asked.netloc != urlsplit(self.url).netloc:
            self.faults.append(f"{self.page.url}: asked {request.url}")


@contextmanager
def somebody(browser: Browser, url: str, **options: Any) -> Iterator[Person]:
    """A person, until the block ends; then nothing that they saw may have been at fault."""
    context = browser.new_context(**options)
    try:
        person = Person(context.new_page(), url)
        yield person
        assert person.faults == []
    finally:
        context.close()
