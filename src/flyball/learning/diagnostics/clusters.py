"""Tables of a clustering: how well groups stand apart, how large they are, and what is in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_samples

from flyball.domain.schema import Kind
from flyball.domain.values import category_text
from flyball.learning.diagnostics.held import Held
from flyball.learning.diagnostics.table import Table, kept
from flyball.learning.pipeline import preprocessing
from flyball.learning.scoring import SILHOUETTE_ROWS

POINTS = 1_000
"""Rows that are drawn one by one."""
MOST_FIELDS = 50
"""Fields of a profile."""
NUMBERS = (Kind.NUMBER, Kind.INTEGER)
NAMED = (Kind.CATEGORY, Kind.BOOLEAN)


def tables(held: Held) -> dict[str, Table]:
    """All of them, by name. Distances are those of the standard preprocessing, as scores of builds are."""
    drawn = np.sort(np.random.default_rng(held.plan.seed).permutation(len(held.rows))[:SILHOUETTE_ROWS])
    points = preprocessing(held.rows.schema).fit_transform(held.rows.take(drawn).frame)
    clusters = held.answers.values[drawn]
    apart = 1 < len(np.unique(clusters)) < len(clusters)
    silhouettes = silhouette_samples(points, clusters) if apart else np.full(len(clusters), np.nan)
    return {
        "sizes": _sizes(held.answers.values, clusters, silhouettes),
        "silhouette": _silhouette(clusters, silhouettes),
        "projection": _projection(points, clusters),
        "profiles": _profiles(held),
    }


def _sizes(
    every: npt.NDArray[np.intp], clusters: npt.NDArray[np.intp], silhouettes: npt.NDArray[np.float64]
) -> Table:
    """Rows of each cluster, and the mean silhouette of those that were compared."""
    rows = []
    for cluster, size in zip(*np.unique(every, return_counts=True), strict=True):
        own = silhouettes[clusters == cluster]
        rows.append((cluster, size, size / len(every), own.mean() if len(own) else None))
    return Table.of(("cluster", "rows", "share", "silhouette"), rows)


def _silhouette(clusters: npt.NDArray[np.intp], silhouettes: npt.NDArray[np.float64]) -> Table:
    """The silhouettes of each cluster in falling order; ``place`` is the part before (0 to 1)."""
    rows = []
    for cluster in np.unique(clusters):
        own = -np.sort(-silhouettes[clusters == cluster])
        place = (np.arange(len(own)) + 0.5) / len(own)
        rows += [(cluster, place[each], own[each]) for each in kept(place, own)]
    return Table.of(("cluster", "place", "silhouette"), rows)


def _projection(points: npt.NDArray[np.float64], clusters: npt.NDArray[np.intp]) -> Table:
    """The rows on the two directions in which they differ most."""
    width = min(2, *points.shape)
    flat = PCA(width, random_state=0).fit_transform(points)[:POINTS]
    flat = np.pad(flat, ((0, 0), (0, 2 - width)))
    return Table.of(("x", "y", "cluster"), zip(flat[:, 0], flat[:, 1], clusters, strict=False))


def _profiles(held: Held) -> Table:
    """Each field in each cluster and in all rows: quartiles of numbers, else the most frequent value."""
    frame, clusters = held.rows.frame, held.answers.values
    rows: list[tuple[object, ...]] = []
    shown = [field for field in held.manifest.schema.fields if field.kind in (*NUMBERS, *NAMED)]
    for field in shown[:MOST_FIELDS]:
        for cluster in (None, *np.unique(clusters)):
            own = frame[field.name] if cluster is None else frame[field.name][clusters == cluster]
            known = own.dropna() if field.kind is not Kind.BOOLEAN else own.dropna().astype(bool)
            name = "all" if cluster is None else str(cluster)
            if not len(known):
                rows.append((field.name, name, None, None, None, None, None, len(own)))
            elif field.kind in NUMBERS:
                quartiles = np.quantile(known.to_numpy(float), (0.25, 0.5, 0.75))
                rows.append((field.name, name, *quartiles, None, None, len(own) - len(known)))
            else:
                most = known.map(category_text).value_counts()
                part = most.iloc[0] / len(known)
                rows.append((field.name, name, None, None, None, most.index[0], part, len(own) - len(known)))
    columns = (
        "field",
        "cluster",
        "lower_quartile",
        "median",
        "upper_quartile",
        "most_frequent",
        "share",
        "missing",
    )
    return Table.of(columns, rows)
