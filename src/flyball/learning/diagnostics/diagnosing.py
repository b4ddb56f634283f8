"""One version diagnosed: every table that its task has, or why there is none of a name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sklearn import config_context

from flyball.domain.declaration import UNSUPERVISED
from flyball.domain.errors import FlyballError
from flyball.domain.routing import Manifest
from flyball.inference.runtime import Runtime
from flyball.learning.dataset import Dataset
from flyball.learning.diagnostics import anomalies, clusters, inspecting, labels, slices, values
from flyball.learning.diagnostics.elbow import elbow
from flyball.learning.diagnostics.held import Held, held
from flyball.learning.diagnostics.learning_curve import learning_curve
from flyball.learning.diagnostics.searched import Fitted, trials
from flyball.learning.diagnostics.table import Table
from flyball.learning.selection import Plan
from flyball.learning.units import sentence

SHOWN_FIELDS = 12
"""Fields, the most important ones, along which answers are averaged."""
NO_TRIALS = "Nothing was searched: there is one set of parameters."
OTHER_ROWS = "These are held-out rows of another version's build."
NO_OUTCOME = "There is no outcome to be scored by."


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """``tables`` by name; ``lacking`` says of others why there are none. ``rows`` were held out."""

    rows: int
    tables: Mapping[str, Table]
    lacking: Mapping[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """As JSON."""
        tables = {
            name: {"columns": list(each.columns), "rows": each.rows} for name, each in self.tables.items()
        }
        return {"rows": self.rows, "tables": tables, "lacking": dict(self.lacking)}


def diagnose(
    dataset: Dataset,
    plan: Plan,
    manifest: Manifest,
    runtime: Runtime,
    *,
    fitted: Fitted | None = None,
    declared: Collection[str] = (),
    report: Callable[[str], None] = lambda step: None,
) -> Diagnosis:
    """Diagnose a loaded version on the rows that a build with this plan holds out (``splits.held_out``).

    Of fields that are ``declared`` every slice is scored, not the worst alone. Without knowing how it was
    ``fitted`` there is neither learning curve nor trial. Raises ``DataError`` where the version does not fit
    the rows, and ``ModelFailed``.
    """
    # Thousands of scores of few rows each: checking them takes most of their time.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        asked = held(dataset, plan, manifest, runtime)
        return _diagnosed(asked, fitted, declared, _Gathered(report))


def _diagnosed(
    asked: Held, fitted: Fitted | None, declared: Collection[str], gathered: _Gathered
) -> Diagnosis:
    plan = asked.plan
    if plan.task in UNSUPERVISED:
        of = {
            "clustering": ("clusters", clusters.tables),
            "anomaly_detection": ("anomalies", anomalies.tables),
        }
        name, make = of[plan.task]
        gathered.update(name, lambda: make(asked))
        gathered.lacking |= dict.fromkeys(("slices", "over_time", "importance", "dependence"), NO_OUTCOME)
    else:
        gathered.update("answers", lambda: (labels if asked.classes else values).tables(asked))
        _scored(asked, declared, gathered)
    if fitted is None:
        gathered.lacking |= dict.fromkeys(("learning_curve", "trials"), OTHER_ROWS)
        return Diagnosis(rows=len(asked.rows), tables=gathered.tables, lacking=gathered.lacking)
    if plan.task == "clustering":
        gathered.add("elbow", lambda: elbow(asked, fitted))
    gathered.add("learning_curve", lambda: learning_curve(asked, fitted))
    gathered.add("trials", lambda: trials(fitted), empty=NO_TRIALS)
    return Diagnosis(rows=len(asked.rows), tables=gathered.tables, lacking=gathered.lacking)


def _scored(asked: Held, declared: Collection[str], gathered: _Gathered) -> None:
    """What needs outcomes."""
    gathered.add("score", lambda: slices.overall(asked))
    gathered.add("slices", lambda: slices.slices(asked, declared))
    gathered.add("over_time", lambda: slices.over_time(asked))
    gathered.add("importance", lambda: inspecting.importance(asked))
    every = gathered.tables.get("importance")
    fields = [row[0] for row in every.rows] if every else list(asked.manifest.schema.names)
    gathered.add("dependence", lambda: inspecting.dependence(asked, fields[:SHOWN_FIELDS]))


class _Gathered:
    """Tables as they are made: one that cannot be made leaves the others as they are."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self.tables: dict[str, Table] = {}
        self.lacking: dict[str, str] = {}
        self._report = report

    def add(self, name: str, make: Callable[[], Table], empty: str = "") -> None:
        """A table of that name; or why there is none."""
        self.update(name, lambda: {name: make()})
        if name in self.tables and empty and not self.tables[name].rows:
            del self.tables[name]
            self.lacking[name] = empty

    def update(self, name: str, make: Callable[[], Mapping[str, Table]]) -> None:
        """Several tables at once."""
        self._report(name.replace("_", " "))
        try:
            self.tables.update(make())
        except FlyballError as error:
            self.lacking[name] = str(error)
        except Exception as error:  # noqa: BLE001 - a model of the user's own may raise anything
            self.lacking[name] = sentence(error)
