"""Snapshots and builds of endpoints that a test declares: applied first, as a release would."""

from __future__ import annotations

from typing import Any

from flyball.control.datasets import services as datasets
from flyball.control.datasets.models import Snapshot
from flyball.control.declarations.services import record
from flyball.control.registry import services as registry
from flyball.control.registry.models import Build
from flyball.domain.declaration import Endpoint


def take_snapshot(declaration: type[Endpoint], **options: Any) -> Snapshot:
    """A snapshot of an endpoint that is applied first."""
    record(declaration=declaration)
    return datasets.take_snapshot(declaration=declaration, **options)


def build(declaration: type[Endpoint], snapshot: Snapshot, **options: Any) -> Build:
    """A build on a snapshot, asked for and run."""
    asked = registry.request_build(declaration=declaration, snapshot=snapshot)
    return registry.run_build(build=asked, declaration=declaration, **options)
