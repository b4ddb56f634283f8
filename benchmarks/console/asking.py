"""Every page of the console, asked in this process through the whole of Django, and timed."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.console.addresses import examples
from benchmarks.console.size import NAME, READER, TEAM
from benchmarks.publishing import start_django

TIMES = 20


class Asked(NamedTuple):
    """How long a page took (ms), for how long of it this process was at work; and how many queries."""

    median: float
    worst: float
    work: float
    queries: int


class Told(NamedTuple):
    """By the pages' addresses; and the most memory that the process had held before them, and then (MB)."""

    pages: dict[str, Asked]
    before: float
    memory: float


def ask(folder: Path, url: str) -> Told:
    """Ask them all as an owner of the big team. Raises ``SystemExit`` where a page is refused."""
    start_django(folder, url)
    from django.core.management import call_command

    from benchmarks.console.pattern import declare
    from flyball.console import urls

    call_command("migrate", verbosity=0)  # the database may have been filled by an earlier release
    declare(folder)  # some pages say what the code declares
    client, values = _reader(), _values()
    before, found = _memory(), {}
    for each in examples(urls.urlpatterns).values():
        for address in each:
            found[f"/{address}"] = _timed(client, "/" + address.format(**values))
    return Told(found, before, _memory())


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _reader() -> Any:
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.get(username=READER))
    return client


def _values() -> dict[str, Any]:
    """What stands in the addresses."""
    from flyball.console.frame import assets
    from flyball.control.abtests.models import ABTest
    from flyball.control.accounts import services
    from flyball.control.accounts.models import ApiKey, Membership, Team
    from flyball.control.datasets.models import Snapshot
    from flyball.control.declarations.models import Endpoint
    from flyball.control.jobs.models import Job
    from flyball.control.registry.models import Build, Version
    from flyball.control.routing.models import Prediction

    own = {"endpoint": NAME}
    predictions = Prediction.objects.filter(**own)
    withdrawn, invitation = services.invite(team=Team.objects.get(slug=TEAM), role="viewer")
    names = Endpoint.objects.values_list("name", flat=True)
    jobs = Job.objects.filter(**own).exclude(log="").order_by("pk")
    return {
        "endpoint": NAME,
        "middle": names[names.count() // 2],
        "version": Version.objects.filter(**own).order_by("number")[1].number,
        "diagnosed": _diagnosed(),
        "shadow": _shadow(),
        "build": Build.objects.filter(**own).latest("pk").pk,
        "test": ABTest.objects.get(endpoint_id=NAME).number,
        "backtest": _backtest(),
        "upload": _upload(),
        "digest": Snapshot.objects.filter(**own).latest("pk").digest,
        "prediction": predictions.latest("id").pk,
        "reference": predictions.exclude(reference=None).earliest("id").reference,
        "job": jobs[jobs.count() // 2].pk,
        "drawing": _drawing(jobs[0]),
        "invitation": invitation,
        "withdrawn": withdrawn.pk,
        "member": str(Membership.objects.filter(team__slug=TEAM).values_list("pk", flat=True).first()),
        "key": str(ApiKey.objects.filter(team__slug=TEAM).values_list("pk", flat=True).first()),
        "asset": assets.address("console.css").lstrip("/"),
    }


def _diagnosed() -> int:
    """The number of the version that was built, diagnosed."""
    from flyball.control.diagnostics.jobs import diagnose_here
    from flyball.control.registry.models import Version

    version = Version.objects.filter(endpoint_id=NAME).earliest("number")
    diagnose_here(version=version)
    return int(version.number)


def _shadow() -> int:
    """The number of a version that is a shadow, without answers as yet."""
    from flyball.control.registry.models import Version
    from flyball.control.shadows import selectors, services

    known = selectors.shadows(NAME).filter(ended_at=None).first()
    if known is not None:
        return int(known.version)
    number = int(Version.objects.filter(endpoint_id=NAME).order_by("number")[2].number)
    services.add_shadow(endpoint=NAME, version=number)
    return number


def _backtest() -> int:
    """The number of a backtest of two years with fifty labels."""
    from flyball.control.backtests.models import Backtest
    from flyball.domain.records import now

    row = {"answered": 900, "version": 900, "same": 800}
    rights = {"happened": 900, "answered_right": 700, "version_right": 710}
    week = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-08T00:00:00Z", "rows": 900}
    result = {
        "metric": "roc_auc",
        "scores": {"answered": 0.7, "version": 0.71, "rows": 45_000, "units": 9_000},
        "by_label": [{"label": f"label {place}", **row, **rights} for place in range(50)],
        "weeks": [{**week, "answered": 0.7, "version": 0.71}] * 104,
        "off_policy": {"reason": "There was no A/B test."},
        "examples": [],
    }
    moment = now()
    asked = {"endpoint_id": NAME, "version": 1, "start": moment, "end": moment}
    return int(Backtest.objects.create(**asked, done_at=moment, result=result).pk)


def _upload() -> int:
    """The number of a file of 14 columns, whose first rows are looked at."""
    from django.contrib.auth import get_user_model

    from flyball.control.asking import services
    from flyball.control.declarations.models import Endpoint

    content = "\n".join(",".join(f"value{place}" for place in range(14)) for _ in range(400)).encode()
    endpoint, reader = Endpoint.objects.get(name=NAME), get_user_model().objects.get(username=READER)
    upload = services.begin_upload(
        endpoint=endpoint, user=reader, name="rows.csv", size=len(content), language="en"
    )
    services.add_part(upload=upload, place=0, content=content)
    return int(upload.pk)


def _drawing(job: Any) -> str:
    """The digest of a drawing as large as that of 500 trials."""
    from flyball.control.drawings.models import Drawing

    digest, svg = "0" * 64, f'<svg xmlns="http://www.w3.org/2000/svg">{" " * 200_000}</svg>'
    kept = {"digest": digest, "document": "{}", "svg": svg, "png": bytes(60_000), "job": job}
    Drawing.objects.update_or_create(endpoint_id=NAME, subject="timed", defaults=kept)
    return digest


def _timed(client: Any, address: str) -> Asked:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:  # also what a process does once
        status = _get(client, address).status_code
    number = len(queries)  # the next request forgets them
    if status != 200:
        raise SystemExit(f"{address} was answered with {status}.")
    took, work = [], []
    for _ in range(TIMES):
        began, worked = time.perf_counter(), time.process_time()
        _get(client, address)
        took.append((time.perf_counter() - began) * 1000)
        work.append((time.process_time() - worked) * 1000)
    return Asked(median(took), max(took), median(work), number)


def _get(client: Any, address: str) -> Any:
    """The answer; of a file, its beginning: the rest takes as long as it has rows."""
    answer = client.get(address)
    if answer.streaming:
        next(iter(answer))
    return answer
