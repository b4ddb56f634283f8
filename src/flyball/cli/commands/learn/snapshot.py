"""``flyball snapshot``: freeze the instance table."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.following.snapshotting import take_snapshot
from flyball.cli.printing.output import Output
from flyball.cli.writing import refuse_no_place

SCHEMA = ("feature", "kind", "nullable", "values", "source")
"""The columns of a schema, as people see it."""
MOST_CATEGORIES = 20
"""Categories of one feature that are shown; programs get all."""


@command
@click.argument("endpoint")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Copy the Parquet file here.")
def snapshot(output: Output, *, endpoint: str, out: Path | None) -> None:
    """Join rows, feature tables and recorded outcomes of ENDPOINT, and freeze them.

    A snapshot is named by the SHA-256 of its content: taken again unchanged, it is the same one. The schema
    that was inferred from it is shown: what each feature is, and which values it has had.

    Examples:
      flyball snapshot income
      flyball snapshot income --out rows.parquet
    """
    from flyball.control.datasets.selectors import snapshot_path
    from flyball.control.declarations.discovery import find

    declaration = find(endpoint)
    refuse_no_place(out)
    taken = take_snapshot(output, declaration)
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
    output.note_table([_described(field) for field in taken.schema["fields"]], SCHEMA)
    output.result(document, str(document["file"]))


def _described(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field of the schema as people read it."""
    categories = field.get("categories") or ()
    values = ", ".join(map(str, categories[:MOST_CATEGORIES]))
    if len(categories) > MOST_CATEGORIES:
        values += f" and {len(categories) - MOST_CATEGORIES} more"
    if field.get("low") is not None:
        values = f"{field['low']:g} to {field['high']:g}"
    return {
        "feature": field["name"],
        "kind": field["kind"],
        "nullable": "yes" if field.get("nullable") else "no",
        "values": values,
        "source": field.get("source", "request"),
    }
