"""The site of the documents: built as it is in CI, read in a browser, and asking nobody else for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import flyball
from tests.browser.person import somebody

ROOT = Path(__file__).parents[2]
BROUGHT = re.compile(r"<(?:link|script|img|iframe|source)\b[^>]*\b(?:href|src)=\"?((?:https?:)?//[^\s\">]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    mkdocs = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(mkdocs, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, text=True)
    assert done.returncode == 0
    return folder


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    """Where the site is handed out."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, without a log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    assert {page.name: found for page in pages if (found := BROUGHT.findall(page.read_text()))} == {}


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("flyball", flyball.__all__),
        ("flyball.client", ["Client"]),
        ("flyball.testing", ["answers", "engine"]),
    ],
)
def test_the_reference_has_every_public_name(site: Path, module: str, names: list[str]) -> None:
    page = (site / "python.html").read_text()
    assert [name for name in names if f'id="{module}.{name}"' not in page] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_and_searched(chromium: Browser, url: str, scheme: str) -> None:
    with somebody(chromium, url, color_scheme=scheme) as reader:
        reader.go("/index.html")
        reader.click("Tutorial", role="link")
        assert reader.sees("from flyball init to the first outcome")
        reader.page.get_by_placeholder("Search").click()  # which loads what it searches in
        reader.page.get_by_placeholder("Search").press_sequentially("matures_after")
        reader.page.locator(".md-search-result__link").first.click()
        reader.look()
        assert reader.sees("matures_after")
