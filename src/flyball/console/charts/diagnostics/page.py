"""Which charts there are of a task, by part of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from flyball.console.charts.diagnostics import anomalies, clusters, inputs, labels, search, values
from flyball.console.charts.diagnostics.laid import Laid
from flyball.console.frame.figures import Figure

ANSWERS, INPUTS, SEARCH = "answers", "inputs", "learning"
PARTS = (ANSWERS, INPUTS, SEARCH)
"""The parts of the page, in their order: so many charts at once are slow to draw."""
OF: Mapping[str, Callable[[Laid], Iterator[Figure]]] = {
    "classification": labels.figures,
    "regression": values.figures,
    "clustering": clusters.figures,
    "anomaly_detection": anomalies.figures,
}


def figures(laid: Laid, task: str, part: str) -> list[Figure]:
    """The charts of a part of the page that have something to show."""
    made = {ANSWERS: OF[task], INPUTS: inputs.figures, SEARCH: search.figures}[part]
    return [figure for figure in made(laid) if figure.rows]
