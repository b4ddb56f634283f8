"""Builds as commands run them, with a bar that follows their trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.following.progress import steps
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.datasets.models import Snapshot
    from flyball.control.registry.models import Build
    from flyball.domain.declaration import Endpoint
    from flyball.learning.selection import Progress


def run_build(output: Output, declaration: type[Endpoint], snapshot: Snapshot) -> Build:
    """A build on a snapshot, run to its end."""
    from flyball.control.registry import services

    with steps(output) as bar:
        bar.at(f"{declaration.name}: building")

        def report(progress: Progress) -> None:
            bar.at(f"{declaration.name}: {progress.candidate}", progress.trial, progress.trials)

        asked = services.request_build(declaration=declaration, snapshot=snapshot)
        return services.run_build(build=asked, declaration=declaration, report=report)
