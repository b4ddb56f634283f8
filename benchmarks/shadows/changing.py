"""What the run changes in its database, in processes of their own: Django knows one database a process."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import msgspec

from benchmarks.publishing import start_django
from flyball.learning.package import Package

SETTINGS = "benchmarks.shadows.settings"
KINDS = {"sleeping": (2, 3), "computing": (4, 5)}
"""Which slow model is which versions: one a load, since jobs of one shadow may begin minutes apart."""
PATIENCE = 120.0


def prepare(folder: Path, url: str, package: Package) -> None:
    """More versions of the endpoint, each with a slow model."""
    start_django(folder, url)
    from flyball.control.registry.models import Version

    for runtime, number in [(kind, each) for kind, numbers in KINDS.items() for each in numbers]:
        slow = replace(package.manifest.answering, runtime=runtime)
        manifest = replace(package.manifest, number=number, artifacts=(slow,), golden=())
        Version.objects.create(
            endpoint_id=manifest.endpoint, number=number, manifest=msgspec.to_builtins(manifest), facts={}
        )


def arm(folder: Path, url: str, endpoint: str, version: int, is_shadow: bool) -> None:
    """Make a version a shadow, or one no more."""
    _start(folder, url, endpoint)
    from flyball.control.shadows import services

    change = services.add_shadow if is_shadow else services.remove_shadow
    change(endpoint=endpoint, version=version)


def asked(folder: Path, url: str, endpoint: str, version: int) -> int:
    """How many predictions the shadow has been asked about."""
    _start(folder, url, endpoint)
    from flyball.control.shadows import selectors

    return next(int(each["asked"]) for each in selectors.documents(endpoint) if each["version"] == version)


def wait_until(folder: Path, url: str, endpoint: str, version: int, is_running: bool) -> None:
    """Until a job asks the shadow, and has asked; or until none does. Raises ``RuntimeError``."""
    _start(folder, url, endpoint)
    from flyball.control.jobs.models import Job
    from flyball.control.shadows.models import ShadowAnswer

    before, deadline = ShadowAnswer.objects.count(), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        runs = Job.objects.filter(kind="shadow", status=Job.Status.RUNNING).exists()
        if runs == is_running and (not is_running or ShadowAnswer.objects.count() > before):
            return
        time.sleep(0.2)
    raise RuntimeError("The job of the shadow does not begin, or does not end.")


def _start(folder: Path, url: str, endpoint: str) -> None:
    start_django(folder, url)
    import benchmarks.shadows.slow  # noqa: F401 - names the runtimes
    from flyball import Classification, Rows

    type("Declared", (Classification,), {"name": endpoint, "rows": Rows("rows.csv"), "__module__": __name__})
    os.environ["FLYBALL_LOG_LEVEL"] = "ERROR"
