"""``flyball score``: the answers to a whole file, by a job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flyball.cli.command import command
from flyball.cli.following.jobs import failure, follow
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.batches.models import Batch
    from flyball.batches.options import Options


@command
@click.argument("endpoint")
@click.argument("source")
@click.option("--out", default="", help="Where the answers go; a folder of parts, ending with a slash.")
@click.option("--rejects", default="", help="Where rows that do not fit are told (CSV); beside --out.")
@click.option("--version", "number", type=int, help="Ask this version instead of the champion.")
@click.option("--reference", default="", help="The column that holds your own ids.")
@click.option("--as-of", default="", help="The column of each row's moment: features as they were then.")
@click.option("--keep", multiple=True, help="A column that goes along; all, if left out.")
@click.option("--record", is_flag=True, help="Record each answer, so that outcomes can bind.")
@click.option("--max-rejects", type=click.IntRange(0), help="More rows that do not fit fail the job.")
@click.option("--chunk-rows", type=click.IntRange(1, 1_000_000), help="Rows of a chunk (65,536).")
@click.option("--detach", is_flag=True, help="Print its number, and do not follow it.")
def score(
    output: Output,
    *,
    endpoint: str,
    source: str,
    out: str,
    rejects: str,
    number: int | None,
    reference: str,
    as_of: str,
    keep: tuple[str, ...],
    record: bool,
    max_rejects: int | None,
    chunk_rows: int | None,
    detach: bool,
) -> None:
    """Answer all rows of SOURCE by ENDPOINT, as a job of workers that is followed to its end.

    SOURCE is a file, or the name of a batch that the endpoint declares: that has its own --out. Parquet, CSV
    and NDJSON (also packed, .gz) come in and go out; names tell which. The version is settled at the start.
    Rows that do not fit are told in a file of their own, with row, field and reason.

    Examples:
      flyball score income people.parquet --out answers.parquet
      flyball score income people.csv.gz --out answers.csv --reference id --record
      flyball score income s3://data/people.parquet --out s3://data/answers.parquet
      flyball score income active
    """
    from flyball.batches import selectors
    from flyball.batches.options import CHUNK, Options

    options = Options(
        rejects=rejects and _absolute(rejects),
        reference=reference,
        as_of=as_of,
        keep=keep or None,
        record=record,
        max_rejects=max_rejects,
        chunk_rows=chunk_rows or CHUNK,
    )
    made = _asked(endpoint, source, out, number, options)
    if detach:
        output.result(selectors.document(made), str(made.pk))
    else:
        _follow(output, made, out or made.out)


def _asked(endpoint: str, source: str, out: str, number: int | None, options: Options) -> Batch:
    """The batch of a file, or of the declared rows that have such a name."""
    from flyball.batches.options import Options as Plain
    from flyball.batches.services import ask_batch, ask_declared
    from flyball.control.declarations import discovery
    from flyball.domain.schedules import is_name

    there = out and _absolute(out)
    if not is_name(source):
        if not out:
            raise click.UsageError("Say where the answers go: --out answers.parquet")
        return ask_batch(
            endpoint=endpoint, source=_absolute(source), out=there, version=number, options=options
        )
    if options != Plain():
        raise click.UsageError("A batch is declared with its options: only --out and --version may be given.")
    return ask_declared(declaration=discovery.find(endpoint), name=source, out=there, version=number)


def _follow(output: Output, made: Batch, out: str) -> None:
    from flyball.batches import selectors

    assert made.job is not None  # noqa: S101 - it was just asked for
    if (error := failure(follow(output, made.job))) is not None:
        raise error
    found = selectors.document(selectors.batch(made.endpoint_id, made.pk))
    said = f"{found['answered']:,} of {found['rows']:,} rows are answered in {out}."
    if found["rejected"]:
        said += f" {found['rejects']} says why the others are not."
    output.result(found, said)


def _absolute(path: str) -> str:
    """The same for a worker, which is somewhere else; a slash at its end stays, and so does ``s3://…``."""
    from flyball.batches.buckets import is_remote

    if is_remote(path):
        return path
    return f"{Path(path).absolute()}{'/' if path.endswith('/') else ''}"
