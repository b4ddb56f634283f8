"""``flyball export`` and ``import``: a version as a folder, for git or for another server."""

from __future__ import annotations

from pathlib import Path

import click

from flyball.cli.command import command
from flyball.cli.output import Output


@command
@click.argument("version")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(output: Output, *, version: str, folder: Path) -> None:
    """Write VERSION (such as income@3) to FOLDER: its model, and everything that is known of it.

    Examples:
      flyball export income@champion models/income
    """
    from flyball.control.registry.services import export_version
    from flyball.control.routing.selectors import resolve

    wanted = resolve(version)
    export_version(wanted, folder)
    output.result({"version": str(wanted), "folder": str(folder)}, f"{wanted} is in {folder}.")


@command
@click.option("--endpoint", help="Register it under this endpoint, not the one it comes from.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_(output: Output, *, folder: Path, endpoint: str | None) -> None:
    """Register the version in FOLDER under the next number of its endpoint.

    The model is audited before anything is built from it, and must give its golden answers here.
    Types of one's own are trusted where the endpoint's declaration names them, never because the
    folder does.

    Examples:
      flyball import models/income
      flyball promote income@4
    """
    from flyball.control.routing.services import import_version

    version = import_version(folder, endpoint=endpoint)
    output.result(
        {"version": str(version)}, f"{version} is registered. Promote it: flyball promote {version}"
    )


import_.name = "import"
