"""``flyball snapshot``: freeze the instance table."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from flyball.cli.command import command
from flyball.cli.output import Output
from flyball.cli.rounds import take


@command
@click.argument("endpoint")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Copy the Parquet file here.")
def snapshot(output: Output, *, endpoint: str, out: Path | None) -> None:
    """Join rows, feature tables and recorded outcomes of ENDPOINT, and freeze them.

    A snapshot is named by the SHA-256 of its content: taken again unchanged, it is the same one.

    Examples:
      flyball snapshot income
      flyball snapshot income --out rows.parquet
    """
    from flyball.control.datasets.selectors import snapshot_path
    from flyball.control.declarations.discovery import find

    taken = take(output, find(endpoint))
    if out:
        shutil.copyfile(snapshot_path(taken), out)
    document = {
        "endpoint": endpoint,
        "digest": taken.digest,
        "rows": taken.row_count,
        "outcomes": taken.outcome_count,
        "file": str(out or snapshot_path(taken)),
        "schema": taken.schema,
    }
    output.result(document, str(document["file"]))
