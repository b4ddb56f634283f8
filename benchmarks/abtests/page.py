"""An A/B test's page over 10,000,000 predictions, on PostgreSQL: ``python -m benchmarks.abtests.page``."""

from __future__ import annotations

import argparse
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import mkdtemp
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from benchmarks.console.filling import anew, drop
from benchmarks.console.size import NAME, READER, TEAM
from benchmarks.machine import processor
from benchmarks.publishing import apart, start_django
from benchmarks.tables import table, written

README = Path(__file__).parents[1] / "README.md"
COMMAND = "python -m benchmarks.abtests.page"
GOAL = 300
"""Milliseconds of the page, in the median."""
TIMES = 100
LOOKS = 400
"""As many as are kept of a test (``analysing.LOOKS``)."""
WHOLE = 10_000_000
SOME = 100_000
"""Predictions, and of the short run."""
COUNTED = 10
"""One of so many predictions is counted by the look: what the page reads is as large then as after all."""


class Filled(NamedTuple):
    """How many rows there are, and how many of them one look counted, in which time (s).

    ``work`` is for how much of that this process was at work.
    """

    predictions: int
    outcomes: int
    counted: int
    units: int
    seconds: float
    work: float


class Asked(NamedTuple):
    """Milliseconds of a page, for how many of them this process was at work, and its queries."""

    median: float
    p99: float
    work: float
    queries: int


def main() -> None:
    """Fill a database of its own, look at the test once, ask its pages, and take the database away."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the rows; writes nothing")
    options = parser.parse_args()
    url = _url()
    folder = Path(mkdtemp(prefix="flyball-abtests-"))
    try:
        filled = apart(fill, folder, url, SOME if options.quick else WHOLE)
        print(_facts(filled), flush=True)
        asked = apart(ask, folder, url)
    finally:
        drop(url)
        shutil.rmtree(folder)
    block = f"{_pages(asked)}\n\n{_facts(filled)}"
    print(block)
    if not options.quick:
        README.write_text(written(README.read_text(), {"abtests": block}, by=COMMAND))


def fill(folder: Path, url: str, predictions: int) -> Filled:
    """The endpoint with a champion and a challenger, a test of them, and its traffic, looked at."""
    anew(url)
    start_django(folder, url)
    from django.core.management import call_command

    from benchmarks.abtests import traffic
    from benchmarks.console import multiplied, pattern
    from benchmarks.console.tested import looked
    from flyball.control.abtests import analysing
    from flyball.control.abtests.judging.summarising import added
    from flyball.control.abtests.models import Exposure
    from flyball.control.routing.models import Outcome

    call_command("migrate", verbosity=0)
    made = pattern.make(folder)
    multiplied.like(made.version, number=2, manifest={**made.version.manifest, "number": 2}).save()
    _reader()
    since = traffic.began_at()
    test = _started(since)
    until = traffic.fill(NAME, f"{NAME} 1", predictions)
    began, worked = time.perf_counter(), time.process_time()
    analysing.look(test=test, moment=since + (until - since) / COUNTED)
    seconds, work = time.perf_counter() - began, time.process_time() - worked
    looked(test)
    counted, units = added(test).total("", "predictions"), Exposure.objects.filter(test=test).count()
    return Filled(predictions, Outcome.objects.count(), counted, units, seconds, work)


def _reader() -> None:
    from django.contrib.auth import get_user_model

    from flyball.control.accounts.models import Membership
    from flyball.control.accounts.services import ensure_team

    user: Any = get_user_model()
    reader = user.objects.create(username=READER)
    Membership.objects.create(user=reader, team=ensure_team(slug=TEAM), role="owner")


def _started(since: datetime) -> Any:
    """A test that has been in force from then on."""
    from flyball.control.abtests import services
    from flyball.control.abtests.asking import Arm, Asked, Guard
    from flyball.control.routing.models import RouteRevision

    asked = Asked(
        challengers=[Arm(2)],
        metric="outcome",
        secondary=["accuracy", "roc_auc", "log_loss"],
        guardrails=[Guard("latency_p99", 0.01)],
        within=3600.0,
    )
    test = services.start(endpoint=NAME, asked=asked).test
    RouteRevision.objects.filter(endpoint_id=NAME).update(created_at=since)
    test.created_at = since
    test.save(update_fields=["created_at"])
    return test


def ask(folder: Path, url: str) -> dict[str, Asked]:
    """The pages of the test, each a hundred times, through the whole of Django."""
    start_django(folder, url)
    from django.contrib.auth import get_user_model
    from django.test import Client

    from benchmarks.console.pattern import declare

    declare(folder)
    client: Any = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.get(username=READER))
    own = f"/endpoints/{NAME}"
    pages = (f"{own}/tests/1", f"{own}/tests/1.json", f"{own}/tests/1.csv", f"{own}/tests", own)
    return {page: _asked(client, page) for page in pages}


def _asked(client: Any, page: str) -> Asked:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:  # also what a process does once
        status = client.get(page).status_code
    number = len(queries)
    if status != 200:
        raise SystemExit(f"{page} was answered with {status}.")
    took, work = [], []
    for _ in range(TIMES):
        began, worked = time.perf_counter(), time.process_time()
        client.get(page)
        took.append((time.perf_counter() - began) * 1000)
        work.append((time.process_time() - worked) * 1000)
    return Asked(median(took), quantiles(took, n=100)[-1], median(work), number)


def _url() -> str:
    beside = os.environ.get("FLYBALL_TEST_POSTGRES")
    if not beside:
        raise SystemExit("FLYBALL_TEST_POSTGRES names no PostgreSQL.")
    parts = urlsplit(beside)
    return urlunsplit(parts._replace(path=f"{parts.path}_abtests"))


def _pages(asked: dict[str, Asked]) -> str:
    rows = [[f"`{page}`", *(f"{one:.0f}" for one in each)] for page, each in asked.items()]
    return table(["page", "median ms", "p99 ms", "of the processor ms", "queries"], rows)


def _facts(filled: Filled) -> str:
    machine = f"{processor()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}"
    return (
        f"{filled.predictions:,} predictions of one endpoint, {filled.outcomes:,} outcomes, {LOOKS} looks, "
        f"five metrics; PostgreSQL, {machine}. One look that counted {filled.counted:,} predictions of "
        f"{filled.units:,} units took {filled.seconds:,.0f} s, {filled.work:,.0f} s of them at work here: "
        f"{filled.counted / filled.seconds:,.0f} predictions a second. Goal: under {GOAL} ms."
    )


if __name__ == "__main__":
    main()
