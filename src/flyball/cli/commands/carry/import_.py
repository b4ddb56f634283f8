"""``flyball import``: a folder as a version."""

from __future__ import annotations

from pathlib import Path

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.option("--endpoint", help="Register it under this endpoint, not the one it comes from.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_(output: Output, *, folder: Path, endpoint: str | None) -> None:
    """Register the version in FOLDER under the next number of its endpoint.

    The model is audited before anything is built from it, and must give its golden answers, in a process
    of its own that may take little and reach nothing: FLYBALL_IMPORT_MEMORY, FLYBALL_IMPORT_SECONDS. Types
    of one's own are trusted where the endpoint's declaration names them, never because the folder does.

    Examples:
      flyball import models/income
      flyball promote income@4
    """
    from flyball.control.routing.services import import_version

    version = import_version(folder=folder, endpoint=endpoint)
    output.result(
        {"version": str(version)}, f"{version} is registered. Promote it: flyball promote {version}"
    )


import_.name = "import"
