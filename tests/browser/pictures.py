"""The documents' pictures, taken while their steps are done: ``python -m tests.browser.pictures FOLDER``."""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.browser.conftest import chromium_browser, example
from tests.browser.filling import fill
from tests.browser.person import Person, somebody
from tests.browser.screenshots import DRAWN
from tests.documents import Photograph, follow
from tests.shell import Shell

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
WINDOW = {"width": 1200, "height": 700}
TAUGHT = {
    "leaderboard": ("/endpoints/late/builds/1", "Leaderboard"),
    "prediction": ("/search?q=order-88123", ""),
    "outcome": ("/search?q=order-88123", "What really happened"),
    "champion": ("/endpoints/late", "Versions"),
}
"""What the tutorial shows, when it shows it: the address of each picture, and its first heading."""
WEEK = "endpoint"
"""The picture of the README: a week of an endpoint."""
QUALITY = 75


@contextmanager
def photographing(project: Path, port: int, folder: Path) -> Iterator[Photograph]:
    """What takes the tutorial's pictures into a folder; who looks has followed the link that was printed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        chromium_browser() as browser,
        somebody(browser, f"http://localhost:{port}", viewport=WINDOW) as person,
    ):

        def photograph(name: str) -> None:
            if person.page.url == "about:blank":
                found = re.search(r"^Sign up: +(\S+)", (project / "up.log").read_text(), re.M)
                assert found
                person.sign_up(found[1], "ada")
            address, heading = TAUGHT[name]
            person.go(address)
            take(person, folder / f"{name}.webp", heading)

        yield photograph


def take(person: Person, place: Path, heading: str = "") -> None:
    """A picture of the window, once its charts are drawn: from a heading on, where one is named."""
    person.page.wait_for_timeout(DRAWN)
    if heading:
        found = person.page.get_by_role("heading", name=heading, exact=True)
        found.evaluate("heading => { heading.scrollIntoView(); scrollBy(0, -20) }")
    Image.open(io.BytesIO(person.page.screenshot())).save(place, quality=QUALITY, method=6)


def main(folder: Path) -> None:
    """Every picture that the documents show."""
    with tempfile.TemporaryDirectory() as scratch:
        shell = Shell(Path(scratch))
        with photographing(Path(scratch, "hello"), shell.port, folder) as photograph:
            follow(TUTORIAL, shell, photograph)
    with tempfile.TemporaryDirectory() as scratch, chromium_browser() as browser:
        _week(browser, example(Path(scratch)), folder)


def _week(browser: Browser, shell: Shell, folder: Path) -> None:
    with shell.up(worker=True) as server:
        fill(shell, server)
        url = server.url.replace("127.0.0.1", "localhost")
        with somebody(browser, url, viewport={"width": 1280, "height": 1220}) as person:
            person.sign_up(json.loads(server.said)["invitation"], "ada")
            person.go("/endpoints/diagnosis")
            take(person, folder / f"{WEEK}.webp")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
