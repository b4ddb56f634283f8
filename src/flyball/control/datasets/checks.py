"""Declarations as Django system checks: their sources, against the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage, Error

from flyball.config import doubt_of_home
from flyball.control.datasets import places
from flyball.control.datasets.sources import file_source, model_source
from flyball.control.declarations import checks as declarations
from flyball.control.declarations import discovery
from flyball.domain.declaration import Endpoint, declared
from flyball.domain.errors import DataError
from flyball.domain.faults import unknown_names
from flyball.snapshots.source import Source, chosen, rows_source, table_source


def check_sources(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """Every fault of the sources of declarations that are in order by themselves. Reads no rows."""
    discovery.load()
    sound = [endpoint for endpoint in declared() if not declarations.check(endpoint)]
    return [message for endpoint in sound for message in _against_project(endpoint)]


def check_home(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """Whether other users of this machine can look into Flyball's home."""
    doubt = doubt_of_home(places.home())
    return [checks.Warning(doubt, id="flyball.W003")] if doubt else []


def check(endpoint: type[Endpoint]) -> list[CheckMessage]:
    """The faults of one declaration: its sources are looked at only where reading it alone finds none."""
    return declarations.check(endpoint) or _against_project(endpoint)


def _against_project(endpoint: type[Endpoint]) -> list[CheckMessage]:
    return [*_sources(endpoint), *_chosen(endpoint), *_writable(endpoint)]


def _sources(endpoint: type[Endpoint]) -> Iterator[CheckMessage]:
    features: set[str] = set()
    every = True
    for source in (rows_source(endpoint), *(table_source(endpoint, table) for table in endpoint.tables())):
        code, look = LOOKS[source.origin.kinds[0]]
        seen: Sequence[str] | None = None
        try:
            if source.origin.file and not file_source.is_there(source):
                yield _absent(source, endpoint)
            else:
                seen = look(source)
        except DataError as error:
            yield Error(error.detail, obj=endpoint, id=f"flyball.{code}")
        every = every and seen is not None
        features.update(seen or ())
    if every:  # else there may be features that cannot be seen from here
        yield from (declarations.message_of(endpoint, fault) for fault in unknown_names(endpoint, features))


def _absent(source: Source, endpoint: type[Endpoint]) -> CheckMessage:
    """A warning only: a host that serves and migrates has no need of the file that snapshots are taken of."""
    return checks.Warning(
        f"{source.place}: there is no such file here.",
        hint="Snapshots and flyball check need it; servers do not.",
        obj=endpoint,
        id="flyball.W002",
    )


def _model(source: Source) -> Sequence[str]:
    settled, model = model_source.settle(source)
    names, features = model_source.columns(settled, model)
    for name in names:
        model_source.column_type(settled, model, name)
    return features


def _file(source: Source) -> Sequence[str]:
    return chosen(source, file_source.names(source))[1]


def _query(source: Source) -> Sequence[str] | None:
    """What a query gives is seen when it runs; a check needs no database."""
    if source.key is None:
        raise source.fail("has no key.", 'Name the column that identifies a row: key="id".')
    return source.columns


LOOKS = {"model": ("E021", _model), "file": ("E022", _file), "query": ("E023", _query)}


def _chosen(endpoint: type[Endpoint]) -> Iterator[CheckMessage]:
    """What is wrong with the choice of a model's rows. A model that is not there is told as a source."""
    if not endpoint.rows.origin.model:
        return
    source = rows_source(endpoint)
    with suppress(DataError):
        model = model_source.model_of(source)
        try:
            model_source.rows(source, model)
        except DataError as error:
            yield Error(error.detail, obj=endpoint, id="flyball.E028")


def _writable(endpoint: type[Endpoint]) -> Iterator[CheckMessage]:
    for table in endpoint.tables():
        if not table.writable:
            continue
        source = table_source(endpoint, table)
        own = {field.attname for field in model_source.model_of(source)._meta.concrete_fields}
        for name in sorted(set(table.writable) - own):
            yield Error(
                f"{source.place}: writable names {name!r}, which is not a field of the model.",
                hint="Only the model's own fields can be written, not lookups.",
                obj=endpoint,
                id="flyball.E024",
            )
