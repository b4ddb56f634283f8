"""What a user writes: an endpoint as a class, and the words it is made of."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any, ClassVar

from flyball.domain.abtests.declared.abtest import ABTest
from flyball.domain.abtests.metrics import Metric
from flyball.domain.asking.words import Ask, Text
from flyball.domain.batches.declared import Batch
from flyball.domain.finishing.declared import Threshold
from flyball.domain.forgiving import Wrong, forgiving
from flyball.domain.reasons.declared import Interventional
from flyball.domain.schedules import Schedule
from flyball.domain.schema import Unseen
from flyball.domain.values import duration, snake_case


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a table comes from: exactly one of a Django model, a SQL query, or a CSV or Parquet file.

    ``missing`` are a CSV file's own texts for "no value" (``None``: the usual ones);
    ``manager`` and ``where`` choose the rows of a model.
    """

    model: str = ""
    query: str = ""
    file: str = ""
    missing: tuple[str, ...] | None = None
    manager: str = ""
    where: Any = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which of the three are given."""
        return tuple(name for name in ("model", "query", "file") if getattr(self, name))


@forgiving
class Rows:
    """What one training row is, its key, and the time it is seen from.

    ``source`` is a Django model (``"loans.Loan"``) or a path ending in ``.csv`` or ``.parquet`` (relative
    to the project); ``query`` a SQL query on the project's database instead. ``key`` names the column
    that identifies a row (a model's primary key, or a file's row number, where it is left out); ``time``
    the column from which a row is seen: no feature from a later moment is joined to it. ``columns``
    limits what is read, ``missing`` are a CSV file's texts for "no value". Of a model, ``where`` (a ``Q``
    of Django's) or ``manager`` (the name of one) choose the rows; without them its default manager does.
    ``weight`` is the column that says how much a row counts, in learning and in scores; it is no feature.
    """

    wrong: tuple[Wrong, ...]

    def __init__(
        self,
        source: str = "",
        *,
        query: str = "",
        key: str | None = None,
        time: str | None = None,
        columns: Sequence[str] | None = None,
        missing: Sequence[str] | None = None,
        where: Any = None,
        manager: str = "",
        weight: str | None = None,
    ) -> None:
        is_file = PurePath(source).suffix.lower() in {".csv", ".parquet"}
        model, file = ("", source) if is_file else (source, "")
        self.origin = Origin(
            model=model,
            query=query,
            file=file,
            missing=None if missing is None else tuple(missing),
            manager=manager,
            where=where,
        )
        self.key = key
        self.time = time
        self.columns = None if columns is None else tuple(columns)
        self.weight = weight


class RequestSource:
    """The features that come with the call; in training they are columns of the rows."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns


@forgiving
class FeatureTable:
    """A source of features with its own join key and, unless static, an event time.

    ``on`` is the rows' column that names the entity; ``key`` this table's column for it (the same name
    where left out, or the model's primary key). ``event_time`` is the column that says from when a row
    is known: a training row sees the latest one at or before its own time. ``static=True`` says that the
    table has one row a key and that it never changes. ``columns`` are the features (all others where left
    out; lookups such as ``city__region`` for a model). ``writable`` names model fields that ``PATCH``
    may change.
    """

    wrong: tuple[Wrong, ...]

    def __init__(
        self,
        name: str,
        *,
        on: str,
        model: str = "",
        query: str = "",
        file: str = "",
        key: str | None = None,
        columns: Sequence[str] | None = None,
        event_time: str | None = None,
        static: bool = False,
        writable: Sequence[str] = (),
        missing: Sequence[str] | None = None,
    ) -> None:
        texts = None if missing is None else tuple(missing)
        self.name = name
        self.on = on
        self.origin = Origin(model=model, query=query, file=file, missing=texts)
        self.key = key
        self.columns = None if columns is None else tuple(columns)
        self.event_time = event_time
        self.static = static
        self.writable = tuple(writable)


@forgiving
class Outcome:
    """What really happened: a column of the rows, known from ``time`` on.

    ``positive`` is the class whose probability counts (two classes); ``matures_after`` (``"90d"``,
    ``"12h"``, ``"30m"``) how long after the row's time an outcome is final: younger rows are not learned
    from. ``repeated`` says which of several predictions of one reference (a page that was loaded again) an
    outcome of that reference belongs to: the ``"latest"`` before the outcome, the ``"first"``, or none
    (``"refuse"``: the outcome is ambiguous). ``observed_when`` is the decision without which there is no
    outcome (a loan that was refused has none): scores are then those of rows so decided, and decide nothing
    alone. ``label`` and ``unit`` say what people read of it who ask, ``labels`` what they call each label.
    """

    wrong: tuple[Wrong, ...]

    def __init__(
        self,
        column: str,
        *,
        positive: str | int | bool | None = None,
        time: str | None = None,
        matures_after: str | None = None,
        repeated: str = "latest",
        observed_when: str | None = None,
        label: Any = "",
        unit: Any = "",
        labels: Any = None,
    ) -> None:
        self.column = column
        self.positive = positive
        self.time = time
        self.matures_after = matures_after
        self.repeated = repeated
        self.observed_when = observed_when
        self.label, self.unit = label, unit
        self.labels: Mapping[Any, Text] = {} if labels is None else labels

    @property
    def maturity(self) -> timedelta:
        """``matures_after`` as a duration. Raises ``ValueError`` when it cannot be read."""
        return duration(self.matures_after or "0d")

    @property
    def selection(self) -> str:
        """Of which rows every score is, as sentences; empty where any row may get an outcome."""
        if self.observed_when is None:
            return ""
        rows = f"Of the rows whose decision was {self.observed_when}: no other has an outcome."
        return f"{rows} Such a score must not decide alone."


@dataclass(frozen=True, slots=True)
class Field:
    """What a user knows better than the snapshot about one field; ``None`` leaves it inferred.

    ``label``, ``help`` and ``unit`` are what people read of it who ask, and ``default`` what its form begins
    with; programs never get it. ``changeable`` says that a person can change it: a counterfactual may
    propose that. ``monotonic`` says that answers may only rise along it (``"increasing"``), or only fall
    (``"decreasing"``): values, or the positive class's probability.
    """

    kind: str | None = None
    nullable: bool | None = None
    categories: tuple[Any, ...] | None = None
    low: float | None = None
    high: float | None = None
    unseen: Unseen | None = None
    label: Text = ""
    help: Text = ""
    unit: Text = ""
    default: Any = None
    changeable: bool = False
    monotonic: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An algorithm of the user's own: a scikit-learn estimator and its search space.

    ``space`` maps parameter names (as in ``set_params``) to Optuna distributions.
    """

    name: str
    estimator: Any
    space: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """How long each candidate is searched: whichever of ``trials`` and ``seconds`` ends first.

    ``total`` is how long all that a build fits may take together, as if one worker did it (seconds); the best
    candidate is always finished. With ``thorough`` candidates that are hopeless on draws of the rows are
    cross-validated on all rows nevertheless.
    """

    trials: int = 16
    seconds: float = 60.0
    total: float | None = None
    thorough: bool = False

    @property
    def times(self) -> list[float]:
        """Its limits of time (seconds)."""
        return [self.seconds] if self.total is None else [self.seconds, self.total]


@dataclass(frozen=True, slots=True)
class Policy:
    """What must hold before a version may become champion: its held-out score of the endpoint's metric."""

    minimum_score: float | None = None


class Endpoint:
    """A named prediction service. Declare one of the four tasks below.

    ``features`` is every column of the rows, sent with the call, where it is left out. ``cv`` is any
    scikit-learn splitter, or a number of folds. ``feature_sets`` names subsets of the features for the
    search to choose from. ``fields`` overrides the inferred schema; ``unseen`` says what happens with
    categories and ranges the model has not seen. ``trusted`` are transformer classes of the user's own.
    ``reasons`` says that trees are explained against rows of the snapshot. ``metrics`` are those of the
    business that A/B tests may be judged by; ``abtest`` is the one to be started. ``ask`` is the page on
    which people ask. ``batches`` are rows that are answered as a whole.

    With ``calibrate`` probabilities are calibrated, where that helps on rows that were not learned from.
    ``interval`` is the chance with which a value lies between bounds that are answered with it.
    With ``balance`` labels are learned as if they were equally frequent.
    ``contamination`` is the share of rows that are taken for anomalies, ``"auto"`` what the estimator itself
    takes for some.
    ``slices`` are features of which diagnostics show every slice, however good its score.

    A class with ``abstract = True`` in its own body is not an endpoint: it shares its attributes
    with subclasses.
    """

    abstract: ClassVar[bool] = True
    task: ClassVar[str] = ""
    name: ClassVar[str] = ""
    team: ClassVar[str] = "default"
    rows: ClassVar[Any] = None
    features: ClassVar[Sequence[Any] | None] = None
    outcome: ClassVar[Any] = None
    decide: ClassVar[Threshold | None] = None
    metric: ClassVar[str] = ""
    cv: ClassVar[Any] = 5
    candidates: ClassVar[Sequence[str | Candidate]] = ()
    feature_sets: ClassVar[Mapping[str, Sequence[str]]] = {}
    fields: ClassVar[Mapping[str, Field]] = {}
    unseen: ClassVar[Unseen] = "warn"
    trusted: ClassVar[Sequence[type]] = ()
    search: ClassVar[Search] = Search()
    policy: ClassVar[Policy] = Policy()
    metrics: ClassVar[Sequence[Metric]] = ()
    abtest: ClassVar[ABTest | None] = None
    ask: ClassVar[Ask | None] = None
    schedules: ClassVar[Sequence[Schedule]] = ()
    batches: ClassVar[Sequence[Batch]] = ()
    reasons: ClassVar[Interventional | None] = None
    slices: ClassVar[Sequence[str]] = ()
    calibrate: ClassVar[bool] = False
    balance: ClassVar[bool] = False
    interval: ClassVar[float | None] = None
    contamination: ClassVar[float | str | None] = None
    seed: ClassVar[int] = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "abstract" not in cls.__dict__:
            cls.abstract = False  # not inherited, as with Django's models
        if cls.abstract is True:
            return
        if "name" not in cls.__dict__:
            cls.name = snake_case(cls.__name__)
        _declared[f"{cls.__module__}.{cls.__qualname__}"] = cls

    @classmethod
    def description(cls) -> str:
        """The class's own docstring. Not an inherited one: a task's describes the task."""
        return (cls.__dict__.get("__doc__") or "").strip()

    @classmethod
    def tables(cls) -> tuple[FeatureTable, ...]:
        """The feature tables, in the order they are declared."""
        return tuple(source for source in cls.features or () if isinstance(source, FeatureTable))

    @classmethod
    def request_columns(cls) -> tuple[str, ...] | None:
        """The columns that come with the call; ``None`` where every column of the rows does."""
        if cls.features is None:
            return None
        sent = (source for source in cls.features if isinstance(source, RequestSource))
        return tuple(column for source in sent for column in source.columns)

    @classmethod
    def entity_columns(cls) -> tuple[str, ...]:
        """The columns that name the entity: the join keys of the feature tables, each once."""
        return tuple(dict.fromkeys(table.on for table in cls.tables()))


class Classification(Endpoint):
    """Which of several labels. Answers with a label and each label's probability."""

    abstract = True
    task = "classification"
    metric = "roc_auc"
    candidates: ClassVar[Sequence[str | Candidate]] = ("linear", "forest", "boosting")


class Regression(Endpoint):
    """How much. Answers with a number."""

    abstract = True
    task = "regression"
    metric = "r2"
    candidates: ClassVar[Sequence[str | Candidate]] = ("linear", "forest", "boosting")


class Clustering(Endpoint):
    """Which group. Answers with the number of a cluster; needs no outcome."""

    abstract = True
    task = "clustering"
    metric = "silhouette"
    candidates: ClassVar[Sequence[str | Candidate]] = ("kmeans", "minibatch_kmeans")


class AnomalyDetection(Endpoint):
    """How strange. Answers with a score, and whether it is an anomaly's; needs no outcome."""

    abstract = True
    task = "anomaly_detection"
    metric = "mass_volume"
    candidates: ClassVar[Sequence[str | Candidate]] = ("isolation_forest",)
    contamination: ClassVar[float | str | None] = "auto"


UNSUPERVISED = frozenset({Clustering.task, AnomalyDetection.task})
"""Tasks that are learned without outcomes."""

_declared: dict[str, type[Endpoint]] = {}


def declared() -> tuple[type[Endpoint], ...]:
    """Every endpoint that has been declared in a module still loaded, in order of name."""
    living = [cls for cls in _declared.values() if cls.__module__ in sys.modules]
    # As text: a name that is a number is a fault that checks tell, and must not end the listing before.
    return tuple(sorted(living, key=lambda cls: str(cls.name)))


def forget(cls: type[Endpoint]) -> None:
    """Take back a declaration; for tests and for tools that reload a project."""
    _declared.pop(f"{cls.__module__}.{cls.__qualname__}", None)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a declaration: a stable code, the attribute, what is wrong, what to do."""

    code: str
    attribute: str
    message: str
    hint: str
