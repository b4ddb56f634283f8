"""``flyball diagnose``: where a version is good and where not, on rows that it has not learned from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flyball.cli.command import command
from flyball.cli.following.jobs import failure, follow
from flyball.cli.printing.output import Output
from flyball.cli.printing.table import cell
from flyball.domain.delimited import inert_line

if TYPE_CHECKING:
    from flyball.control.diagnostics.models import Diagnosis
    from flyball.control.registry.models import Version

SLICES = ("field", "slice", "rows", "score", "lower", "upper")
WORST = 5
"""Slices that are shown."""


@command
@click.argument("versions", nargs=-1, required=True, metavar="VERSION...")
@click.option("--on", help="Another version, whose held-out rows are asked about; else the first one's.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for every table (CSV) and chart (SVG, PNG).",
)
@click.option("--again", is_flag=True, help="Compute anew what is there already.")
@click.option("--inline", is_flag=True, help="Compute in this process; no worker is needed.")
@click.option("--detach", is_flag=True, help="Print the job, and do not follow it.")
def diagnose(
    output: Output,
    *,
    versions: tuple[str, ...],
    on: str | None,
    out: Path | None,
    again: bool,
    inline: bool,
    detach: bool,
) -> None:
    """Diagnose VERSION (such as income@3): scores, curves, slices and what its answers hang on.

    It is asked about the rows that its build has held out, which no fold has seen. A worker does that as a
    job, once: what is there already is shown. With --out every table is written as CSV, and every chart as
    SVG and PNG. Several versions of one endpoint are asked about the same rows, the first one's, and laid
    over each other in tables and charts.

    Examples:
      flyball diagnose income@3 --out diagnostics
      flyball diagnose income@3 income@4 --out diagnostics
      flyball diagnose income@2 --on income@3
    """
    from flyball.control.diagnostics import selectors
    from flyball.control.routing.selectors import resolve

    if inline and detach:
        raise click.UsageError("--inline asks for no job: it does not go with --detach.")
    wanted = [resolve(each, default="newest") for each in versions]
    base = wanted[0] if on is None else resolve(on, default="newest")
    if {each.endpoint_id for each in wanted} != {base.endpoint_id}:
        raise click.UsageError("All are versions of one endpoint.")
    found: dict[Version, Diagnosis] = {}
    for each in dict.fromkeys(wanted):
        made = _made(output, each, base, again=again, inline=inline, detach=detach)
        if made is not None:
            found[each] = made
    if not found:
        return
    if out is not None:
        _write(out, base, found)
    documents = [selectors.document(made) for made in found.values()]
    document = documents[0] if len(documents) == 1 else {"diagnoses": documents}
    output.result(document, "\n".join(_lines(base, found, out)))
    slices = list(_worst(found))
    if slices and not output.as_json:
        output.table(slices, SLICES if len(found) == 1 else ("version", *SLICES), empty="")


def _made(
    output: Output, version: Version, on: Version, *, again: bool, inline: bool, detach: bool
) -> Diagnosis | None:
    """The diagnosis, computed; ``None`` where it is not waited for."""
    from flyball.control.diagnostics import selectors
    from flyball.control.diagnostics.jobs import diagnose_here
    from flyball.control.diagnostics.services import ask_diagnosis

    known = selectors.of(version, on)
    if known is not None and known.done_at is not None and not again and not selectors.is_live(known):
        return known
    if inline:
        return diagnose_here(version=version, on=on)
    asked, _ = ask_diagnosis(version=version, on=on, again=again)
    if asked.job is None:
        return asked
    if detach:
        output.result(selectors.document(asked), str(asked.job.pk))
        return None
    if (error := failure(follow(output, asked.job))) is not None:
        raise error
    return selectors.of(version, on)


def _write(folder: Path, on: Version, found: Mapping[Version, Diagnosis]) -> None:
    """Every table, and every chart where there is what draws them; those of several over each other."""
    from importlib.util import find_spec

    from flyball.control.drawings import albums, services

    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(name for made in found.values() for name in made.found["tables"]):
        lines = "".join(inert_line(line) for line in _together(found, name))
        (folder / f"{name}.csv").write_text(lines, encoding="utf-8", newline="")
    if find_spec("vl_convert") is None:
        return
    about = f"{', '.join(map(str, found))}, on the rows held out from {on}"
    drawn = {f"@{version.number}": made.found for version, made in found.items()}
    charts = albums.charts("diagnosis", found=drawn, task=on.manifest["task"], about=about)
    for name, document in charts.items():
        written = services.written(document)
        (folder / f"{name}.svg").write_text(services.svg_of(written), encoding="utf-8")
        (folder / f"{name}.png").write_bytes(services.png_of(written))


def _together(found: Mapping[Version, Diagnosis], name: str) -> Iterator[list[Any]]:
    """The lines of a table: of several versions, each row with its own, and columns that any of them has."""
    known = {version: made.found["tables"].get(name) for version, made in found.items()}
    tables = {version: table for version, table in known.items() if table is not None}
    columns = list(dict.fromkeys(column for table in tables.values() for column in table["columns"]))
    are_several = len(found) > 1
    yield ["version", *columns] if are_several else columns
    for version, table in tables.items():
        for row in table["rows"]:
            values = dict(zip(table["columns"], row, strict=True))
            cells = [values.get(column) for column in columns]
            yield [str(version), *cells] if are_several else cells


def _lines(on: Version, found: Mapping[Version, Diagnosis], out: Path | None) -> Iterator[str]:
    from flyball.control.diagnostics import selectors

    for version, made in found.items():
        yield f"{version} on {made.found['rows']:,} rows held out from {on}, in {made.seconds or 0:.1f} s"
        for score in selectors.table(made, "score"):
            yield f"  {score['metric']} {cell(score['score'])}{_interval(score)}"
        if made.found["may_know"]:
            yield f"  {version} may have learned from some of these rows: its scores are then too good."
        yield from (f"  no {name.replace('_', ' ')}: {why}" for name, why in made.found["lacking"].items())
    if out is not None:
        yield f"  Tables and charts are in {out}."
    if any(_worst(found)):
        yield "  The worst slices:"


def _worst(found: Mapping[Version, Diagnosis]) -> Iterator[dict[str, Any]]:
    """The worst slices of each version, for the terminal."""
    from flyball.control.diagnostics import selectors

    for version, made in found.items():
        yield from ({"version": str(version), **each} for each in selectors.table(made, "slices")[:WORST])


def _interval(score: dict[str, Any]) -> str:
    low, high = score["lower"], score["upper"]
    return "" if low is None else f", 95 % interval {cell(low)} to {cell(high)}"
