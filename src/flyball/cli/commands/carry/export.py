"""``flyball export``: a version as a folder."""

from __future__ import annotations

from pathlib import Path

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


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
    export_version(version=wanted, folder=folder)
    output.result({"version": str(wanted), "folder": str(folder)}, f"{wanted} is in {folder}.")
