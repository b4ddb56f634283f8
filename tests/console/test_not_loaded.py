"""A version that a server did not load is told where people look, for as long as that server says so."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F

from flyball.control.monitoring.attention import attention
from flyball.control.registry.models import ArtifactPart, Version
from flyball.control.routing.models import LoadFailure
from flyball.domain.records import now
from flyball.stores import failures
from flyball.stores.database import Database
from flyball.stores.failures import UNSEEN, Failure
from tests import published
from tests.console.conftest import Browser
from tests.durability.servers import Server
from tests.shell import PATIENCE

pytestmark = pytest.mark.storage
PAGES = ["/", "/endpoints/triage", "/endpoints/triage/versions/1"]
SAID = f"@1 does not load on {socket.gethostname()}: The artifact differs from its SHA-256."


@pytest.fixture
def part(database: Database) -> ArtifactPart:
    """The artifact of the only version of an endpoint, as it was stored; other bytes stand there now."""
    published.publish(database, team="lending")
    stored = ArtifactPart.objects.get(digest=Version.objects.get().manifest["artifacts"][0]["digest"])
    ArtifactPart.objects.filter(pk=stored.pk).update(data=b"not it")
    return stored


@pytest.fixture
def server(database: Database, part: ArtifactPart, tmp_path: Path) -> Iterator[Server]:
    """``flyball serve``, which does not load it and has said so."""
    server = Server(database.url, tmp_path)
    server.start()
    try:
        until(LoadFailure.objects.filter(code="artifact_corrupt").exists)  # others may come first
        yield server
    finally:
        server.kill()


def until(true: Callable[[], bool]) -> None:
    """Servers look twice a second."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def telling(browser: Browser, who: str = "viewer") -> list[str]:
    """The pages that say so."""
    client = browser(who)
    return [path for path in PAGES if SAID in client.get(path).content.decode()]


def test_the_console_says_it_until_the_artifact_is_mended(
    browser: Browser, server: Server, part: ArtifactPart
) -> None:
    assert telling(browser) == PAGES
    assert telling(browser, "stranger") == []
    (found,) = attention()
    assert (found.endpoint, found.code) == ("triage", "not_loaded")
    assert found.sentence == f"{SAID} Promote another, or go back: flyball rollback triage"
    part.save()
    published.key()  # something new is published: else it is tried again after half a minute
    until(lambda: not LoadFailure.objects.exists())
    assert telling(browser) == []
    assert attention() == []


def test_or_until_another_version_is_promoted(database: Database, browser: Browser, server: Server) -> None:
    published.publish(database, team="lending", version=2)
    until(lambda: not LoadFailure.objects.exists())
    assert telling(browser) == []


def test_what_a_killed_server_did_not_load_is_told_until_it_has_not_been_seen_for_long(
    browser: Browser, server: Server
) -> None:
    server.kill()
    assert telling(browser) == PAGES
    LoadFailure.objects.update(seen_at=F("seen_at") - UNSEEN)
    assert telling(browser) == []
    assert attention() == []


def test_several_processes_are_one_line(database: Database, connection: Any) -> None:
    published.publish(database)
    failure = Failure(endpoint="triage", version=1, code="internal", sentence="It broke.", since=now())
    for host in ("web-2", "web-1"):
        failures.write(database, connection, uuid4(), host, [failure], now())
    (found,) = attention()
    assert found.sentence.startswith("@1 does not load in 2 processes, one of them on web-1: It broke. ")
