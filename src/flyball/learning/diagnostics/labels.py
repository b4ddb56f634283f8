"""Tables of a classification: curves of each class against the rest, thresholds, and what is mistaken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    classification_report,
    confusion_matrix,
    confusion_matrix_at_thresholds,
    precision_recall_curve,
    roc_curve,
)

from flyball.domain.values import canonical, label_text
from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.table import Table, kept

MOST_LABELS = 100
"""Labels of a report, the most frequent ones."""
MOST_CLASSES = 30
"""Classes of a confusion matrix: what else there is counts as one."""
OTHERS = "(others)"
MEANS = ("macro avg", "weighted avg")
BINS = 20
CALIBRATION_BINS = 10
STEPS = 100
"""Of thresholds that counts are kept at: in equal steps of probability, and in equal parts of the rows."""

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Class:
    """One class against the rest: which rows are of it, the probability each was given, and its weight."""

    name: str
    is_it: npt.NDArray[np.bool_]
    probability: Probabilities
    weights: npt.NDArray[np.float64] | None = None


def tables(held: Held) -> dict[str, Table]:
    """All of them, by name."""
    classes = list(_classes(held))
    each: dict[str, Callable[[Class], tuple[tuple[str, ...], Iterator[Any]]]] = {
        "roc": _roc,
        "precision_recall": _precision_recall,
        "thresholds": _thresholds,
        "gain": _gain,
        "calibration": _calibration,
    }
    found = {name: _of_each(classes, of) for name, of in each.items()}
    return {
        **found,
        "distribution": _distribution(held, classes),
        "confusion": _confusion(held),
        "report": _report(held),
        "balance": _balance(held),
    }


def _classes(held: Held) -> Iterator[Class]:
    """Those that curves are of; none of which no row is, or every row: nothing is defined for it then."""
    happened = texts(held.happened)
    for place in held.counted:
        name = label_text(held.classes[place])
        is_it = happened == name
        if 0 < is_it.sum() < len(is_it):
            yield Class(name, is_it, held.probabilities[:, place], held.rows.weights)


def texts(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Labels as they are spelt."""
    return np.array([label_text(canonical(label)) for label in labels], dtype=object)


def _of_each(classes: list[Class], of: Callable[[Class], tuple[tuple[str, ...], Iterator[Any]]]) -> Table:
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    for each in classes:
        columns, own = of(each)
        rows += [(each.name, *row) for row in own]
    return Table.of(("class", *columns), rows)


def _roc(of: Class) -> tuple[tuple[str, ...], Iterator[Any]]:
    fpr, tpr, thresholds = roc_curve(of.is_it, of.probability, sample_weight=of.weights)
    places = kept(fpr, tpr)
    columns = ("threshold", "false_positive_rate", "true_positive_rate")
    return columns, zip(thresholds[places], fpr[places], tpr[places], strict=True)


def _precision_recall(of: Class) -> tuple[tuple[str, ...], Iterator[Any]]:
    precision, recall, thresholds = precision_recall_curve(
        of.is_it, of.probability, drop_intermediate=True, sample_weight=of.weights
    )
    places = kept(recall, precision)
    # The last point, of precision 1 and recall 0, has no threshold.
    at = np.append(thresholds, np.nan)
    return ("threshold", "recall", "precision"), zip(
        at[places], recall[places], precision[places], strict=True
    )


def _thresholds(of: Class) -> tuple[tuple[str, ...], Iterator[Any]]:
    """Counts at thresholds, ascending: a row counts as positive from the threshold on."""
    tn, fp, fn, tp, scores = confusion_matrix_at_thresholds(of.is_it, of.probability)
    wanted = np.unique([*np.linspace(0, 1, STEPS + 1), *_parts(of.probability)])
    # The counts of a threshold are those of the lowest score that reaches it; above all of them, of none.
    place = np.searchsorted(-scores, -wanted, side="right") - 1
    none = place < 0
    positives, size = int(of.is_it.sum()), len(of.is_it)
    counts = [
        np.where(none, without, each[place])
        for each, without in ((tp, 0), (fp, 0), (fn, positives), (tn, size - positives))
    ]
    return ("threshold", "tp", "fp", "fn", "tn"), zip(
        wanted, *(each.astype(int) for each in counts), strict=True
    )


def _parts(probability: Probabilities) -> Probabilities:
    return np.quantile(probability, np.linspace(0, 1, STEPS + 1), method="closest_observation")


def _gain(of: Class) -> tuple[tuple[str, ...], Iterator[Any]]:
    """Of the rows of highest probability: which part of the class they have, and how often their share."""
    _, fp, _, tp, _ = confusion_matrix_at_thresholds(of.is_it, of.probability, sample_weight=of.weights)
    # Of the last threshold on every row is positive.
    share, gain = (tp + fp) / (tp + fp)[-1], tp / tp[-1]
    places = kept(share, gain)
    rows = [(0.0, 0.0, None), *zip(share[places], gain[places], (gain / share)[places], strict=True)]
    return ("share", "gain", "lift"), iter(rows)


def _calibration(of: Class) -> tuple[tuple[str, ...], Iterator[Any]]:
    """In bins of equal width, where there are rows; with an interval of what happened (Wilson's)."""
    happened, predicted = calibration_curve(of.is_it, of.probability, n_bins=CALIBRATION_BINS)
    edges = np.linspace(0, 1, CALIBRATION_BINS + 1)
    bins = np.searchsorted(edges[1:-1], of.probability)
    sizes = np.bincount(bins, minlength=CALIBRATION_BINS)
    sizes = sizes[sizes > 0]
    rows = []
    for mean, part, size in zip(predicted, happened, sizes, strict=True):
        low, high = binomtest(round(part * size), int(size)).proportion_ci(method="wilson")
        rows.append((mean, part, low, high, size))
    return ("predicted", "happened", "lower", "upper", "rows"), iter(rows)


def _distribution(held: Held, classes: list[Class]) -> Table:
    """How often each probability of a class is given to rows of each label; of several, to all others."""
    edges = np.linspace(0, 1, BINS + 1)
    happened, names = texts(held.happened), [label_text(one) for one in held.classes]
    rows = []
    for each in classes:
        for label in names if held.is_binary else (each.name, OTHERS):
            is_own = happened != each.name if label == OTHERS else happened == label
            counts, _ = np.histogram(each.probability[is_own], edges)
            rows += [
                (each.name, label, *bounds) for bounds in zip(edges[:-1], edges[1:], counts, strict=True)
            ]
    return Table.of(("class", "label", "low", "high", "rows"), rows)


def _confusion(held: Held) -> Table:
    """How often each label was answered where each one happened; the rarest as one."""
    happened, answered = texts(held.happened), texts(held.answers.values)
    names = [label_text(label) for label in held.classes]
    if len(names) > MOST_CLASSES:
        frequent = sorted(names, key=lambda name: -(happened == name).sum())[: MOST_CLASSES - 1]
        names = [name for name in names if name in set(frequent)]
        happened, answered = (np.where(np.isin(each, names), each, OTHERS) for each in (happened, answered))
        names.append(OTHERS)
    counts = confusion_matrix(happened.astype(str), answered.astype(str), labels=names)
    rows = [
        (name, other, counts[place, beside])
        for place, name in enumerate(names)
        for beside, other in enumerate(names)
    ]
    return Table.of(("happened", "answered", "rows"), rows)


def _frequent(held: Held) -> list[str]:
    """The most frequent labels among the rows to learn from, in the order of probabilities."""
    names, counts = np.unique(texts(held.training.labels).astype(str), return_counts=True)
    most = set(names[np.argsort(-counts, kind="stable")][:MOST_LABELS].tolist())
    return [name for name in (label_text(label) for label in held.classes) if name in most]


def _report(held: Held) -> Table:
    """Of each label: precision, recall and F1, 0 where one is not defined; and their means."""
    happened, answered = texts(held.happened).astype(str), texts(held.answers.values).astype(str)
    names = _frequent(held)
    found, counted = (
        classification_report(
            happened, answered, labels=names, output_dict=True, zero_division=0.0, sample_weight=weights
        )
        for weights in (held.rows.weights, None)
    )
    rows = [
        (
            name,
            *(found[name][key] for key in ("precision", "recall", "f1-score")),
            int(counted[name]["support"]),
        )
        for name in (*names, *MEANS)
        if name in found
    ]
    return Table.of(("label", "precision", "recall", "f1", "rows"), rows)


def _balance(held: Held) -> Table:
    """How many rows each label has, among those to learn from and those held out; and how often answered."""
    every = [texts(each) for each in (held.training.labels, held.happened, held.answers.values)]
    names = _frequent(held)
    return Table.of(
        ("label", "training", "held_out", "answered"),
        [(name, *(int((each == name).sum()) for each in every)) for name in names],
    )
