"""Neural networks of scikit-learn: layers of numbers that NumPy multiplies."""

from __future__ import annotations

from flyball.inference.audit.kinds import ListOf, OneOf, Whole, inert, joined
from flyball.inference.audit.shapes import COLUMNS, Array, labels
from flyball.inference.audit.things import Allowed, Fitted, allowed

FITTING = (
    "solver alpha batch_size learning_rate learning_rate_init power_t max_iter loss hidden_layer_sizes"
    " shuffle random_state tol verbose warm_start momentum nesterovs_momentum early_stopping"
    " validation_fraction beta_1 beta_2 epsilon n_iter_no_change max_fun"
)
NOT_READ = (
    "_random_state n_iter_ t_ _best_coefs _best_intercepts loss_curve_ _no_improvement_count best_loss_"
    " validation_scores_ best_validation_score_ _optimizer loss_"
)
LAYERS = {
    "n_features_in_": COLUMNS,
    "n_outputs_": Whole("", 1, 10_000),
    "n_layers_": Whole("", 2, 100),
    "coefs_": ListOf(Array("f8 f4", "*", "*"), "steps", 100),
    "intercepts_": ListOf(Array("f8 f4", "*"), "steps", 100),
    "out_activation_": OneOf("identity", "logistic", "softmax"),
}
ACTIVATION = {"activation": OneOf("identity", "logistic", "tanh", "relu")}

ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "classifier",
        parameters=joined(inert(FITTING), ACTIVATION),
        fitted={**LAYERS, "classes_": labels(), "_label_binarizer": Fitted("labels", "classes")},
        left_out=NOT_READ,
    ),
    allowed(
        "sklearn.neural_network._multilayer_perceptron.MLPRegressor",
        "regressor",
        parameters=joined(inert(FITTING), ACTIVATION),
        fitted=LAYERS,
        left_out=NOT_READ,
    ),
    allowed(
        "sklearn.preprocessing._label.LabelBinarizer",
        "labels",
        parameters=inert("neg_label pos_label sparse_output"),
        fitted={
            "classes_": labels(),
            "y_type_": OneOf("binary", "multiclass"),
            "sparse_input_": OneOf(False),
        },
    ),
    allowed("sklearn.preprocessing._label.LabelEncoder", "labels", fitted={"classes_": labels()}),
)
