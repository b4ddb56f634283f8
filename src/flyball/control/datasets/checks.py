"""Declarations as Django system checks: ``E001``… from reading them, ``E021``… against the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import autodiscover_modules

from flyball.control.datasets import django_source, file_source
from flyball.control.datasets.plan import Source, chosen, rows_source, table_source
from flyball.domain.declaration import Endpoint, declared
from flyball.domain.errors import DataError
from flyball.domain.faults import faults

ZONES = checks.Warning(
    "USE_TZ is off: Flyball takes the database's moments as UTC.",
    hint="Set USE_TZ = True, or keep moments in UTC.",
    id="flyball.W001",
)


def check_declarations(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """Every fault of every declared endpoint; each message names class, attribute and fix. Reads no rows."""
    autodiscover_modules("endpoints")
    found = [message for endpoint in declared() for message in check(endpoint)]
    return found if settings.USE_TZ or not declared() else [*found, ZONES]


def check(endpoint: type[Endpoint]) -> list[CheckMessage]:
    """The faults of one declaration: its sources are looked at only where reading it alone finds none."""
    found: list[CheckMessage] = [
        Error(
            f"{endpoint.__name__}.{fault.attribute} {fault.message}.",
            hint=fault.hint,
            obj=endpoint,
            id=f"flyball.{fault.code}",
        )
        for fault in faults(endpoint)
    ]
    return found or [*_sources(endpoint), *_writable(endpoint)]


def _sources(endpoint: type[Endpoint]) -> Iterator[CheckMessage]:
    for source in (rows_source(endpoint), *(table_source(endpoint, table) for table in endpoint.tables())):
        code, look = LOOKS[source.origin.kinds[0]]
        try:
            if source.origin.file and not file_source.is_there(source):
                yield _absent(source, endpoint)
                continue
            look(source)
        except DataError as error:
            yield Error(error.detail, obj=endpoint, id=f"flyball.{code}")


def _absent(source: Source, endpoint: type[Endpoint]) -> CheckMessage:
    """A warning only: a host that serves and migrates has no need of the file that snapshots are taken of."""
    return checks.Warning(
        f"{source.place}: there is no such file here.",
        hint="Snapshots and flyball check need it; servers do not.",
        obj=endpoint,
        id="flyball.W002",
    )


def _model(source: Source) -> None:
    settled, model = django_source.settle(source)
    for name in django_source.columns(settled, model)[0]:
        django_source.physical(settled, model, name)


def _file(source: Source) -> None:
    chosen(source, file_source.names(source))


def _query(source: Source) -> None:
    """What a query gives is seen when it runs; a check needs no database."""
    if source.key is None:
        raise source.fail("has no key.", 'Name the column that identifies a row: key="id".')


LOOKS = {"model": ("E021", _model), "file": ("E022", _file), "query": ("E023", _query)}


def _writable(endpoint: type[Endpoint]) -> Iterator[CheckMessage]:
    for table in endpoint.tables():
        if not table.writable:
            continue
        source = table_source(endpoint, table)
        own = {field.attname for field in django_source.model_of(source)._meta.concrete_fields}
        for name in sorted(set(table.writable) - own):
            yield Error(
                f"{source.place}: writable names {name!r}, which is no field of the model.",
                hint="Only the model's own fields can be written, not lookups.",
                obj=endpoint,
                id="flyball.E024",
            )
