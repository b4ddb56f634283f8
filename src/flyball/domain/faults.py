"""What can be seen wrong in a declaration by reading it alone: each rule is one small function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from flyball.domain.declaration import (
    CATALOGUE,
    KINDS,
    Candidate,
    Endpoint,
    Fault,
    FeatureTable,
    Outcome,
    RequestSource,
    Rows,
    Threshold,
)

Declared = type[Endpoint]


def faults(endpoint: Declared) -> list[Fault]:
    """Everything wrong with one declaration. Later rules run only where what they read is in order."""
    found = [fault for rule in BASIC for fault in rule(endpoint)]
    return found or [fault for rule in DETAILED for fault in rule(endpoint)]


def _name(endpoint: Declared) -> Iterator[Fault]:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", endpoint.name):
        yield Fault("E001", "name", "is not a name", "Use lower-case letters, digits and _, at most 63.")


def _rows(endpoint: Declared) -> Iterator[Fault]:
    if not isinstance(endpoint.rows, Rows):
        yield Fault("E002", "rows", "is missing", 'Say what one training row is: rows = Rows("loans.Loan").')
    elif len(endpoint.rows.origin.kinds) != 1:
        yield Fault("E002", "rows", "needs one source", "Give a model, a file, or query=, and only one.")


def _features(endpoint: Declared) -> Iterator[Fault]:
    for source in endpoint.features or ():
        if not isinstance(source, RequestSource | FeatureTable):
            yield Fault("E003", "features", "holds something else", "Use RequestSource and FeatureTable.")


def _outcome(endpoint: Declared) -> Iterator[Fault]:
    if endpoint.task == "clustering":
        if endpoint.outcome is not None:
            yield Fault("E004", "outcome", "has no place in clustering", "Leave it out.")
    elif not isinstance(endpoint.outcome, Outcome):
        yield Fault("E004", "outcome", "is missing", 'Say what is predicted: outcome = Outcome("status").')


def _tables(endpoint: Declared) -> Iterator[Fault]:
    names: set[str] = set()
    for table in endpoint.tables():
        if table.name in names or table.name == "request":
            yield Fault("E005", "features", f"has two tables {table.name!r}", "Give each its own name.")
        names.add(table.name)
        if len(table.origin.kinds) != 1:
            hint = "Give model=, query= or file=, and only one."
            yield Fault("E006", "features", f"table {table.name!r} needs one source", hint)
        if table.writable and not table.origin.model:
            hint = "Only the fields of a Django model can be written."
            yield Fault("E007", "features", f"table {table.name!r} is not writable", hint)


def _time(endpoint: Declared) -> Iterator[Fault]:
    for table in endpoint.tables():
        if table.static and table.event_time:
            hint = "A static table never changes; drop static=True or event_time."
            yield Fault("E008", "features", f"table {table.name!r} is static and has an event time", hint)
        if endpoint.rows.time and not table.static and not table.event_time:
            hint = "Rows overwritten in place leak the future: name event_time=, or say static=True."
            yield Fault("E009", "features", f"table {table.name!r} has no event time", hint)


def _columns(endpoint: Declared) -> Iterator[Fault]:
    requested = endpoint.request_columns() or ()
    every = [*requested, *(column for table in endpoint.tables() for column in table.columns or ())]
    for column in sorted({column for column in every if every.count(column) > 1}):
        yield Fault("E010", "features", f"names {column!r} twice", "Each feature comes from one source.")
    if endpoint.outcome is not None and endpoint.outcome.column in every:
        yield Fault("E011", "features", "holds the outcome", "The outcome is not known when predicting.")


def _maturity(endpoint: Declared) -> Iterator[Fault]:
    if endpoint.outcome is None:
        return
    try:
        maturity = endpoint.outcome.maturity
    except ValueError as error:
        yield Fault("E012", "outcome", "has a wrong matures_after", str(error))
        return
    if maturity and not endpoint.rows.time:
        yield Fault("E012", "outcome", "matures, but rows have no time", "Name Rows(time=…).")


def _decide(endpoint: Declared) -> Iterator[Fault]:
    if endpoint.decide is None:
        return
    if not isinstance(endpoint.decide, Threshold):
        hint = 'Use Threshold(0.3, at_or_above="refuse", below="accept").'
        yield Fault("E013", "decide", "is not a Threshold", hint)
    elif endpoint.task == "clustering":
        yield Fault("E013", "decide", "has no place in clustering", "Leave it out.")
    elif endpoint.task == "classification" and endpoint.outcome.positive is None:
        yield Fault("E013", "decide", "needs a positive class", "Name Outcome(…, positive=…).")


def _fields(endpoint: Declared) -> Iterator[Fault]:
    for name, field in endpoint.fields.items():
        if field.kind is not None and field.kind not in KINDS:
            hint = f"Use one of {', '.join(sorted(KINDS))}."
            yield Fault("E014", "fields", f"gives {name!r} no known kind", hint)
    if endpoint.unseen not in {"warn", "refuse"}:
        yield Fault("E014", "unseen", "is neither warn nor refuse", 'Use "warn" or "refuse".')


def _candidates(endpoint: Declared) -> Iterator[Fault]:
    names = [entry.name if isinstance(entry, Candidate) else entry for entry in endpoint.candidates]
    if not names:
        yield Fault("E015", "candidates", "is empty", 'Name at least one, such as "linear".')
    if len(set(names)) < len(names) or "baseline" in names:
        hint = "Give each candidate its own; baseline is taken."
        yield Fault("E015", "candidates", "has a name twice", hint)
    listed = [entry for entry in endpoint.candidates if isinstance(entry, str) and entry != "baseline"]
    for name in listed:
        if name not in CATALOGUE[endpoint.task]:
            hint = f"Use Candidate(…) or one of {', '.join(CATALOGUE[endpoint.task])}."
            yield Fault("E015", "candidates", f"has an unknown {name!r}", hint)


BASIC: tuple[Callable[[Declared], Iterator[Fault]], ...] = (_name, _rows, _features, _outcome)
DETAILED: tuple[Callable[[Declared], Iterator[Fault]], ...] = (
    _tables,
    _time,
    _columns,
    _maturity,
    _decide,
    _fields,
    _candidates,
)
