"""The names of algorithms and metrics that a declaration may write, known without scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping

_TREES = ("forest", "extra_trees", "boosting", "lightgbm", "xgboost")
CATALOGUE: Mapping[str, tuple[str, ...]] = {
    "classification": ("linear", *_TREES, "svm", "nearest_neighbours", "naive_bayes"),
    "regression": ("linear", *_TREES, "svm", "nearest_neighbours"),
    "clustering": ("kmeans", "minibatch_kmeans", "bisecting_kmeans", "gaussian_mixture"),
    "anomaly_detection": ("isolation_forest",),
}
"""The algorithms of each task that a declaration may name."""
ENSEMBLES: Mapping[str, tuple[str, ...]] = {
    "classification": ("blend", "stacking"),
    "regression": ("blend", "stacking"),
    "clustering": (),
    "anomaly_detection": (),
}
"""What each task's other candidates may be made into, by names that a declaration may write."""


METRICS: Mapping[str, tuple[str, ...]] = {
    "classification": (
        *("accuracy", "average_precision", "balanced_accuracy", "d2_brier_score", "d2_log_loss_score"),
        *("f1", "f1_macro", "f1_micro", "f1_weighted", "jaccard", "jaccard_macro", "jaccard_micro"),
        *("jaccard_weighted", "matthews_corrcoef", "neg_brier_score", "neg_log_loss"),
        *("neg_negative_likelihood_ratio", "positive_likelihood_ratio", "precision", "precision_macro"),
        *("precision_micro", "precision_weighted", "recall", "recall_macro", "recall_micro"),
        *("recall_weighted", "roc_auc", "roc_auc_ovo", "roc_auc_ovo_weighted", "roc_auc_ovr"),
        *("roc_auc_ovr_weighted", "top_k_accuracy"),
    ),
    "regression": (
        *("d2_absolute_error_score", "explained_variance", "neg_max_error", "neg_mean_absolute_error"),
        *("neg_mean_absolute_percentage_error", "neg_mean_gamma_deviance", "neg_mean_poisson_deviance"),
        *("neg_mean_squared_error", "neg_mean_squared_log_error", "neg_median_absolute_error"),
        *("neg_root_mean_squared_error", "neg_root_mean_squared_log_error", "r2"),
    ),
    "clustering": ("silhouette", "calinski_harabasz", "neg_davies_bouldin"),
    "anomaly_detection": ("mass_volume",),
}
"""The metrics of each task; of scikit-learn's, those that a check knows without loading it."""
