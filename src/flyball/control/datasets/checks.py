"""Declarations as Django system checks: ``E001``… from reading them, ``E021``… against the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import autodiscover_modules

from flyball.control.datasets import django_source, file_source
from flyball.control.datasets.plan import Source, chosen, rows_source, table_source
from flyball.domain.declaration import METRICS, Endpoint, Fault, declared
from flyball.domain.errors import DataError
from flyball.domain.faults import faults, strangers

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
    found = [_error(endpoint, fault) for fault in (*faults(endpoint), *_metric(endpoint))]
    return found or [*_sources(endpoint), *_writable(endpoint)]


def _error(endpoint: type[Endpoint], fault: Fault) -> CheckMessage:
    said = f"{endpoint.__name__}.{fault.attribute} {fault.message}."
    return Error(said, hint=fault.hint, obj=endpoint, id=f"flyball.{fault.code}")


def _metric(endpoint: type[Endpoint]) -> Iterator[Fault]:
    own, metric = METRICS[endpoint.task], endpoint.metric
    if metric not in own and (endpoint.task == "clustering" or not _is_scorer(metric)):
        near = get_close_matches(str(metric), own, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Use one of {', '.join(own)}."
        yield Fault("E025", "metric", f"is no metric of {endpoint.task}", hint)


def _is_scorer(metric: Any) -> bool:
    """Whether scikit-learn has it and no task of ours. Asked last: loading it takes a second or two."""
    if any(metric in names for names in METRICS.values()):
        return False
    try:
        from sklearn.metrics import get_scorer_names
    except ModuleNotFoundError:
        return False
    return metric in get_scorer_names()


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
        yield from (_error(endpoint, fault) for fault in strangers(endpoint, features))


def _absent(source: Source, endpoint: type[Endpoint]) -> CheckMessage:
    """A warning only: a host that serves and migrates has no need of the file that snapshots are taken of."""
    return checks.Warning(
        f"{source.place}: there is no such file here.",
        hint="Snapshots and flyball check need it; servers do not.",
        obj=endpoint,
        id="flyball.W002",
    )


def _model(source: Source) -> Sequence[str]:
    settled, model = django_source.settle(source)
    names, features = django_source.columns(settled, model)
    for name in names:
        django_source.physical(settled, model, name)
    return features


def _file(source: Source) -> Sequence[str]:
    return chosen(source, file_source.names(source))[1]


def _query(source: Source) -> Sequence[str] | None:
    """What a query gives is seen when it runs; a check needs no database."""
    if source.key is None:
        raise source.fail("has no key.", 'Name the column that identifies a row: key="id".')
    return source.columns


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
