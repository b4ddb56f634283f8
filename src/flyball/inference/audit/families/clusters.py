"""Clusters: centres that C compares rows with, and mixtures that NumPy computes."""

from __future__ import annotations

from collections.abc import Mapping

from flyball.inference.audit.kinds import NONE, Maybe, OneOf, Plain, Reset, Unread, Whole, each, inert, joined
from flyball.inference.audit.shapes import COLUMNS, Array, Floats
from flyball.inference.audit.things import Allowed, Fitted, State, allowed

FITTING = "n_clusters max_iter tol n_init verbose random_state"
CENTRES = {
    "n_features_in_": COLUMNS,
    "cluster_centers_": Array("f8", "clusters", "columns"),
    "_n_threads": Reset(1),
}
NOT_READ = "_tol _n_init labels_ inertia_ n_iter_"
LEARNED = "_algorithm _batch_size _init_size _counts _ewa_inertia _ewa_inertia_min _no_improvement"


def _some(state: State, sizes: Mapping[str, int]) -> bool:
    """C reads the first centre before it looks for a nearer one."""
    return sizes["clusters"] > 0


def _branch(state: State, sizes: Mapping[str, int]) -> bool:
    return (state["left"] is None) == (state["right"] is None)


def _precisions(state: State, sizes: Mapping[str, int]) -> bool:
    """The shape of the precisions is that of their kind."""
    clusters, columns = sizes["clusters"], sizes["columns"]
    shapes = {"full": (clusters, columns, columns), "tied": (columns, columns), "spherical": (clusters,)}
    wanted = shapes.get(state["covariance_type"], (clusters, columns))
    return bool(state["precisions_cholesky_"].shape == wanted)


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.cluster._kmeans.KMeans",
        "clusterer transformer",
        parameters=joined(inert(f"{FITTING} copy_x algorithm"), {"init": Unread()}),
        fitted=CENTRES,
        left_out=f"{NOT_READ} _algorithm",
        holds=_some,
    ),
    allowed(
        "sklearn.cluster._kmeans.MiniBatchKMeans",
        "clusterer transformer",
        parameters=joined(
            inert(f"{FITTING} max_no_improvement batch_size compute_labels init_size reassignment_ratio"),
            {"init": Unread()},
        ),
        fitted=CENTRES,
        left_out=f"{NOT_READ} {LEARNED} _n_since_last_reassign n_steps_ _random_state",
        holds=_some,
    ),
    allowed(
        "sklearn.cluster._bisect_k_means.BisectingKMeans",
        "clusterer transformer",
        parameters=joined(inert(f"{FITTING} copy_x algorithm bisecting_strategy"), {"init": Unread()}),
        fitted={
            **CENTRES,
            "_bisecting_tree": Fitted("branch", "columns"),
        },
        optional={"_X_mean": Array("f8", "columns")},
        left_out=f"{NOT_READ} _random_state _kmeans_single",
        holds=_some,
    ),
    allowed(
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "branch",
        fitted={
            "center": Array("f8", "columns"),
            "left": Maybe(Fitted("branch", "columns")),
            "right": Maybe(Fitted("branch", "columns")),
        },
        optional={"indices": NONE, "label": Whole("", 0, 100_000), "score": Plain()},
        holds=_branch,
    ),
    allowed(
        "sklearn.mixture._gaussian_mixture.GaussianMixture",
        "clusterer",
        parameters=joined(
            inert("n_components tol reg_covar max_iter n_init init_params random_state warm_start verbose"),
            inert("verbose_interval"),
            {"covariance_type": OneOf("full", "tied", "diag", "spherical")},
            each("weights_init means_init precisions_init", Unread()),
        ),
        fitted={
            "n_features_in_": COLUMNS,
            "weights_": Array("f8", "clusters"),
            "means_": Array("f8", "clusters", "columns"),
            "precisions_cholesky_": Floats(),
        },
        left_out="converged_ covariances_ precisions_ n_iter_ lower_bound_ lower_bounds_",
        holds=_precisions,
    ),
)
