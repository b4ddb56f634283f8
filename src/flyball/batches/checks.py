"""Declared batches as Django system checks: their rows and their files, against the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage

from flyball.batches.buckets import EXPECTED, is_odd
from flyball.batches.declared import source_of
from flyball.batches.formats import KNOWN, format_of
from flyball.control.datasets.sources import file_source, model_source
from flyball.control.declarations import checks as declarations
from flyball.control.declarations import discovery
from flyball.domain.batches.declared import Batch
from flyball.domain.batches.faults import BATCHES
from flyball.domain.declaration import Endpoint, Fault, declared
from flyball.domain.errors import DataError
from flyball.snapshots.source import Source


def check_batches(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """Every fault of the batches of declarations that are in order by themselves. Reads no rows."""
    discovery.load()
    return [message for endpoint in declared() for message in check(endpoint)]


def check(endpoint: type[Endpoint]) -> list[CheckMessage]:
    """The faults of one declaration's batches, where reading it alone finds none."""
    if declarations.check(endpoint):
        return []
    found = [message for batch in endpoint.batches for message in _found(endpoint, batch)]
    return [declarations.message_of(endpoint, each) if isinstance(each, Fault) else each for each in found]


def _found(endpoint: type[Endpoint], batch: Batch) -> Iterator[Fault | CheckMessage]:
    place = f"batch {batch.name!r}"
    if format_of(batch.out) is None:
        hint = f"Name a file that ends with {KNOWN}."
        yield Fault(BATCHES, "batches", f"{place} has an out of no format that is written here", hint)
    if is_odd(batch.out):
        yield Fault(BATCHES, "batches", f"{place} has an out that is no file", f"Name {EXPECTED}.")
    try:
        source = source_of(endpoint, batch, endpoint.request_columns() or ())
        if source.origin.model:
            _look_at_model(source)
        elif source.origin.file and not file_source.is_there(source):
            hint = "The batch needs it; servers do not."
            yield checks.Warning(
                f"{source.place}: there is no such file here.", hint=hint, obj=endpoint, id="flyball.W002"
            )
    except DataError as error:
        yield checks.Error(error.detail, obj=endpoint, id=f"flyball.{BATCHES}")


def _look_at_model(source: Source) -> None:
    model = model_source.model_of(source)
    for name in model_source.columns(source, model)[0]:
        model_source.column_type(source, model, name)
    model_source.rows(source, model)
