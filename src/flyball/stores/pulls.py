"""Outcomes pulled from the rows' own table: which prediction a row belongs to, and what is new of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flyball.domain.records import Outcome, entity_key
from flyball.domain.values import Scalar
from flyball.stores import binding, outcomes
from flyball.stores.binding import Binding
from flyball.stores.database import Database, chunks, rows_of
from flyball.stores.outcomes import Counts

PAGE = 200
"""Rows that are looked up and stored at a time: one transaction."""
LONGEST_KEY = 255
"""Characters of a row's key that an outcome keeps: its column's width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledRow:
    """A row whose outcome is known.

    ``key`` is ``None`` where rows have no key of their own. ``known_at`` is the declared time of the outcome.
    ``window`` is the time (both ends included) in which the row's entity was asked about for this row, and
    ``None`` where nothing says so. ``is_timed`` says that the window begins with the row's own time: its
    first prediction is the row's. In another window only a prediction that is alone can be.
    """

    key: str | None
    entity: Mapping[str, Scalar]
    value: Scalar
    known_at: datetime | None = None
    window: tuple[datetime, datetime] | None = None
    is_timed: bool = True


Named = Callable[[Sequence[str]], set[str]]
"""Tells which of some references are keys of rows."""


def record(
    database: Database,
    connection: Any,
    endpoint: str,
    rows: Sequence[PulledRow],
    *,
    repeated: str,
    named: Named,
    received_at: datetime,
) -> Counts:
    """Store the outcomes of at most ``PAGE`` rows that are new; the counts of what is new.

    A row that is bound to nothing is counted and not stored: it is in its table, and the next pull finds it
    again. A row whose prediction has an outcome that somebody has sent is not counted: that one stands. The
    connection must be outside a transaction.
    """
    bindings = resolve(database, connection, endpoint, rows, repeated=repeated, named=named)
    new = _new(database, connection, endpoint, rows, bindings)
    rest = Counter(each.state for each in bindings if each.state != "bound")
    counts = Counts(ambiguous=rest["ambiguous"], unmatched=rest["unmatched"])
    if not new:
        return counts
    # What has been found may be erased, or told by somebody, before it is stored: it is looked up again.
    some = [rows[place] for place in new]
    with database.transaction(connection):
        binding.lock(database, connection, [endpoint], alone=True)
        again = resolve(database, connection, endpoint, some, repeated=repeated, named=named)
        fresh = [(some[place], again[place]) for place in _new(database, connection, endpoint, some, again)]
        pairs = [(_outcome(endpoint, row), bound) for row, bound in fresh]
        outcomes.insert(database, connection, pairs, received_at)
    return counts + Counts(bound=len(fresh))


def resolve(
    database: Database,
    connection: Any,
    endpoint: str,
    rows: Sequence[PulledRow],
    *,
    repeated: str,
    named: Named,
) -> list[Binding]:
    """The binding of each row, in order: by its key as a reference, else by its entity in its window.

    The state is ``sent`` where the prediction has an outcome that somebody has sent: that one stands.
    """
    keys = [(endpoint, row.key) for row in rows if row.key is not None]
    referenced = binding.by_references(database, connection, keys)
    found = [
        binding.by_reference(referenced.get((endpoint, row.key or ""), []), row.known_at, repeated)
        for row in rows
    ]
    searched = [place for place, each in enumerate(found) if each.state == "held"]
    guesses = _guesses(database, connection, endpoint, [rows[place] for place in searched], named)
    for place, guess in zip(searched, guesses, strict=True):
        found[place] = Binding("unmatched") if guess is None else Binding("bound", guess, "entity")
    wanted = [each.prediction for each in found if each.prediction is not None]
    sent = _sent(database, connection, endpoint, wanted)
    return [Binding("sent") if each.prediction in sent else each for each in found]


def _guesses(
    database: Database, connection: Any, endpoint: str, rows: Sequence[PulledRow], named: Named
) -> list[UUID | None]:
    """The prediction of each row's entity in its window, unless its reference is the key of another row."""
    found: dict[int, UUID] = {}
    for place, first, last in _in_windows(database, connection, endpoint, rows):
        if rows[place].is_timed or first == last:
            found[place] = first
    references = _references(database, connection, list(found.values()))
    keys = named(sorted(set(references.values())))
    guesses = [found.get(place) for place in range(len(rows))]
    return [None if each is not None and references.get(each) in keys else each for each in guesses]


def _in_windows(
    database: Database, connection: Any, endpoint: str, rows: Sequence[PulledRow]
) -> Iterator[tuple[int, UUID, UUID]]:
    """The first and the last prediction of each row's entity in its window, with the row's place."""
    wanted = [
        (place, [entity_key(row.entity), *_bounds(database, *row.window)])
        for place, row in enumerate(rows)
        if row.window is not None and row.entity
    ]
    inside = (
        "SELECT p.id FROM flyball_prediction p WHERE p.endpoint = ? AND p.entity_key = w.entity_key"
        " AND p.id >= w.low AND p.id <= w.high AND p.created_at >= w.begins AND p.created_at <= w.until"
        " ORDER BY p.id"
    )
    for some in chunks(wanted):
        marks = ",".join(f"({place},?,?,?,?,?)" for place, _ in some)
        sql = (
            f"WITH wanted (place, entity_key, low, high, begins, until) AS (VALUES {marks})"  # noqa: S608 - numbers
            f" SELECT w.place, ({inside} LIMIT 1), ({inside} DESC LIMIT 1) FROM wanted w"
        )
        values = [*(value for _, bounds in some for value in bounds), endpoint, endpoint]
        for place, first, last in connection.execute(database.sql(sql), values).fetchall():
            if first is not None:
                yield place, database.id_out(first), database.id_out(last)


def _bounds(database: Database, begins: datetime, until: datetime) -> list[Any]:
    """The first and the last id to look at, as the index leads, and both ends of the window."""
    return [
        database.id_in(binding.id_near(begins, after=False)),
        database.id_in(binding.id_near(until, after=True)),
        database.moment_in(begins),
        database.moment_in(until),
    ]


def _references(database: Database, connection: Any, wanted: Sequence[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for some in chunks(wanted):
        sql = (
            "SELECT id, reference FROM flyball_prediction"  # noqa: S608 - marks
            f" WHERE reference IS NOT NULL AND id IN {rows_of(1, len(some))}"
        )
        rows = connection.execute(database.sql(sql), [database.id_in(each) for each in some]).fetchall()
        found |= {database.id_out(identity): reference for identity, reference in rows}
    return found


def _sent(database: Database, connection: Any, endpoint: str, wanted: Sequence[UUID]) -> set[UUID]:
    """The predictions whose outcome somebody has sent."""
    found: set[UUID] = set()
    for some in chunks(wanted):
        sql = (
            "SELECT prediction FROM flyball_outcome WHERE endpoint = ?"  # noqa: S608 - marks
            f" AND prediction IN {rows_of(1, len(some))} AND state = 'bound' AND source <> 'pull'"
        )
        values = [endpoint, *(database.id_in(each) for each in some)]
        found |= {database.id_out(row[0]) for row in connection.execute(database.sql(sql), values).fetchall()}
    return found


def _new(
    database: Database,
    connection: Any,
    endpoint: str,
    rows: Sequence[PulledRow],
    bindings: Sequence[Binding],
) -> list[int]:
    """The places of the rows whose outcome was not pulled before, or is another one now."""
    bound = [each.prediction for each in bindings if each.prediction is not None]
    last: dict[UUID, Scalar] = {}
    for some in chunks(bound):
        sql = (
            "SELECT prediction, CAST(value AS text) FROM flyball_outcome WHERE endpoint = ?"  # noqa: S608 - marks
            f" AND prediction IN {rows_of(1, len(some))} AND source = 'pull' ORDER BY id"
        )
        values = [endpoint, *(database.id_in(each) for each in some)]
        for identity, value in connection.execute(database.sql(sql), values).fetchall():
            last[database.id_out(identity)] = database.json_out(value)
    return [
        place
        for place, (row, each) in enumerate(zip(rows, bindings, strict=True))
        if each.prediction is not None
        and not (each.prediction in last and _is_same(last[each.prediction], row.value))
    ]


def _is_same(before: Scalar, after: Scalar) -> bool:
    """Equal numbers are the same, however a database writes them; true and 1 are not."""
    if isinstance(before, bool) or isinstance(after, bool) or isinstance(before, str | None):
        return type(before) is type(after) and before == after
    return isinstance(after, int | float) and float(before) == float(after)


def _outcome(endpoint: str, row: PulledRow) -> Outcome:
    return Outcome(
        endpoint=endpoint,
        value=row.value,
        reference=row.key if row.key is not None and len(row.key) <= LONGEST_KEY else None,
        occurred_at=row.known_at,
        source="pull",
    )
