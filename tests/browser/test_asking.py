"""People without a command line ask: one case, fifty rows, a file of their own; a stranger, by a link."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Browser

from tests.browser.person import Person, somebody
from tests.shell import Server, Shell

pytestmark = pytest.mark.journey
DECLARED = """
    candidates = ["linear"]
    ask = Ask(question={"en": "Will it be late?", "de": "Kommt es zu spät?"}, open_to="links")
    fields = {"distance_km": Field(label={"en": "Distance", "de": "Entfernung"}, unit="km")}
"""


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A new project, whose endpoint says how people are to be asked."""
    folder = tmp_path_factory.mktemp("asking")
    Shell(folder).run("flyball", "init", "hello")
    project = folder / "hello"
    endpoints = project / "hello" / "endpoints.py"
    text = endpoints.read_text().replace("from flyball import ", "from flyball import Ask, Field, ")
    endpoints.write_text(text.rstrip() + "\n" + DECLARED)
    return Shell(project)


@pytest.fixture(scope="module")
def served(chromium: Browser, parcels: Shell) -> Iterator[Server]:
    """What answers, with a champion and a worker."""
    with parcels.up("--build", worker=True) as server:
        yield server


def url(server: Server) -> str:
    return server.url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def owner(chromium: Browser, served: Server) -> dict[str, Any]:
    """The first owner's browser."""
    with somebody(chromium, url(served)) as person:
        person.sign_up(json.loads(served.said)["invitation"], "ada")
        return dict(person.page.context.storage_state())


@pytest.fixture(scope="module")
def caller(chromium: Browser, served: Server, owner: dict[str, Any], parcels: Shell) -> dict[str, Any]:
    """Somebody who came by an invitation, and may only ask."""
    with somebody(chromium, url(served)) as person:
        person.sign_up(parcels.flyball("people", "invite", "--role", "caller")["link"], "cal")
        assert person.page.url.endswith("/ask")
        return dict(person.page.context.storage_state())


def answered(person: Person) -> str:
    """What the answer says, once it has come."""
    person.page.locator("#answer .says").wait_for()
    return person.page.locator("#answer").inner_text()


def test_somebody_asks_wonders_prints_and_says_what_happened(
    chromium: Browser, served: Server, caller: dict[str, Any], tmp_path: Path
) -> None:
    with somebody(chromium, url(served), storage_state=caller) as person:
        person.go("/ask")
        person.click("Will it be late?", role="link")
        person.click("A typical case", role="link")
        person.page.locator("[name=over]").select_option("input.distance_km")
        assert "recorded nowhere" in answered(person)
        person.page.locator("#curve .plot svg").wait_for()
        person.click("Ask", exact=True)
        assert "Asked and recorded" in answered(person)
        person.waits_for("What moved it")
        assert person.sees("from the coefficients of a linear model")

        person.page.locator("[name='input.distance_km']").fill("900")
        person.waits_for("What if: recorded nowhere")
        assert "Recorded before:" in answered(person)
        assert "→" in answered(person)
        person.look()

        person.page.reload()
        assert "What if: recorded nowhere" in answered(person)
        person.click("Back to it", role="link")
        assert "Asked and recorded" in answered(person)
        person.page.emulate_media(media="print")
        assert not person.page.get_by_role("button", name="Print").is_visible()
        assert person.page.locator(".facts.printed").is_visible()
        assert person.page.pdf(path=tmp_path / "answer.pdf").startswith(b"%PDF")
        person.page.emulate_media(media="screen")

        person.page.locator("#right button").first.click()
        person.waits_for("Thank you.")
        person.look()


def test_fifty_rows_are_pasted_in_german(chromium: Browser, served: Server, caller: dict[str, Any]) -> None:
    options = {"storage_state": caller, "locale": "de-DE"}
    with somebody(chromium, url(served), **options) as person:
        person.go("/ask/late/rows")
        assert person.sees("Kommt es zu spät?")
        names = person.page.locator(".help").inner_text()
        columns = [each.strip(" *.") for each in names.partition(":")[2].partition(". ")[0].split(",")]
        assert "Entfernung" in columns
        rows = [["12,5" if name == "Entfernung" else "2" for name in columns] for _ in range(50)]
        pasted = "\n".join("\t".join(row) for row in [columns, *rows])
        person.page.locator("textarea").fill(pasted)
        person.click("Alle fragen")
        assert person.sees("Was bedeutet das Komma?")
        person.page.locator("input[value=comma]").check()
        person.click("Alle fragen")
        assert person.sees("50 Zeilen wurden gefragt und aufgezeichnet.")


def test_a_file_with_names_of_its_own_is_answered(
    chromium: Browser, served: Server, caller: dict[str, Any], parcels: Shell, tmp_path: Path
) -> None:
    with (parcels.directory / "parcels.csv").open(newline="") as known:
        names, *rows = list(csv.reader(known))
    many = [*rows, *rows][:1500]
    many[7] = ["?" if name in {"parcel", "sent_at"} else "far away" for name in names]
    file = tmp_path / "mine.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([["how far" if each == "distance_km" else each for each in names], *many])
    with somebody(chromium, url(served), storage_state=caller) as person:
        person.go("/ask/late/files")
        person.page.set_input_files("[type=file]", file)
        with person.page.expect_navigation(url=re.compile(r"/files/\d+$")):
            person.page.get_by_role("button", name="Upload").click()
        person.look()
        assert person.sees("Still without a column: Distance")
        person.page.get_by_label("how far").select_option(label="Distance *")
        person.click("Look again")
        assert person.sees("This should be a number")
        person.click("Answer this file")
        person.page.get_by_role("button", name="Forget this file").wait_for()
        person.look()
        with person.page.expect_download() as downloading:
            person.page.get_by_role("link", name="Download the answers").click()
        downloading.value.save_as(tmp_path / "answers.csv")
        with person.page.expect_download() as downloading:
            person.page.get_by_role("link", name="Download what was left out").click()
        downloading.value.save_as(tmp_path / "rejects.csv")
        person.go("/ask/late/files")
        assert person.sees("mine.csv")
    with (tmp_path / "answers.csv").open(newline="") as answers:
        found = list(csv.DictReader(answers))
    assert len(found) == len(many) - 1
    assert {each["answer"] for each in found} <= {"yes", "no"}
    with (tmp_path / "rejects.csv").open(newline="") as rejects:
        assert {each["row"] for each in csv.DictReader(rejects)} == {"8"}


class Shop(BaseHTTPRequestHandler):
    """Another site: one page, which embeds what ``shown`` says."""

    shown: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """The page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<iframe src="{self.shown[-1]}" width="900" height="900"></iframe>'.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def shop() -> Iterator[str]:
    """Its origin, while it is open."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def test_a_stranger_asks_inside_another_site(
    chromium: Browser, served: Server, owner: dict[str, Any]
) -> None:
    with shop() as own, shop() as other:
        with somebody(chromium, url(served), storage_state=owner) as person:
            person.go("/ask/late/links")
            person.page.locator("[name=origins]").fill(own)
            person.click("Make a link")
            Shop.shown.append(person.page.locator("tbody th a").first.get_attribute("href") or "")
        context = chromium.new_context()
        page = context.new_page()
        page.goto(own)
        frame = page.frame_locator("iframe")
        frame.get_by_role("link", name="A typical case").click()
        frame.locator("[name='input.distance_km']").fill("20")
        frame.locator("#answer .says").wait_for()
        frame.get_by_role("button", name="Ask", exact=True).click()
        frame.get_by_text("Asked and recorded").wait_for()
        assert frame.get_by_text("Was this right?").count() == 0
        page.goto(other)
        page.wait_for_load_state("networkidle")
        assert page.frame_locator("iframe").get_by_role("button", name="Ask", exact=True).count() == 0
        context.close()
