"""What can be seen wrong in a declaration by reading it alone: each rule is one small function."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from flyball.domain.abtests.metrics import Metric, wrong_in
from flyball.domain.asking.faults import wrong_words
from flyball.domain.batches.faults import wrong_batches
from flyball.domain.declaration import (
    UNSUPERVISED,
    Candidate,
    Endpoint,
    Fault,
    FeatureTable,
    Field,
    Outcome,
    Policy,
    RequestSource,
    Rows,
    Search,
)
from flyball.domain.finishing.declared import Threshold
from flyball.domain.finishing.faults import wrong_contamination, wrong_decision, wrong_numbers, wrong_ways
from flyball.domain.records import REPEATED
from flyball.domain.schedules import NAME, Schedule, crontab, is_name
from flyball.domain.schema import KINDS
from flyball.domain.weighing.faults import wrong_weights

Declared = type[Endpoint]
ATTRIBUTES = frozenset(Endpoint.__annotations__) - {"task"}
"""What a declaration may set."""
UNSEEN = ("warn", "refuse")
LARGEST_SEED = 2**32 - 1
"""NumPy's."""


def faults(endpoint: Declared) -> list[Fault]:
    """Everything wrong with one declaration. Later rules run only where what they read is in order."""
    found = [fault for rule in BASIC for fault in rule(endpoint)]
    return found or [fault for rule in DETAILED for fault in rule(endpoint)]


def _name(endpoint: Declared) -> Iterator[Fault]:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", str(endpoint.name)):
        yield Fault("E001", "name", "is not a name", "Use lower-case letters, digits and _, at most 63.")
    if not isinstance(endpoint.team, str):
        yield Fault("E001", "team", "is not a name", "Use the team's short name in quotation marks.")
    if endpoint.abstract is not False:
        yield Fault("E001", "abstract", "is neither True nor False", "Say abstract = True or leave it out.")


def _rows(endpoint: Declared) -> Iterator[Fault]:
    if not isinstance(endpoint.rows, Rows):
        hint = 'Say what one training row is: rows = Rows("loans.Loan").'
        if endpoint.__subclasses__():
            hint += " A class that only shares attributes says abstract = True."
        yield Fault("E002", "rows", "is missing", hint)
    elif len(endpoint.rows.origin.kinds) != 1 and not endpoint.rows.wrong:
        yield Fault("E002", "rows", "needs one source", "Give a model, a file, or query=, and only one.")


def _features(endpoint: Declared) -> Iterator[Fault]:
    if endpoint.features is not None and not _is_list(endpoint.features):
        yield Fault("E003", "features", "is not a list", "List RequestSource and FeatureTable.")
        return
    for source in endpoint.features or ():
        if not isinstance(source, RequestSource | FeatureTable):
            yield Fault("E003", "features", "holds something else", "Use RequestSource and FeatureTable.")
        elif not all(isinstance(column, str) for column in source.columns or ()):
            hint = 'Name columns one by one: RequestSource("amount", "term").'
            yield Fault("E003", "features", "holds a column that is not a name", hint)


def _outcome(endpoint: Declared) -> Iterator[Fault]:
    if endpoint.task in UNSUPERVISED:
        if endpoint.outcome is not None:
            yield Fault("E004", "outcome", f"has no place in {endpoint.task}", "Leave it out.")
    elif not isinstance(endpoint.outcome, Outcome):
        yield Fault("E004", "outcome", "is missing", 'Say what is predicted: outcome = Outcome("status").')
    elif endpoint.outcome.repeated not in REPEATED:
        yield Fault(
            "E026", "outcome", "has an unknown rule for repeated", f"Use one of {', '.join(REPEATED)}."
        )


def _words(endpoint: Declared) -> Iterator[Fault]:
    yield from _wrong("rows", endpoint.rows, "")
    yield from _wrong("outcome", endpoint.outcome, "")
    listed = endpoint.features if _is_list(endpoint.features) else ()
    for source in listed or ():
        if isinstance(source, FeatureTable):
            yield from _wrong("features", source, f"table {source.name!r} ")


def _wrong(attribute: str, word: Any, place: str) -> Iterator[Fault]:
    for wrong in getattr(word, "wrong", ()):
        yield Fault("E027", attribute, f"{place}{wrong.message}", wrong.hint)


def _chosen(endpoint: Declared) -> Iterator[Fault]:
    origin = endpoint.rows.origin
    if (origin.manager or origin.where is not None) and not origin.model:
        hint = "A query chooses its rows itself; of a file every row is read."
        yield Fault("E028", "rows", "has where= or manager= without a model", hint)


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


def _observed(endpoint: Declared) -> Iterator[Fault]:
    observed = None if endpoint.outcome is None else endpoint.outcome.observed_when
    decide = endpoint.decide
    made = (decide.at_or_above, decide.below) if isinstance(decide, Threshold) else ()
    if observed is not None and observed not in made:
        hint = f"Use {made[0]} or {made[1]}." if made else "Say what is decided: decide = Threshold(…)."
        yield Fault("E040", "outcome", "has an observed_when that is no decision", hint)


def _fields(endpoint: Declared) -> Iterator[Fault]:
    if not isinstance(endpoint.fields, Mapping):
        yield Fault("E014", "fields", "is not a mapping", 'Use fields = {"age": Field(kind="integer")}.')
        return
    for name, field in endpoint.fields.items():
        if not isinstance(field, Field):
            yield Fault("E014", "fields", f"gives {name!r} what is not a Field", 'Use Field(kind="integer").')
        elif field.kind is not None and field.kind not in sorted(KINDS):
            hint = f"Use one of {', '.join(sorted(KINDS))}."
            yield Fault("E014", "fields", f"gives {name!r} no known kind", hint)
        elif field.unseen not in (None, *UNSEEN):
            yield Fault("E014", "fields", f"gives {name!r} no known unseen", 'Use "warn" or "refuse".')
        else:
            yield from _values(name, field)


def _values(name: str, field: Field) -> Iterator[Fault]:
    """What is wrong with a field's own values: they would come out only when the snapshot is read again."""
    if not {type(field.nullable), type(field.changeable)} <= {bool, type(None)}:
        yield Fault("E014", "fields", f"gives {name!r} a wrong nullable or changeable", "Use True or False.")
    ends = [end for end in (field.low, field.high) if end is not None]
    if not all(_is_number(end) and math.isfinite(end) for end in ends):
        yield Fault("E014", "fields", f"gives {name!r} an end that is no number", "Use low=0, high=99.5.")
    categories = () if field.categories is None else field.categories
    if not _is_list(categories) or not all(isinstance(each, str | int) for each in categories):
        hint = 'List texts, whole numbers, True and False: categories=("a", "b").'
        yield Fault("E014", "fields", f"gives {name!r} wrong categories", hint)


def _unseen(endpoint: Declared) -> Iterator[Fault]:
    if endpoint.unseen not in UNSEEN:
        yield Fault("E014", "unseen", "is neither warn nor refuse", 'Use "warn" or "refuse".')


def _candidates(endpoint: Declared) -> Iterator[Fault]:
    if not _is_list(endpoint.candidates):
        hint = "List Candidate(…) and names of the catalogue."
        yield Fault("E015", "candidates", "is not a list", hint)
        return
    names = [entry.name if isinstance(entry, Candidate) else entry for entry in endpoint.candidates]
    if not names:
        yield Fault("E015", "candidates", "is empty", 'Name at least one, such as "linear".')
    if any(names.count(name) > 1 or name == "baseline" for name in names):
        hint = "Give each candidate its own; baseline is taken."
        yield Fault("E015", "candidates", "has a name twice", hint)


def _cv(endpoint: Declared) -> Iterator[Fault]:
    cv = endpoint.cv
    is_splitter = callable(getattr(cv, "split", None)) and not isinstance(cv, str | type)
    if not is_splitter and not (_is_count(cv) and cv >= 2):
        hint = "Use a number of at least 2, or a splitter of scikit-learn's."
        yield Fault("E016", "cv", "is neither a number of folds nor a splitter", hint)


def _budget(endpoint: Declared) -> Iterator[Fault]:
    search, policy, seed = endpoint.search, endpoint.policy, endpoint.seed
    if not (isinstance(search, Search) and _is_count(search.trials) and all(map(_is_number, search.times))):
        yield Fault("E017", "search", "is not a Search", "Use Search(trials=16, seconds=60, total=600).")
    elif search.trials < 1 or min(search.times) <= 0:
        yield Fault("E017", "search", "leaves nothing to search", "Give it a trial and a second at least.")
    if not isinstance(policy, Policy) or not (
        policy.minimum_score is None or _is_number(policy.minimum_score)
    ):
        yield Fault("E017", "policy", "is not a Policy", "Use Policy(minimum_score=0.75).")
    if not _is_count(seed) or not 0 <= seed <= LARGEST_SEED:
        yield Fault("E017", "seed", "is not a seed", f"Use a whole number from 0 to {LARGEST_SEED}.")
    if endpoint.reasons is not None and not getattr(endpoint.reasons, "is_sound", False):
        yield Fault("E017", "reasons", "is not Interventional", "Use Interventional(rows=100), of 1 to 1000.")


def _trusted(endpoint: Declared) -> Iterator[Fault]:
    classes = endpoint.trusted
    if not _is_list(classes) or not all(isinstance(cls, type) for cls in classes):
        hint = "List the classes themselves, not their names: trusted = [Ratios]."
        yield Fault("E018", "trusted", "is not a list of classes", hint)


def _slices(endpoint: Declared) -> Iterator[Fault]:
    if not _is_list(endpoint.slices) or not all(isinstance(name, str) for name in endpoint.slices):
        yield Fault("E037", "slices", "is not a list of features", 'Use slices = ["age", "region"].')


def _feature_sets(endpoint: Declared) -> Iterator[Fault]:
    sets = endpoint.feature_sets
    hint = 'Use feature_sets = {"few": ["age", "income"]}.'
    if not isinstance(sets, Mapping):
        yield Fault("E019", "feature_sets", "is not a mapping", hint)
        return
    for name, columns in sets.items():
        if not _is_list(columns) or not columns:
            yield Fault("E019", "feature_sets", f"gives {name!r} no list of features", hint)
        if name == "all":
            yield Fault("E019", "feature_sets", "has a set called 'all'", "That name is all features.")


def _schedules(endpoint: Declared) -> Iterator[Fault]:
    schedules = endpoint.schedules
    if not _is_list(schedules) or not all(_is_schedule(each) for each in schedules):
        hint = 'Use schedules = [Schedule("every day at 02:00", "snapshot")].'
        yield Fault("E029", "schedules", "is not a list of schedules", hint)
        return
    titles = [each.title for each in schedules]
    for title in sorted({title for title in titles if titles.count(title) > 1}):
        yield Fault("E029", "schedules", f"has two schedules {title!r}", "Give each a name=… of its own.")
    for each in schedules:
        if not is_name(each.title):
            yield Fault("E029", "schedules", "has one without a name", f"A schedule {NAME}")
        if each.promote and each.kind != "build":
            hint = "Only a build makes a version."
            yield Fault("E029", "schedules", f"promotes with {each.title!r}, which is no build", hint)
        try:
            crontab(each.times)
        except ValueError as error:
            yield Fault("E030", "schedules", "has times that cannot be read", str(error))


def _metrics(endpoint: Declared) -> Iterator[Fault]:
    metrics = endpoint.metrics
    if not _is_list(metrics) or not all(isinstance(each, Metric) for each in metrics):
        hint = 'Use metrics = [Metric("revenue", model="shop.Payment", on="customer_id", within="30d")].'
        yield Fault("E034", "metrics", "is not a list of metrics", hint)
        return
    names = [each.name for each in metrics]
    for each in metrics:
        place = f"metric {each.name!r} "
        yield from _wrong("metrics", each, place)
        for problem, hint in wrong_in(each, names):
            yield Fault("E034", "metrics", f"{place}{problem}", hint)


def _is_schedule(value: Any) -> bool:
    texts = ("times", "kind", "name", "timezone", "batch")
    return (
        isinstance(value, Schedule)
        and all(isinstance(getattr(value, text), str) for text in texts)
        and isinstance(value.promote, bool)
    )


def _misspelt(endpoint: Declared) -> Iterator[Fault]:
    # A name that nothing reads changes nothing: the default would be taken without a word.
    own = [cls for cls in endpoint.__mro__ if cls is not object and cls.__module__ != Endpoint.__module__]
    names = {name for cls in own for name in vars(cls) if not name.startswith("_")}
    for name in sorted(names - ATTRIBUTES):
        near = get_close_matches(name, ATTRIBUTES, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Names of your own begin with _."
        yield Fault("E020", name, "is not an attribute of endpoints", hint)


def unknown_names(endpoint: Declared, features: Collection[str]) -> Iterator[Fault]:
    """Names in ``fields``, ``feature_sets`` and ``slices`` that are not among the endpoint's ``features``."""
    named = [("E014", "fields", name) for name in endpoint.fields]
    named += [("E037", "slices", name) for name in endpoint.slices]
    named += [("E019", "feature_sets", name) for names in endpoint.feature_sets.values() for name in names]
    for code, attribute, name in named:
        if name not in features:
            near = get_close_matches(str(name), features, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(features))}."
            yield Fault(code, attribute, f"names {name!r}, which is not a feature", hint)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


BASIC: tuple[Callable[[Declared], Iterator[Fault]], ...] = (
    _misspelt,
    _name,
    _rows,
    _features,
    _outcome,
    _words,
)
DETAILED: tuple[Callable[[Declared], Iterator[Fault]], ...] = (
    _chosen,
    _tables,
    _time,
    _columns,
    _maturity,
    lambda endpoint: (Fault(*each) for each in (*wrong_decision(endpoint), *wrong_numbers(endpoint))),
    lambda endpoint: (Fault(*each) for each in (*wrong_contamination(endpoint), *wrong_ways(endpoint))),
    _observed,
    _fields,
    _unseen,
    _candidates,
    _cv,
    _budget,
    _trusted,
    _feature_sets,
    _slices,
    _schedules,
    _metrics,
    lambda endpoint: (Fault(*each) for each in (*wrong_words(endpoint), *wrong_weights(endpoint))),
    lambda endpoint: (Fault(*each) for each in wrong_batches(endpoint)),
)
