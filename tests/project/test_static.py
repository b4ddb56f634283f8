"""Static files: handed out from memory, as they are on the disk now; what is large, through Django."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django.contrib.admin
import pytest
from django.contrib.staticfiles import finders
from django.core.signals import request_started
from django.test import override_settings

from flyball.project.static import LARGEST_KEPT, StaticFiles

STYLE = Path(django.contrib.admin.__file__).parent / "static" / "admin" / "css" / "base.css"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of static files besides the admin's."""
    installed = ["django.contrib.staticfiles", "django.contrib.admin"]
    with override_settings(STATIC_URL="/static/", STATICFILES_DIRS=[tmp_path], INSTALLED_APPS=installed):
        finders.get_finder.cache_clear()  # type: ignore[attr-defined]  # it is cached
        yield tmp_path
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]  # it is cached


class Asked:
    """The handler, and how many requests Django has had of it."""

    def __init__(self) -> None:
        self.handler = StaticFiles(None)
        self.django = 0

    def count(self, **_: Any) -> None:
        """One more for Django."""
        self.django += 1

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """The status, the headers and the body of an answer."""
        sent: list[dict[str, Any]] = []
        arriving = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if not arriving:
                await asyncio.Event().wait()
            return arriving.pop()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
        request_started.connect(self.count)
        try:
            asyncio.run(self.handler(scope, receive, send))
        finally:
            request_started.disconnect(self.count)
        told = {str(name, "latin-1").lower(): str(value, "latin-1") for name, value in sent[0]["headers"]}
        return sent[0]["status"], told, b"".join(each.get("body", b"") for each in sent[1:])


@pytest.fixture
def asked(folder: Path) -> Asked:
    """The handler over that folder."""
    return Asked()


def test_a_file_is_handed_out_without_django(asked: Asked) -> None:
    for _ in range(2):
        status, headers, body = asked.get("/static/admin/css/base.css")
        assert (status, body) == (200, STYLE.read_bytes())
        assert headers["content-type"] == "text/css"
        assert headers["content-length"] == str(len(body))
        assert headers["x-content-type-options"] == "nosniff"
    assert asked.django == 0


def test_who_has_the_file_is_told_so(asked: Asked) -> None:
    _, headers, _ = asked.get("/static/admin/css/base.css")
    status, again, body = asked.get("/static/admin/css/base.css", if_modified_since=headers["last-modified"])
    assert (status, body) == (304, b"")
    assert again["last-modified"] == headers["last-modified"]
    assert asked.get("/static/admin/css/base.css", if_modified_since="no date")[0] == 200


def test_a_file_that_changes_is_handed_out_as_it_is_now(asked: Asked, folder: Path) -> None:
    own = folder / "own.js"
    own.write_text("1")
    assert asked.get("/static/own.js")[2] == b"1"
    own.write_text("22")
    os.utime(own, (1, 1))
    assert asked.get("/static/own.js")[2] == b"22"
    own.unlink()
    assert asked.get("/static/own.js")[0] == 404


def test_what_is_large_or_named_otherwise_goes_through_django(asked: Asked, folder: Path) -> None:
    (folder / "large.bin").write_bytes(b"." * (LARGEST_KEPT + 1))
    assert len(asked.get("/static/large.bin")[2]) == LARGEST_KEPT + 1
    assert asked.get("/static/./admin/css/base.css")[0] == 200
    assert asked.get("/static/admin/css/base.css", method="HEAD")[0] == 200
    assert asked.django == 3


@pytest.mark.parametrize(
    "path", ["/static/../x", "/static/", "/static/nothing", "/static/x\0y", "/static/admin"]
)
def test_what_is_no_file_is_nothing(asked: Asked, path: str) -> None:
    assert asked.get(path)[0] == 404
